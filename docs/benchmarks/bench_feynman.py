"""Feynman's formulas without units: the test error of one setting, and what a small network tells of the formula.

The 27 formulas and the smallest errors of KANs and MLPs are those of table 2 of Z. Liu et al., arXiv:2404.19756. The
ranges are ours, from those of the formulas with units in pykan's `kan/feynman.py` where it has the variable.

Run: python docs/benchmarks/bench_feynman.py [--seeds 3] [--only errors recovered]
"""

from __future__ import annotations

import numpy as np
from report import Table, publish, seeded
from smooth import HEADER, UNIT, Range, Target, by_lbfgs, compare, measure, points, run_parts

from sk_adaptive import AdaptiveMLPRegressor
from sk_adaptive.activations import Polynomial
from sk_adaptive.inspection import simplify, symbolic

N_ROWS = 2000
SIGNED: Range = (-1.0, 1.0)
HALF_TO_TWO: Range = (0.5, 2.0)
CIRCLE: Range = (0.0, 2 * np.pi)
LEFT: Range = (-1.0, -0.5)
RIGHT: Range = (0.5, 1.0)
pi, sin, cos, exp, sqrt = np.pi, np.sin, np.cos, np.exp, np.sqrt

FORMULAS: dict[str, Target] = {
    "I.6.2": Target(
        lambda t, s: exp(-((t / s) ** 2) / 2) / sqrt(2 * pi * s**2), [SIGNED, HALF_TO_TWO], 2.86e-5, 1.45e-4
    ),
    "I.6.2b": Target(
        lambda t, u, s: exp(-(((t - u) / s) ** 2) / 2) / sqrt(2 * pi * s**2),
        [(-1.5, 1.5), (-1.5, 1.5), HALF_TO_TWO],
        4.45e-4,
        7.40e-4,
    ),
    "I.9.18": Target(
        lambda a, b, c, d, e, f: a / ((b - 1) ** 2 + (c - d) ** 2 + (e - f) ** 2),
        [SIGNED, LEFT, LEFT, RIGHT, LEFT, RIGHT],
        1.48e-3,
        1.59e-3,
    ),
    "I.12.11": Target(lambda a, t: 1 + a * sin(t), [SIGNED, CIRCLE], 9.13e-4, 6.71e-4),
    "I.13.12": Target(lambda a, b: a * (1 / b - 1), [UNIT, HALF_TO_TWO], 2.72e-3, 1.42e-3),
    "I.15.3x": Target(lambda a, b: (1 - a) / sqrt(1 - b**2), [SIGNED, (-0.9, 0.9)], 1.14e-3, 8.54e-4),
    "I.16.6": Target(lambda a, b: (a + b) / (1 + a * b), [(-0.8, 0.8), (-0.8, 0.8)], 1.06e-3, 6.20e-4),
    "I.18.4": Target(lambda a, b: (1 + a * b) / (1 + a), [RIGHT, SIGNED], 1.50e-4, 3.68e-4),
    "I.26.2": Target(lambda n, t: np.arcsin(n * sin(t)), [(0.0, 0.99), CIRCLE], 1.22e-4, 1.24e-4),
    "I.27.6": Target(lambda a, b: 1 / (1 + a * b), [HALF_TO_TWO, HALF_TO_TWO], 1.94e-4, 2.46e-4),
    "I.29.16": Target(lambda a, t, u: sqrt(1 + a**2 - 2 * a * cos(t - u)), [SIGNED, CIRCLE, CIRCLE], 3.20e-3, 4.64e-3),
    "I.30.3": Target(
        lambda n, t: sin(n * t / 2) ** 2 / sin(t / 2) ** 2, [(0.0, 4.0), (0.4 * pi, 1.6 * pi)], 1.03e-3, 1.50e-2
    ),
    "I.30.5": Target(lambda a, n: np.arcsin(a / n), [SIGNED, (1.0, 1.5)], 3.49e-5, 9.45e-5),
    "I.37.4": Target(lambda a, d: 1 + a + 2 * sqrt(a) * cos(d), [(0.1, 1.0), CIRCLE], 4.91e-6, 5.67e-4),
    "I.40.1": Target(lambda n, a: n * exp(-a), [UNIT, SIGNED], 3.12e-4, 3.99e-4),
    "I.44.4": Target(lambda n, a: n * np.log(a), [UNIT, HALF_TO_TWO], 2.30e-5, 3.99e-4),
    "I.50.26": Target(lambda a, b: cos(a) + b * cos(a) ** 2, [CIRCLE, UNIT], 1.52e-4, 1.53e-3),
    "II.2.42": Target(lambda a, b: (a - 1) * b, [UNIT, UNIT], 7.22e-4, 1.81e-4),
    "II.6.15a": Target(lambda a, b, c: c * sqrt(a**2 + b**2) / (4 * pi), [UNIT, UNIT, UNIT], 1.35e-3, 5.92e-4),
    "II.11.7": Target(lambda n, a, t: n * (1 + a * cos(t)), [UNIT, SIGNED, CIRCLE], 5.03e-3, 5.92e-4),
    "II.11.27": Target(lambda n, a: n * a / (1 - n * a / 3), [UNIT, (0.0, 2.0)], 1.43e-5, 7.18e-5),
    "II.35.18": Target(lambda n, a: n / (exp(a) + exp(-a)), [UNIT, UNIT], 7.71e-5, 7.92e-5),
    "II.36.38": Target(lambda a, b, c: a + b * c, [UNIT, UNIT, UNIT], 1.15e-3, 2.15e-3),
    "II.38.3": Target(lambda a, b: a / b, [UNIT, HALF_TO_TWO], 8.78e-5, 5.26e-4),
    "III.9.52": Target(
        lambda a, b, c: a * np.sinc((b - c) / (2 * pi)) ** 2, [UNIT, (0.0, pi), (0.0, pi)], 3.90e-3, 9.07e-4
    ),
    "III.10.19": Target(lambda a, b: sqrt(1 + a**2 + b**2), [UNIT, UNIT], 8.16e-4, 1.67e-4),
    "III.17.37": Target(lambda b, a, t: b * (1 + a * cos(t)), [UNIT, UNIT, CIRCLE], 4.12e-4, 6.80e-4),
}
SMALL = (1, 2, 3, 4, 6)  # units of the networks that are read, until one explains the formula
EXPLAINED = 1e-4  # part of the variance


def errors(seeds: range) -> None:
    """Print a line per formula."""
    rows = []
    for name, target in FORMULAS.items():
        rows.append([name, *compare(target, N_ROWS, seeds)])
        print(rows[-1], flush=True)
    publish("feynman", Table(["formula", *HEADER], rows), seeded(seeds))


def recovered(seeds: range) -> None:
    """Print what `simplify` and `symbolic` find in the smallest network that explains the formula."""
    rows = []
    for name, target in FORMULAS.items():
        for n_units in SMALL:
            fits = [measure(small(seed, n_units), target, N_ROWS, seed) for seed in seeds]
            best = min(fits, key=lambda fit: fit.error)
            missed = best.error**2 / variance(target)
            if missed < EXPLAINED:
                break
        rows.append([name, str(n_units), f"{missed:.0e}", *found(best.model, target)])
        print(rows[-1], flush=True)
    header = ["formula", "units", "1 - R^2", "units left", "shapes", "least R^2"]
    publish("feynman_recovered", Table(header, rows), seeded(seeds))


def small(seed: int, n_units: int) -> AdaptiveMLPRegressor:
    """Return a network of one layer, whose output is a sum of learned functions of one variable each."""
    each = Polynomial(degree=3, scope="unit")
    return by_lbfgs(seed, hidden_layer_sizes=(n_units,), activation=each)


def variance(target: Target) -> float:
    """Return the variance of a formula on its ranges."""
    X, _ = points(target.ranges, N_ROWS, 0)
    return float(np.var(target.value(*X.T)))


def found(model: AdaptiveMLPRegressor, target: Target) -> list[str]:
    """Return the units that are left, the best name of each, and how well the worst name fits."""
    X, _ = points(target.ranges, N_ROWS, 0)
    shorter = simplify(model, X)
    if shorter.n_layers_ < model.n_layers_:
        return ["0", "", ""]
    names = symbolic(shorter, 0, X, n_best=1)
    shapes = [str(name) for name in names["function"]]
    count = ", ".join(f"{shapes.count(name)} {name}" for name in sorted(set(shapes)))
    return [str(len(shapes)), count, f"{min(names['r2']):.4f}"]


if __name__ == "__main__":
    run_parts(__doc__, {"errors": errors, "recovered": recovered})
