"""Every Python snippet and every example session of the pages runs.

A snippet that cannot run here stands below a comment in its page, ".. not run: " and the reason.
"""

import doctest
import importlib.util
import re
import sys
import textwrap
import types
from pathlib import Path

import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_iris
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import PowerTransformer

import sk_adaptive
from sk_adaptive import AdaptiveMLPClassifier, activations

DOCS = Path(__file__).parents[2] / "docs"
sys.path.append(str(DOCS / "guide"))
from squareplus import Squareplus  # noqa: E402

PAGES = {str(path.relative_to(DOCS)): path.read_text() for path in [*DOCS.glob("*.rst"), *DOCS.glob("guide/*.rst")]}
BLOCK = re.compile(
    r"(?:^ *\.\. not run: (?P<reason>.+)\n\n)?"
    r"^(?P<indent> *)\.\. code-block:: python\n\n(?P<code>(?:(?P=indent) +.*\n|\n)+)",
    re.MULTILINE,
)
HAS_CALLBACKS = importlib.util.find_spec("sklearn.callback") is not None  # since scikit-learn 1.9
TOOLS = [GridSearchCV, FrozenEstimator, KNeighborsClassifier, Pipeline, PowerTransformer, make_pipeline, Squareplus]
SNIPPETS = {name: list(BLOCK.finditer(text)) for name, text in PAGES.items()}


@pytest.fixture
def names(tmp_path, monkeypatch) -> dict:
    """What the pages take for granted: data, a fitted network, and names that other snippets of the guide import."""
    monkeypatch.chdir(tmp_path)
    page = types.ModuleType("page")  # classes of a page can be pickled
    monkeypatch.setitem(sys.modules, "page", page)
    X, y = load_iris(return_X_y=True)
    y = (y == 2).astype(int)
    network = AdaptiveMLPClassifier((8, 4), "swish", max_iter=5, n_members=1).fit(X, y)
    vars(page).update({name: getattr(sk_adaptive, name) for name in sk_adaptive.__all__})
    vars(page).update({name: getattr(activations, name) for name in activations.__all__})
    vars(page).update({tool.__name__: tool for tool in TOOLS}, np=np, sklearn=sklearn, sk_adaptive=sk_adaptive)
    vars(page).update(X=X, y=y, X_val=X[::5], y_val=y[::5], z=X[:, :1], model=network, network=network)
    vars(page).update(fitted_network=network)
    return vars(page)


@pytest.mark.filterwarnings("ignore:.*only be loaded with trusted:UserWarning")
@pytest.mark.parametrize("page", [name for name, found in SNIPPETS.items() if found])
def test_snippets_run(page, names):
    with sklearn.config_context():
        for snippet in SNIPPETS[page]:
            code = compile(textwrap.dedent(snippet["code"]), page, "exec")
            if not snippet["reason"] and (HAS_CALLBACKS or "sklearn.callback" not in snippet["code"]):
                exec(code, names)


@pytest.mark.parametrize("page", [name for name, text in PAGES.items() if ">>>" in text])
def test_sessions_print_what_they_show(page, names):
    result = doctest.testfile(str(DOCS / page), module_relative=False, globs=names, optionflags=doctest.ELLIPSIS)
    assert result.attempted
    assert not result.failed
