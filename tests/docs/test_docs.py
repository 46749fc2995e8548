"""What the documentation says is so: the README's snippet runs, its versions are pyproject's, nothing is left out."""

import ast
import importlib
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGE = ROOT / "sk_adaptive"

sys.path.append(str(ROOT / "docs"))
from source_map import first_sentence, source_files  # noqa: E402


def public_modules() -> list[str]:
    """Return sk_adaptive and what lies openly in it."""
    names = {path.stem for path in PACKAGE.glob("*.py")} | {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    return ["sk_adaptive", *(f"sk_adaptive.{name}" for name in sorted(names) if not name.startswith("_"))]


def test_readme_snippet_runs():
    for snippet in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        exec(compile(snippet, "README.md", "exec"), {})


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_guide_makes_the_network_that_scikit_learn_makes():
    section = (ROOT / "docs/guide/moving.rst").read_text().split("The same network\n---")[1].split("\n---")[0]
    blocks = re.findall(r"code-block:: python\n\n((?:    ?.*\n|\n)+)", section)
    names: dict = {}
    X, y = load_iris(return_X_y=True)
    X[0] = 100  # far enough to be clipped
    X = StandardScaler().fit_transform(X)
    assert len(blocks) == 2
    for block in blocks:
        *imports, theirs, ours = ast.parse(textwrap.dedent(block)).body
        exec(compile(ast.Module(imports, []), "moving.rst", "exec"), names)
        pair = (eval(compile(ast.Expression(each.value), "moving.rst", "eval"), names) for each in (theirs, ours))
        theirs, ours = (model.set_params(max_iter=8).fit(X, y) for model in pair)
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-9)


def test_readme_names_both_commands():
    commands = re.findall(r"```(?:console|shell|bash)\n(.*?)```", README, re.DOTALL)
    assert [line for block in commands for line in block.splitlines()] == [
        "pip install . && sk-adaptive demo",
        "pip install -e '.[test]' && pytest",
    ]


@pytest.mark.parametrize("requirement", [f"python{PROJECT['requires-python']}", *PROJECT["dependencies"]])
def test_readme_states_the_oldest_supported_versions(requirement):
    name, version = requirement.split(">=")
    assert f"{name.lower()} >= {version}" in README.lower()


def test_readme_links_lead_somewhere():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target


def test_changelog_has_an_unreleased_section_with_entries():
    first_section = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)[1]
    assert first_section.startswith("[Unreleased]")
    assert re.search(r"^- \w", first_section, re.MULTILINE)


@pytest.mark.parametrize("path", source_files(PACKAGE), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_source_file_says_what_it_is(path):
    assert 10 < len(first_sentence(path)) < 200


def _named_in(path: Path) -> set[str]:
    """Return the words of a C++ file without its comments; what a Python file imports, defines and has as strings."""
    if path.suffix != ".py":
        return set(re.findall(r"\w+", re.sub(r"//.*", "", path.read_text())))
    nodes = list(ast.walk(ast.parse(path.read_text())))
    named = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    named |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return named | {node.name for node in nodes if isinstance(node, ast.ClassDef)}


@pytest.mark.parametrize("kind", ["PReLU", "Swish", "Snake", "Rational", "Blend"])
def test_a_compiled_activation_with_its_onnx_graph_is_four_files(kind):
    named = [path for path in source_files(PACKAGE) if {kind, kind.lower()} & _named_in(path)]
    assert {str(path.relative_to(PACKAGE)) for path in named} == {
        f"activations/{kind.lower()}.py",
        "activations/__init__.py",
        f"_core/activations/{kind.lower()}.hpp",
        "_core/activations/registry.hpp",
    }
    assert "def onnx_graph" in (PACKAGE / f"activations/{kind.lower()}.py").read_text()


@pytest.mark.parametrize("name", public_modules())
def test_api_reference_has_every_public_module(name):
    assert f"   {name}\n" in (ROOT / "docs" / "api.rst").read_text()
    module = importlib.import_module(name)
    assert module.__doc__
    assert all(hasattr(module, public) for public in module.__all__)


def test_unbuilt_checkout_says_what_to_run(tmp_path):
    (tmp_path / "sk_adaptive" / "_core").mkdir(parents=True)
    for name in ["__init__.py", "_core/__init__.py"]:
        (tmp_path / "sk_adaptive" / name).write_text((PACKAGE / name).read_text())
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import sk_adaptive._core"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "ImportError" in done.stderr
    assert "pip install -e '.[test]'" in done.stderr
