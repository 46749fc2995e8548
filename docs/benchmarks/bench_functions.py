"""Smooth functions: the test error of one setting beside two papers' KANs, and of each activation in one network.

The 15 functions and the smallest errors of KANs and MLPs are those of table 1 of Z. Liu et al., arXiv:2404.19756, which
does not state its ranges; KANbeFair's figures for five of them, which it draws on the unit square in
`src/data/special.py`, are of R. Yu, W. Yu and X. Wang, arXiv:2407.16674. A seed gives the points and the starting
weights.

Run: python docs/benchmarks/bench_functions.py [--seeds 3] [--only papers activations]
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from report import Table, publish, seeded
from scipy import special
from sklearn.base import BaseEstimator
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from smooth import HEADER, UNIT, Range, Target, by_lbfgs, compare, measure, run_parts

from sk_adaptive import AdaptiveMLPRegressor
from sk_adaptive.activations import Snake, Spline

SQUARE: tuple[Range, Range] = (UNIT, UNIT)
BESSEL: tuple[Range, Range] = (UNIT, (1.0, 5.0))  # order and argument; on the unit square they are not smooth
SPHERE: tuple[Range, Range] = ((0.0, 2 * np.pi), (0.0, np.pi))  # azimuth and polar angle


def harmonic(m: int, n: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return the real part of a spherical harmonic."""
    return lambda azimuth, polar: special.sph_harm_y(n, m, polar, azimuth).real


def legendre(m: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return the associated Legendre function of degree and argument."""
    return lambda degree, x: special.lpmv(m, degree, x)


FUNCTIONS: dict[str, Target] = {
    "ellipj, sn": Target(lambda u, m: special.ellipj(u, m)[0], SQUARE, 1.33e-4, 6.48e-4),
    "ellipkinc": Target(special.ellipkinc, SQUARE, 1.24e-4, 5.52e-4),
    "ellipeinc": Target(special.ellipeinc, SQUARE, 8.26e-5, 3.04e-4),
    "jv": Target(special.jv, BESSEL, 1.64e-3, 5.52e-3),
    "yv": Target(special.yv, BESSEL, 1.49e-5, 3.45e-4),
    "kv": Target(special.kv, BESSEL, 2.52e-5, 1.67e-4),
    "iv": Target(special.iv, BESSEL, 9.28e-3, 1.07e-2),
    "lpmv, m=0": Target(legendre(0), SQUARE, 5.25e-5, 1.74e-2),
    "lpmv, m=1": Target(legendre(1), SQUARE, 6.90e-4, 1.50e-3),
    "lpmv, m=2": Target(legendre(2), SQUARE, 2.26e-4, 9.43e-4),
    "sph_harm, m=0, n=1": Target(harmonic(0, 1), SQUARE, 2.21e-7, 1.25e-6),
    "sph_harm, m=1, n=1": Target(harmonic(1, 1), SPHERE, 1.22e-4, 6.70e-4),
    "sph_harm, m=0, n=2": Target(harmonic(0, 2), SQUARE, 1.95e-7, 2.85e-6),
    "sph_harm, m=1, n=2": Target(harmonic(1, 2), SPHERE, 1.50e-5, 1.84e-3),
    "sph_harm, m=2, n=2": Target(harmonic(2, 2), SPHERE, 9.45e-5, 6.21e-4),
}
KANBEFAIR = {  # root of the smallest mean squared test error of its KANs
    "ellipkinc": 8.8e-3,
    "ellipeinc": 7.7e-3,
    "lpmv, m=0": 1.3e-2,
    "sph_harm, m=0, n=1": 1.3e-3,
    "sph_harm, m=0, n=2": 1.8e-3,
}
N_ROWS = 1000
SIZES = (20, 20)
FIXED = ("relu", "silu", "mish", "selu", "tanh")
LEARNED = (
    "prelu",
    "swish",
    "blend",
    "rational",
    "polynomial",
    "snake",
    Snake(start=[0.5]),
    "spline",
    Spline(25, scope="layer"),
)


def of_size(seed: int, activation: object) -> AdaptiveMLPRegressor:
    """Return the setting with one activation, at the sizes of the comparison of activations."""
    return by_lbfgs(seed, hidden_layer_sizes=SIZES, activation=activation)


def models() -> dict[str, Callable[[int], BaseEstimator]]:
    """Return what is fitted, given a seed."""
    return {
        **{str(each): lambda seed, each=each: of_size(seed, each) for each in (*FIXED, *LEARNED)},
        "AdaptiveMLPRegressor, defaults": lambda seed: AdaptiveMLPRegressor(random_state=seed),
        "MLPRegressor, tanh, lbfgs": lambda seed: make_pipeline(
            StandardScaler(),
            MLPRegressor(
                hidden_layer_sizes=SIZES,
                activation="tanh",
                solver="lbfgs",
                alpha=0,
                tol=0,
                max_iter=2000,
                random_state=seed,
            ),
        ),
    }


def papers(seeds: range) -> None:
    """Print a line per function, with the figures of both papers."""
    rows = []
    for name, target in FUNCTIONS.items():
        fair = f"{KANBEFAIR[name]:.1e}" if name in KANBEFAIR else ""
        rows.append([name, fair, *compare(target, N_ROWS, seeds)])
        print(rows[-1], flush=True)
    publish("special_functions", Table(["function", "KANbeFair", *HEADER], rows), seeded(seeds))


def activations(seeds: range) -> None:
    """Print a line per model: the median of each function, the largest error of all, the median of the seconds."""
    rows = []
    for name, model in models().items():
        runs = [[measure(model(seed), FUNCTIONS[each], N_ROWS, seed) for seed in seeds] for each in KANBEFAIR]
        errors = [float(np.median([fit.error for fit in one])) for one in runs]
        largest = max(fit.error for one in runs for fit in one)
        seconds = np.median([fit.seconds for one in runs for fit in one])
        figures = [*errors, float(np.exp(np.mean(np.log(errors)))), largest]
        rows.append([name, *(f"{figure:.1e}" for figure in figures), f"{seconds:.1f}"])
        print(rows[-1], flush=True)
    header = ["model", *KANBEFAIR, "geometric mean", "largest", "seconds"]
    publish("smooth_activations", Table(header, rows), seeded(seeds))


if __name__ == "__main__":
    run_parts(__doc__, {"papers": papers, "activations": activations})
