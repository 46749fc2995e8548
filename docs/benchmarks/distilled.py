"""What the atlas suggests: fixed functions in closed form, and starting values of splines.

All of it comes from the half of the development tables that chooses. `python docs/benchmarks/distilled.py SHAPES`
fits the functions and writes the starting values to results/shapes/distilled.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import shape_space as space
from scipy.optimize import least_squares
from shape_fits import FOLDER, N_SHAPES, Fit, basis_of, drawn

from sk_adaptive.activations import FIXED, Spline

Function = Callable[[np.ndarray], np.ndarray]

N_CLUSTERS = 4
BANK = 128
FILE = FOLDER / "distilled.json"
REACH = 2.3263  # standard deviations: the 99th percentile of a normal distribution
KNOTS = Spline().knots


class Shapes(Spline):
    """Splines of the default's knots whose units start as the columns of an array in turn."""

    def __init__(self, bank: np.ndarray, *, trainable: bool = True) -> None:
        super().__init__(trainable=trainable)
        self.bank = bank

    def initial_parameters(self) -> np.ndarray:
        """Return the first column."""
        return np.asarray(self.bank)[:, 0]

    def initial_parameters_of_units(self, n_units: int) -> np.ndarray:
        """Return the columns in turn."""
        return np.asarray(self.bank)[:, np.arange(n_units) % np.shape(self.bank)[1]]


def frozen(f: Function) -> Spline:
    """Return a spline that is nearly a function, with knots 0.125 apart, and that is not learned."""
    knots = np.linspace(-6, 6, 97)
    return Spline(97, 6.0, start=of_silu_size(f(knots)[:, None], knots)[:, 0], trainable=False)


def of_silu_size(values: np.ndarray, z: np.ndarray = KNOTS) -> np.ndarray:
    """Return columns of values at z with the mean and deviation that silu has for a standard normal variable."""
    density = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()

    def moments(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = density @ v
        return mean, np.sqrt(density @ (v - mean) ** 2)

    mean, deviation = moments(values)
    wanted_mean, wanted_deviation = moments(FIXED["silu"].value(z)[:, None])
    return (values - mean) / deviation * wanted_deviation + wanted_mean


def arms(z: np.ndarray, a: float, b: float, c: float, d: float, e: float, s: float) -> np.ndarray:
    """Return a asinh(b z) + c sqrt(z^2 + d^2) + e z exp(-(z/s)^2): two arms, a round bottom, and a wave."""
    return a * np.arcsinh(b * z) + c * np.sqrt(z**2 + d**2) + e * z * np.exp(-((z / s) ** 2))


def tilted_abs(z: np.ndarray, a: float, b: float, s: float = 0.0) -> np.ndarray:
    """Return u (a + tanh(b u)), u = z + s: one tanh, and nearly as near to the average shape as `arms`.

    The function that is tried has s = 0: a bias of the units can learn it.
    """
    u = z + s
    return u * (a + np.tanh(b * u))


def closed_form(form: Callable[..., np.ndarray], values: np.ndarray) -> tuple[list[float], float]:
    """Return the parameters with which a form is nearest to values over [-REACH, REACH], up to scale, and R^2."""
    z, root = np.linspace(-REACH, REACH, len(values)), np.sqrt(space.density(len(values)))
    away = (values - root**2 @ values) * root

    def rest(p: np.ndarray) -> np.ndarray:
        f = form(z, *p) * root
        f = f - root @ f * root
        return f - away if form is arms else (f @ away) / (f @ f) * f - away

    fits = [least_squares(rest, start, bounds=BOUNDS[form]) for start in STARTING[form]]
    p = np.round(min(fits, key=lambda fit: fit.cost).x, 2)
    return p.tolist(), float(1 - rest(p) @ rest(p) / (away @ away))


STARTING = {
    arms: [[0.6, 1.5, 0.6, 0.3, e, s] for e in (0.0, -1.0, 1.0) for s in (0.5, 1.0)],
    tilted_abs: [[0.5, 1.5, 0.0]],
}
BOUNDS = {
    arms: ([-9, 0.1, -9, 0.01, -9, 0.3], [9, 5, 9, 2, 9, 2]),
    tilted_abs: ([0, 0.1, -1], [2, 9, 1]),
}


def average(basis: space.Basis, a: np.ndarray) -> np.ndarray:
    """Return the first even and odd principal shape together, each as long as it is in the mean."""
    half = a.shape[1] // 2
    signs = [np.sign(np.median(a[:, i])) for i in (0, half)]
    root = np.sqrt(space.density(basis.even.shape[1]))
    parts = zip(signs, (basis.even, basis.odd), (basis.even_shares, basis.odd_shares), strict=True)
    return sum(sign * shapes[0] * np.sqrt(shares[0]) for sign, shapes, shares in parts) / root


def centres(basis: space.Basis, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the centres of N_CLUSTERS clusters as functions, turned as most of their units are, and their shares."""
    found = space.clusters(a, N_CLUSTERS, np.random.default_rng(0))
    label = space.similarity(a, found).argmax(axis=1)
    found = np.array([space.aligned(c[None], a[label == j].mean(axis=0))[0] for j, c in enumerate(found)])
    both = np.zeros((2 * N_SHAPES, basis.even.shape[1]))
    both[:N_SHAPES], both[N_SHAPES:] = basis.even, basis.odd
    shares = np.bincount(label) / len(label)
    order = np.argsort(-shares)
    return (found @ both / np.sqrt(space.density(both.shape[1])))[order], shares[order]


def learned_knots(fits: list[Fit], random: np.random.Generator) -> np.ndarray:
    """Return the knots of BANK units, drawn by weight from all fits alike, as columns of silu's size."""
    columns = [fit.units["p"][random.choice(len(fit.weights), -(-BANK // len(fits)), p=fit.weights)] for fit in fits]
    return of_silu_size(random.permutation(np.concatenate(columns))[:BANK].T.astype(np.float64))


def derive(folder: Path) -> None:
    """Fit what the shapes suggest, print it, and write it for the trials."""
    fits = [fit for path in sorted(folder.glob("*.base.0.npz")) if (fit := Fit(path)).half == "choose"]
    random = np.random.default_rng(0)
    basis = basis_of(fits)
    a, _ = drawn(fits, basis, random)
    shapes, shares = centres(basis, a)
    named = {"average": average(basis, a), **{f"shape_{chr(65 + j)}": shape for j, shape in enumerate(shapes)}}
    functions = {}
    for name, values in named.items():
        functions[name], r2 = closed_form(arms, values)
        print(name, functions[name], f"R^2 {r2:.4f}")
    (*functions["tilted_abs"], shift), r2 = closed_form(tilted_abs, named["average"])
    print("tilted_abs", functions["tilted_abs"], f"R^2 {r2:.4f} with its shift of {shift}")
    print("shares", shares.round(2))
    bank = learned_knots(fits, random)
    mean = of_silu_size(np.mean([_mean_knots(fit) for fit in fits], axis=0)[:, None])
    found = {"functions": functions, "shares": shares.tolist(), "mean": mean.tolist(), "bank": bank.round(4).tolist()}
    FILE.write_text(json.dumps(found))


def _called(form: Callable[..., np.ndarray], parameters: list[float], z: np.ndarray) -> np.ndarray:
    return form(z, *parameters)


def _mean_knots(fit: Fit) -> np.ndarray:
    return fit.weights @ of_silu_size(fit.units["p"].T.astype(np.float64)).T


def _starts(found: dict) -> dict[str, np.ndarray]:
    """Return starting values, columns that units take in turn, by name."""
    on_knots = {name: of_silu_size(f(KNOTS)[:, None]) for name, f in FUNCTIONS.items()}
    counts = np.round(16 * np.array(found["shares"])).astype(int)
    mixture = np.repeat(np.hstack([on_knots[f"shape_{chr(65 + j)}"] for j in range(N_CLUSTERS)]), counts, axis=1)
    return {
        "from_mean": np.array(found["mean"]),
        **{f"from_{name}": on_knots[name] for name in ("average", "shape_A", "shape_B")},
        "from_mixture": mixture,
        "from_learned": np.array(found["bank"]),
    }


if __name__ == "__main__":
    derive(Path(sys.argv[1]))
else:
    _found = json.loads(FILE.read_text())
    FUNCTIONS: dict[str, Function] = {
        name: partial(_called, tilted_abs if name == "tilted_abs" else arms, p)
        for name, p in _found["functions"].items()
    }
    STARTS = _starts(_found)
    SPLINES = {"knots_25": Spline(25), "range_1.5": Spline(knot_range=1.5)}
    # The two best functions and starts of that half, and the first function in a simple form.
    CHOSEN = ("average", "shape_A", "tilted_abs", "from_shape_B", "from_mixture")
