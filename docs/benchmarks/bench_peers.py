"""Time beside scikit-learn, PyTorch and JAX: minibatch fits, L-BFGS, grid search, sparse rows, prediction, many rows.

Peers that are not installed are left out. Run: python docs/benchmarks/bench_peers.py [--pairs 5] [--only fits ...]
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp
from bench_fit import load
from paired import compare, print_machine, print_table
from peers import jax_fit, torch_fit
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.solvers import SGD

FITS: list[tuple[tuple[int, ...], str, int, int, str]] = [
    ((10, 5), "iris", 32, 500, "sgd"),
    ((100,), "digits", 200, 60, "adam"),
    ((256, 256), "digits", 256, 20, "adam"),
    ((512, 512, 512), "digits", 256, 6, "adam"),
]
# Alike in both: one network, constant rates, no penalty, no stopping.
PLAIN = {"activation": "relu", "alpha": 0.0, "n_iter_no_change": 10**6, "learning_rate": "constant", "random_state": 0}
OURS = {**PLAIN, "n_members": 1, "learning_rate_init": 1e-3}


def installed(name: str) -> bool:
    """Return whether a peer can be imported."""
    return importlib.util.find_spec(name) is not None


def fits(pairs: int) -> None:
    """Print minibatch fits against every peer."""
    rows = []
    for hidden, data, batch, epochs, solver in FITS:
        for dtype in ("float32", "float64"):
            X, y = load(data, dtype)
            shared = {"hidden_layer_sizes": hidden, "batch_size": batch, "max_iter": epochs}
            ours = AdaptiveMLPClassifier(**OURS, **shared, solver=SGD(momentum=0.0) if solver == "sgd" else solver)
            theirs = MLPClassifier(**PLAIN, **shared, solver=solver, momentum=0.0)
            cells = [f"{X.shape[1]}-{'-'.join(map(str, hidden))}, {batch}, {dtype}"]
            cells.append(f"{compare(partial(ours.fit, X, y), partial(theirs.fit, X, y), pairs).ratio:.1f}")
            arguments = (X, y, hidden, batch, epochs, solver)
            if installed("torch"):
                cells.append(f"{compare(partial(ours.fit, X, y), torch_fit(*arguments), pairs).ratio:.1f}")
            if installed("jax"):
                result = compare(partial(ours.fit, X, y), jax_fit(*arguments), pairs)
                cells.append(f"{result.ratio:.1f} / {result.first_theirs / result.first_ours:.1f}")
            rows.append(cells)
    header = ["network, batch", "over scikit-learn"]
    header += ["over PyTorch eager"] if installed("torch") else []
    header += ["over JAX, compiled / with compiling"] if installed("jax") else []
    print_table(header, rows)


def lbfgs(pairs: int) -> None:
    """Print L-BFGS on breast cancer, 30-100-1, 200 iterations."""
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    shared = {"activation": "tanh", "solver": "lbfgs", "max_iter": 200, "tol": 1e-12, "random_state": 0, "alpha": 1e-2}
    ours, theirs = AdaptiveMLPClassifier(n_members=1, hidden_layer_sizes=(100,), **shared), MLPClassifier(**shared)
    result = compare(partial(ours.fit, X, y), partial(theirs.fit, X, y), pairs)
    per_iteration = result.ratio * ours.n_iter_ / theirs.n_iter_
    print(
        f"L-BFGS, 30-100-1: {result.ratio:.1f} times, {per_iteration:.1f} an iteration "
        f"({ours.n_iter_} and {theirs.n_iter_} iterations)"
    )


def grid_search(pairs: int) -> None:
    """Print a search over 24 candidates in 5 folds with 2 jobs."""
    grid = {
        "alpha": [1e-5, 1e-4, 1e-3, 1e-2],
        "hidden_layer_sizes": [(20,), (50,)],
        "learning_rate_init": [1e-3, 3e-3, 1e-2],
    }
    for name in ("breast_cancer", "digits"):
        X, y = load_breast_cancer(return_X_y=True) if name == "breast_cancer" else load("digits", "float64")
        X = StandardScaler().fit_transform(X)
        parameters: dict[str, Any] = {"activation": "relu", "max_iter": 50, "random_state": 0}
        ours = AdaptiveMLPClassifier(**parameters, n_members=1, learning_rate="constant", batch_size=200)
        theirs = MLPClassifier(**parameters)
        searches = [GridSearchCV(estimator, grid, cv=5, n_jobs=2) for estimator in (ours, theirs)]
        result = compare(*(partial(search.fit, X, y) for search in searches), min(pairs, 3))
        print(f"GridSearchCV, {name}, 24 candidates, 5 folds, 2 jobs: {result.ratio:.1f} times")


def sparse_rows(pairs: int) -> None:
    """Print 20,000 sparse rows of 50,000 columns, 0.1 % filled, 100 hidden units, one epoch."""
    X = sp.random(20_000, 50_000, 0.001, format="csr", random_state=0, dtype=np.float32)
    y = np.random.default_rng(0).integers(0, 4, 20_000)
    ours = AdaptiveMLPClassifier(**OURS, hidden_layer_sizes=(100,), batch_size=200, max_iter=1)
    theirs = MLPClassifier(**PLAIN, max_iter=1)
    result = compare(partial(ours.fit, X, y), partial(theirs.fit, X, y), min(pairs, 3))
    print(f"sparse rows: {result.ratio:.1f} times")


def prediction(pairs: int) -> None:
    """Print predict_proba of one row and of 100,000."""
    X, y = load("digits", "float32")
    shared = {"hidden_layer_sizes": (256, 256), "max_iter": 2}
    ours, theirs = AdaptiveMLPClassifier(**OURS, **shared).fit(X, y), MLPClassifier(**PLAIN, **shared).fit(X, y)
    many = np.tile(X, (56, 1))[:100_000]
    for name, rows, repeats in (("one row", X[:1], 300), ("100,000 rows", many, 1)):
        result = compare(
            partial(again, partial(ours.predict_proba, rows), repeats),
            partial(again, partial(theirs.predict_proba, rows), repeats),
            pairs,
        )
        print(f"predict_proba, {name}: {result.ratio:.2f} times")


def again(work: Callable[[], object], times: int) -> None:
    """Call several times: one call is too short to time."""
    for _ in range(times):
        work()


def many_rows(pairs: int) -> None:
    """Print one epoch over 1,000,000 x 100, and the memory it takes beyond the data."""
    random = np.random.default_rng(0)
    X = random.standard_normal((1_000_000, 100), dtype=np.float32)
    y = (X[:, 0] > 0).astype(np.int64)
    shared = {"hidden_layer_sizes": (256, 256), "batch_size": 256, "max_iter": 1}
    ours, theirs = AdaptiveMLPClassifier(**OURS, **shared), MLPClassifier(**PLAIN, **shared)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours.fit(X, y)
    extra = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    result = compare(partial(ours.fit, X, y), partial(theirs.fit, X, y), 1)
    print(f"1,000,000 x 100, one epoch: {result.ratio:.1f} times, {extra:.0f} MB beyond the data")


PARTS = {part.__name__: part for part in (many_rows, fits, lbfgs, grid_search, sparse_rows, prediction)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    print_machine()
    for name in options.only:
        PARTS[name](options.pairs)
        print()


if __name__ == "__main__":
    main()
