"""Irregular functions: where learning the shape helps, and where not.

Six kinds of functions of one and two variables: smooth, with kinks, jumps, a singularity, oscillating, noisy. Learned
families beside the fixed functions that they start at, in the same network, with the same starting weights, points and
number of steps. The idea is of arXiv:2408.07906, the protocol is ours.

Run: python docs/benchmarks/bench_irregular.py [--seeds 8]
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from evidence import p_value
from report import Table, publish, seeded
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from sk_adaptive import AdaptiveMLPRegressor
from sk_adaptive.activations import Activation, Blend, PReLU, Rational, Snake, Spline, Swish

N_ROWS = 1000
Function = Callable[[np.ndarray], np.ndarray]


class Kind(NamedTuple):
    """Two functions on [-1, 1], of one and of two variables, and the standard deviation of the noise."""

    of_one: Function
    of_two: Callable[[np.ndarray, np.ndarray], np.ndarray]
    noise: float = 0.0


KINDS = {
    "smooth": Kind(lambda x: np.exp(-x) * np.sin(3 * x), lambda x, y: np.exp(np.sin(np.pi * x) + y**2)),
    "kinks": Kind(lambda x: np.abs(x - 0.3) - np.abs(2 * x + 1), lambda x, y: np.maximum(np.abs(x), np.abs(y - 0.2))),
    "jumps": Kind(lambda x: np.floor(2.5 * x), lambda x, y: np.sign(x - y) + np.sign(x + 0.4)),
    "singular": Kind(lambda x: np.sqrt(np.abs(x)), lambda x, y: np.hypot(x, y) ** 0.5),
    "oscillating": Kind(lambda x: np.sin(20 * x), lambda x, y: np.sin(10 * x) * np.cos(8 * y)),
    "noisy": Kind(lambda x: np.sin(3 * x), lambda x, y: np.exp(np.sin(np.pi * x) + y**2), noise=1.0),
}
FIXED = ("relu", "silu", "mish", "tanh")
LEARNED: dict[str, tuple[Activation, str]] = {  # and the fixed function that it starts at or near
    "PReLU": (PReLU(), "relu"),
    "Swish": (Swish(), "silu"),
    "Blend": (Blend(), "silu"),
    "Rational": (Rational(), "silu"),
    "Spline from relu": (Spline(start="relu"), "relu"),
    "Spline from silu": (Spline(start="silu"), "silu"),
    "Snake": (Snake(), "silu"),
}


def network(seed: int, activation: str | Activation) -> AdaptiveMLPRegressor:
    """Return the network that all share, trained for as many steps each."""
    return AdaptiveMLPRegressor(
        hidden_layer_sizes=(32, 32),
        activation=activation,
        alpha=0,
        batch_size=50,
        max_iter=100,
        n_members=1,
        n_bins=0,
        random_state=seed,
    )


def error(kind: Kind, activation: str | Activation, n_inputs: int, seed: int) -> float:
    """Return the root mean squared error without the noise, in standard deviations of the function."""
    rng = np.random.default_rng(seed)
    X, X_test = rng.uniform(-1, 1, (2, N_ROWS, n_inputs))
    function = kind.of_one if n_inputs == 1 else kind.of_two
    y, y_test = (function(*each.T) for each in (X, X_test))
    noise = kind.noise * y_test.std() * rng.standard_normal(N_ROWS)
    predicted = network(seed, activation).fit(X, y + noise).predict(X_test)
    return float(np.sqrt(np.mean((predicted - y_test) ** 2)) / y_test.std())


def measure(kind: Kind, seeds: range) -> dict[str, np.ndarray]:
    """Return the errors of each activation: one per seed and number of inputs."""
    named: dict[str, str | Activation] = {name: name for name in FIXED}
    named |= {name: activation for name, (activation, _) in LEARNED.items()}
    return {
        name: np.array([error(kind, each, n_inputs, seed) for n_inputs in (1, 2) for seed in seeds])
        for name, each in named.items()
    }


def beside(learned: np.ndarray, fixed: np.ndarray) -> str:
    """Return the geometric mean of the ratio of errors and the p-value of the paired differences of their logs."""
    logs = np.log(learned / fixed)
    return f"{np.exp(logs.mean()):.2f} (p={p_value(logs):.1g})"


def best_fixed(errors: dict[str, np.ndarray]) -> str:
    """Return the fixed function with the smallest geometric mean of errors."""
    return min(FIXED, key=lambda name: float(np.log(errors[name]).mean()))


def report(errors: dict[str, dict[str, np.ndarray]], seeds: range) -> None:
    """Publish the geometric means of the errors, and each family beside its start and the best fixed function."""
    names, bests = (*FIXED, *LEARNED), {kind: best_fixed(of) for kind, of in errors.items()}
    means = [[name, *(f"{np.exp(np.log(of[name]).mean()):.2g}" for of in errors.values())] for name in names]
    starts = [[name, *(beside(of[name], of[start]) for of in errors.values())] for name, (_, start) in LEARNED.items()]
    best = [[name, *(beside(of[name], of[bests[kind]]) for kind, of in errors.items())] for name in LEARNED]
    publish("irregular_errors", Table(["activation", *errors], means), seeded(seeds))
    publish("irregular_starts", Table(["beside its start", *errors], starts), seeded(seeds))
    header = ["beside the best fixed", *(f"{kind}: {name}" for kind, name in bests.items())]
    publish("irregular_best", Table(header, best), seeded(seeds))


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=8)
    seeds = range(parser.parse_args().seeds)
    warnings.simplefilter("ignore", ConvergenceWarning)
    errors = {}
    with threadpool_limits(1):
        for kind, functions in KINDS.items():
            errors[kind] = measure(functions, seeds)
            print(kind, {name: f"{np.exp(np.log(each).mean()):.3g}" for name, each in errors[kind].items()}, flush=True)
    report(errors, seeds)


if __name__ == "__main__":
    main()
