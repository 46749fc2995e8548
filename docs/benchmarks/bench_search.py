"""GridSearchCV over 24 candidates in 5 folds with 2 jobs, beside scikit-learn's network and skorch's.

Run: python docs/benchmarks/bench_search.py
"""

from __future__ import annotations

from functools import partial
from typing import Any

from paired import compare
from report import Effort, Table, beside_aim, run
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from workloads import ALIKE, installed, load

from sk_adaptive import AdaptiveMLPClassifier

GRID: dict[str, list[Any]] = {
    "alpha": [1e-5, 1e-4, 1e-3, 1e-2],
    "hidden_layer_sizes": [(20,), (50,)],
    "learning_rate_init": [1e-3, 3e-3, 1e-2],
}
AIMS = {"breast_cancer": 8, "digits": 3}
SKORCH_AIM = 20
BATCH = 200


def grid_search(effort: Effort) -> Table:
    """Search on two data sets; skorch, which takes minutes, on the smaller one and in one pair."""
    rows = []
    for name, aim in AIMS.items():
        epochs, pairs = effort.of(50), min(effort.pairs, 5)
        X, y = load(name, "float64")
        them = search(MLPClassifier(max_iter=epochs, n_iter_no_change=epochs, random_state=0), GRID)
        ratio = compare(partial(search(ours(epochs), GRID).fit, X, y), partial(them.fit, X, y), pairs).ratio
        rows.append([f"{name}, scikit-learn", beside_aim(ratio, aim)])
    if installed("skorch"):
        ratio = against_skorch(effort.of(50))
        rows.append(["breast_cancer, skorch, float32, 1 pair", beside_aim(ratio, SKORCH_AIM)])
    return Table(["24 candidates, 5 folds, 2 jobs", "times faster"], rows)


def search(estimator: Any, grid: dict[str, list[Any]]) -> GridSearchCV:
    """Return the search, in two processes."""
    return GridSearchCV(estimator, grid, cv=5, n_jobs=2)


def against_skorch(epochs: int) -> float:
    """Return the ratio of one pair."""
    from peers_torch import skorch_classifier

    X, y = load("breast_cancer", "float32")
    network, names = skorch_classifier(X.shape[1], len(set(y)), epochs, BATCH)
    them = search(network, {names[name]: values for name, values in GRID.items()})
    return compare(partial(search(ours(epochs), GRID).fit, X, y), partial(them.fit, X, y), pairs=1).ratio


def ours(epochs: int) -> AdaptiveMLPClassifier:
    """Return our estimator with the peers' batches and rate."""
    return AdaptiveMLPClassifier(
        activation="relu",
        learning_rate="constant",
        batch_size=BATCH,
        max_iter=epochs,
        n_iter_no_change=epochs,
        **ALIKE,
        random_state=0,
    )


if __name__ == "__main__":
    run(__doc__, grid_search)
