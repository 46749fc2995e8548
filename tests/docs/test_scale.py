"""The snippets of the guide "When one machine is too small" run as they are printed."""

import re
import textwrap
from functools import partial
from pathlib import Path

import dask.dataframe as dd
import numpy as np
import optuna
import pandas as pd
import pytest
from dask_clusters import here
from sklearn.datasets import load_iris

import sk_adaptive
from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor

GUIDE = (Path(__file__).parents[2] / "docs/guide/scale.rst").read_text()
X, Y = load_iris(return_X_y=True, as_frame=True)


def run(word: str, changes: dict[str, str] | None = None, **names) -> dict:
    """Run the snippet that has a word, after some changes, and return its names."""
    blocks = re.findall(r"code-block:: python\n\n((?:   .*\n|\n)+)", GUIDE)
    (block,) = (textwrap.dedent(each) for each in blocks if word in each)
    for old, new in (changes or {}).items():
        assert old in block
        block = block.replace(old, new)
    exec(compile(block, "scale.rst", "exec"), names)
    return names


def test_a_search_under_joblib():
    names = run(
        "HalvingGridSearchCV",
        AdaptiveMLPClassifier=partial(AdaptiveMLPClassifier, (4,)),
        grid={"alpha": [0, 1]},
        X=X,
        y=Y,
    )
    assert names["search"].best_params_["max_iter"] > 0


def test_optuna_prunes_a_bad_trial():
    if not hasattr(AdaptiveMLPClassifier, "set_callbacks"):
        pytest.skip("this scikit-learn has no callbacks")
    names = run("class Prune", AdaptiveMLPClassifier=AdaptiveMLPClassifier, optuna=optuna, X=X, y=Y)
    study = optuna.create_study(pruner=optuna.pruners.MedianPruner(n_startup_trials=1))
    for rate in (1e-2, 1e-4):
        study.enqueue_trial({"learning_rate_init": rate})
    study.optimize(names["objective"], n_trials=2)
    good, bad = study.trials
    assert (good.state, bad.state) == (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    assert good.value == min(good.intermediate_values.values())
    assert len(bad.intermediate_values) < len(good.intermediate_values)
    assert list(good.intermediate_values) == list(range(len(good.intermediate_values)))


def test_chunks_of_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X.assign(target=Y).to_parquet("big.parquet")
    np.save("X.npy", X)
    np.save("y.npy", Y)
    estimators = {"AdaptiveMLPClassifier": AdaptiveMLPClassifier, "AdaptiveMLPRegressor": AdaptiveMLPRegressor}
    run("fit_chunks(", np=np, **estimators)


@pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")  # Dask's Parquet and pandas 3.1
def test_training_on_workers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dd.from_pandas(X.assign(target=Y), npartitions=3).to_parquet("table")
    with here(2) as cluster:
        changes = {"Client()": "Client(cluster)", "s3://bucket/": ""}
        names = run("to_local()", changes, sk_adaptive=sk_adaptive, cluster=cluster)
        names["client"].close()
    predicted = pd.read_parquet("predicted")["predicted"]
    assert (predicted.to_numpy() == sk_adaptive.load("model.skops").predict(X)).all()
    assert (predicted.to_numpy() == Y).mean() > 0.9
