"""Time of a fit beside scikit-learn's MLPClassifier: same layers, batches, epochs, solver and dtype.

Run: python docs/benchmarks/bench_fit.py [--pairs 7]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
from paired import compare, print_machine, print_table
from sklearn.datasets import load_digits, load_iris
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.solvers import SGD

# hidden layers, data, dtype, batch, solver, activation, epochs, the ratio to reach
NETWORKS: list[tuple[tuple[int, ...], str, str, int, str, str, int, float]] = [
    ((10, 5), "iris", "float64", 32, "sgd", "tanh", 500, 30),
    ((100,), "digits", "float32", 200, "adam", "relu", 60, 2.5),
    ((100,), "digits", "float64", 200, "adam", "relu", 60, 2.5),
    ((256, 256), "digits", "float32", 256, "adam", "relu", 20, 1.6),
    ((256, 256), "digits", "float64", 256, "adam", "relu", 15, 1.6),
    ((512, 512, 512), "digits", "float32", 256, "adam", "relu", 6, 1.5),
    ((512, 512, 512), "digits", "float64", 256, "adam", "relu", 4, 1.5),
]
LEARNED = ["prelu", "polynomial", "spline"]


def load(name: str, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a standardised data set that scikit-learn ships."""
    X, y = {"iris": load_iris, "digits": load_digits}[name](return_X_y=True)
    return StandardScaler().fit_transform(X).astype(dtype), y


def fit(cls: type, X: np.ndarray, y: np.ndarray, **parameters: Any) -> Callable[[], object]:
    """Return a fit of one network that runs all its epochs at a constant rate."""
    one = {"n_members": 1} if cls is AdaptiveMLPClassifier else {}
    plain = {"random_state": 0, "n_iter_no_change": 10**6, "alpha": 0.0, "learning_rate": "constant"}
    estimator = cls(**plain, **one, learning_rate_init=1e-3, **parameters)
    return lambda: estimator.fit(X, y)


def against_sklearn(pairs: int) -> None:
    """Print the table of ratios."""
    rows = []
    for hidden, data, dtype, batch, solver, activation, epochs, target in NETWORKS:
        X, y = load(data, dtype)
        shared = {"hidden_layer_sizes": hidden, "activation": activation, "batch_size": batch, "max_iter": epochs}
        momentum = {"momentum": 0.0} if solver == "sgd" else {}
        ours_solver = SGD(momentum=0.0) if solver == "sgd" else solver
        result = compare(
            fit(AdaptiveMLPClassifier, X, y, solver=ours_solver, **shared),
            fit(MLPClassifier, X, y, solver=solver, **momentum, **shared),
            pairs,
        )
        layers = "-".join(map(str, (X.shape[1], *hidden, len(np.unique(y)))))
        step = 1e6 * result.ours / (epochs * -(-len(X) // batch))
        rows.append(
            [
                f"{layers}, {batch} ({data}, {dtype}, {solver}, {activation})",
                f"{result.ratio:.1f}",
                f"{target}",
                f"{step:.1f} us",
                f"{result.first_theirs / result.first_ours:.1f}",
            ]
        )
    print_table(["network, batch", "times faster", "to reach", "ours, a step", "first call, times faster"], rows)


def learned_over_relu(pairs: int) -> None:
    """Print what a learned activation costs over relu in our engine."""
    X, y = load("digits", "float32")
    shared = {"hidden_layer_sizes": (256, 256), "batch_size": 256, "max_iter": 20, "solver": "adam"}
    relu = fit(AdaptiveMLPClassifier, X, y, activation="relu", **shared)
    rows = []
    for activation in LEARNED:
        result = compare(relu, fit(AdaptiveMLPClassifier, X, y, activation=activation, **shared), pairs)
        rows.append([activation, f"{result.ratio:.2f}"])
    print_table(["activation, 64-256-256-10, batch 256, float32", "time over relu"], rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=7)
    pairs = parser.parse_args().pairs
    print_machine()
    against_sklearn(pairs)
    print()
    learned_over_relu(pairs)


if __name__ == "__main__":
    main()
