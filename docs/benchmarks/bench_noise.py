"""Fits to noise, and to rules that explain little: how far the defaults are from the best constant, and from the truth.

Columns are independent and normal. With f = w (x_1 + x_2 x_3), classes are drawn with probability 1 / (1 + exp(-f)),
and numbers are f + 2 e with normal e; w is 0 (noise), 0.3 or 0.6. Figures are means over seeds on 4000 further rows.

Run: python docs/benchmarks/bench_noise.py [--seeds 4]
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from paired import print_table
from report import machine
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss, root_mean_squared_error
from threadpoolctl import threadpool_limits

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor

TABLES = [(300, 5), (300, 50), (500, 5), (1000, 20), (1000, 200), (2000, 20), (5000, 5), (5000, 50)]
WEIGHTS = (0.0, 0.3, 0.6)
TEST_ROWS = 4000


def figures(n_rows: int, n_columns: int, weight: float, seed: int) -> list[float]:
    """Return log-loss of the best constant, the truth and the classifier, and RMSE likewise."""
    random = np.random.default_rng(seed)
    X = random.standard_normal((n_rows + TEST_ROWS, n_columns))
    truth = weight * (X[:, 0] + X[:, 1] * X[:, 2])
    p = 1 / (1 + np.exp(-truth))
    classes = (random.random(len(X)) < p).astype(int)
    numbers = truth + 2 * random.standard_normal(len(X))

    def measure(loss: Callable, y: np.ndarray, best: np.ndarray, model: Any, method: str) -> list[float]:
        predicted = getattr(model.fit(X[:n_rows], y[:n_rows]), method)(X[n_rows:])
        constant = np.full(TEST_ROWS, y[:n_rows].mean())
        return [loss(y[n_rows:], each) for each in (constant, best[n_rows:], predicted)]

    return [
        *measure(log_loss, classes, p, AdaptiveMLPClassifier(random_state=seed), "predict_proba"),
        *measure(root_mean_squared_error, numbers, truth, AdaptiveMLPRegressor(random_state=seed), "predict"),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=4)
    seeds = range(parser.parse_args().seeds)
    rows = []
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # "The network predicts the same for every row"
        for weight in WEIGHTS:
            for n_rows, n_columns in TABLES:
                means = np.mean([figures(n_rows, n_columns, weight, seed) for seed in seeds], axis=0)
                rows.append([f"{weight}", f"{n_rows} x {n_columns}", *(f"{each:.3f}" for each in means)])
    print(f"{machine()}\n")
    kinds = ("constant", "truth", "defaults")
    names = [f"{measure}: {kind}" for measure in ("log-loss", "RMSE") for kind in kinds]
    print_table(["w", "rows x columns", *names], rows)


if __name__ == "__main__":
    main()
