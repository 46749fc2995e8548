"""What the benchmarks of smooth functions have in common: points, setting, search, measures and command line."""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, ShuffleSplit
from threadpoolctl import threadpool_limits

from sk_adaptive import AdaptiveMLPRegressor
from sk_adaptive.solvers import LBFGS

SIZES = ((8, 8, 8), (12, 12, 12))
HELD_OUT = 0.2  # of the training rows; they choose between the networks
Range = tuple[float, float]
UNIT: Range = (0.0, 1.0)


class Target(NamedTuple):
    """A function of as many variables as ranges, and the smallest test RMSE of a paper's KANs and MLPs."""

    value: Callable[..., np.ndarray]
    ranges: Sequence[Range]
    kan: float
    mlp: float


class Measured(NamedTuple):
    """Root mean squared error on the test points, processor seconds of the fit, and what was fitted."""

    error: float
    seconds: float
    model: BaseEstimator


def network(seed: int, **parameters: Any) -> AdaptiveMLPRegressor:
    """Return the setting: every row at each step, in float64, no penalty, and no end before the last iteration."""
    setting = {
        "hidden_layer_sizes": SIZES[-1],
        "activation": "tanh",
        "solver": "lm",
        "alpha": 0,
        "tol": 0,
        "max_iter": 1500,
        "n_members": 1,
        "n_bins": 0,
        "clip_inputs": None,
        "dtype": "float64",
        "random_state": seed,
    }
    return AdaptiveMLPRegressor(**(setting | parameters))


def by_lbfgs(seed: int, **parameters: Any) -> AdaptiveMLPRegressor:
    """Return the setting with L-BFGS and 2000 iterations: for activations with many parameters, or with kinks."""
    return network(seed, solver=LBFGS(history_size=50), max_iter=2000, **parameters)


def search(seed: int) -> GridSearchCV:
    """Return the choice between the two networks by held-out training rows; the better one is fitted to all of them."""
    split = ShuffleSplit(1, test_size=HELD_OUT, random_state=seed)
    return GridSearchCV(network(seed), {"hidden_layer_sizes": SIZES}, cv=split, scoring="neg_mean_squared_error")


def points(ranges: Sequence[Range], n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return training points and 1000 test points, uniform on the ranges."""
    low, high = np.asarray(ranges, dtype=np.float64).T
    rng = np.random.default_rng(seed)
    return rng.uniform(low, high, (n_rows, len(ranges))), rng.uniform(low, high, (1000, len(ranges)))


def measure(model: BaseEstimator, target: Target, n_rows: int, seed: int) -> Measured:
    """Fit a model to points of the seed, and compare it on the test points."""
    X, X_test = points(target.ranges, n_rows, seed)
    y, y_test = (target.value(*each.T) for each in (X, X_test))
    began = time.process_time()
    model.fit(X, y)
    seconds = time.process_time() - began
    return Measured(float(np.sqrt(np.mean((model.predict(X_test) - y_test) ** 2))), seconds, model)


def compare(target: Target, n_rows: int, seeds: Sequence[int]) -> list[str]:
    """Return one line of a table: the figures of the paper, the median and largest error, seconds, networks chosen."""
    runs = [measure(search(seed), target, n_rows, seed) for seed in seeds]
    errors = [run.error for run in runs]
    chosen = {str(run.model.best_params_["hidden_layer_sizes"]) for run in runs}
    median, best = float(np.median(errors)), min(target.kan, target.mlp)
    return [
        *(f"{figure:.2e}" for figure in (target.kan, target.mlp)),
        *(f"{figure:.1e}" for figure in (median, max(errors))),
        f"{best / median:.2g}",
        "both" if len(chosen) > 1 else chosen.pop(),
        f"{np.median([run.seconds for run in runs]):.0f}",
    ]


HEADER = ["KAN", "MLP", "ours", "largest", "best of theirs over ours", "layers", "seconds"]


def run_parts(doc: str | None, parts: Mapping[str, Callable[[range], None]]) -> None:
    """Measure the parts that the command line names, on one thread."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts))
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)  # iterations are counted, not converged
    with threadpool_limits(1):
        for name in options.only:
            parts[name](range(options.seeds))
