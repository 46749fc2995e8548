"""Smooth functions: the test error on five of KANbeFair's special functions, one setting, each activation.

1000 training and 1000 test points uniform on the unit square, as in src/data/special.py of KANbeFair (R. Yu, W. Yu and
X. Wang, arXiv:2407.16674). A seed gives the points and the starting weights.

Run: python docs/benchmarks/bench_functions.py [--seeds 3]
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from paired import print_table
from report import machine
from scipy import special
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sk_adaptive import AdaptiveMLPRegressor
from sk_adaptive.activations import Spline
from sk_adaptive.solvers import LBFGS

FUNCTIONS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "ellipkinc": special.ellipkinc,
    "ellipeinc": special.ellipeinc,
    "lpmv(0, ., .)": lambda degree, x: special.lpmv(0, degree, x),
    "sph_harm, n=1": lambda azimuth, polar: special.sph_harm_y(1, 0, polar, azimuth).real,
    "sph_harm, n=2": lambda azimuth, polar: special.sph_harm_y(2, 0, polar, azimuth).real,
}
N_POINTS = 1000
SIZES = (20, 20)
FIXED = ("relu", "silu", "mish", "selu", "tanh")
LEARNED = ("prelu", "swish", "blend", "rational", "polynomial", "snake", "spline", Spline(25, scope="layer"))
PAPERS_KAN = (7.8e-5, 5.9e-5, 1.7e-4, 1.7e-6, 3.1e-6)  # its best, chosen by the test error


def network(seed: int, **parameters: Any) -> AdaptiveMLPRegressor:
    """Return the setting: every row at each step, no penalty, and no end before the last iteration."""
    setting = {"hidden_layer_sizes": SIZES, "solver": LBFGS(history_size=50), "alpha": 0, "tol": 0, "max_iter": 2000}
    return AdaptiveMLPRegressor(**(setting | {"n_members": 1, "random_state": seed} | parameters))


def models() -> dict[str, Callable[[int], BaseEstimator]]:
    """Return what is fitted, given a seed."""
    return {
        **{str(each): lambda seed, each=each: network(seed, activation=each) for each in (*FIXED, *LEARNED)},
        "AdaptiveMLPRegressor, defaults": lambda seed: AdaptiveMLPRegressor(random_state=seed),
        "MLPRegressor, tanh, lbfgs": lambda seed: MLPRegressor(
            hidden_layer_sizes=SIZES,
            activation="tanh",
            solver="lbfgs",
            alpha=0,
            tol=0,
            max_iter=2000,
            random_state=seed,
        ),
    }


def measure(model: BaseEstimator, name: str, seed: int) -> tuple[float, float]:
    """Return the mean squared error on the test points and the seconds of the fit."""
    rng = np.random.default_rng(seed)
    X, X_test = rng.random((2, N_POINTS, 2))
    y, y_test = (FUNCTIONS[name](*points.T) for points in (X, X_test))
    pipeline = make_pipeline(StandardScaler(), model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        began = time.perf_counter()
        pipeline.fit(X, y)
        seconds = time.perf_counter() - began
    return float(np.mean((pipeline.predict(X_test) - y_test) ** 2)), seconds


def main() -> None:
    """Print one line per model: the median of each function, the largest error of all, the median of the seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(parser.parse_args().seeds)
    print(f"{machine()}\n")
    rows = []
    with threadpool_limits(1):
        for name, model in models().items():
            runs = [[measure(model(seed), function, seed) for seed in seeds] for function in FUNCTIONS]
            errors = [statistics.median(error for error, _ in one) for one in runs]
            largest = max(error for one in runs for error, _ in one)
            seconds = statistics.median(second for one in runs for _, second in one)
            figures = [*errors, float(np.exp(np.mean(np.log(errors)))), largest]
            rows.append([name, *(f"{figure:.1e}" for figure in figures), f"{seconds:.1f}"])
    rows.append(["the paper's best KAN", *(f"{error:.1e}" for error in PAPERS_KAN), "", "", ""])
    print_table(["model", *FUNCTIONS, "geometric mean", "largest", "seconds"], rows)


if __name__ == "__main__":
    main()
