"""The pictures of docs/benchmarks/shapes.rst, wide enough for a telephone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import shape_space as space
from matplotlib.axes import Axes
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from shape_fits import Atlas, Fit

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "0.7"
WIDTH = 4.6  # inches
MEMBERS = 25  # faint lines in a cluster's panel
TABLES = ("airfoil", "car_raw", "german-credit")  # whose units are shown


def draw(folder: Path, atlas: Atlas, base: list[Fit]) -> None:
    """Write all pictures."""
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        pictures = {"principal": principal(atlas), "clusters": clusters(atlas, base), "units": units(base)}
        for name, figure in pictures.items():
            figure.savefig(folder / f"{name}.png", dpi=130)


def principal(atlas: Atlas) -> Figure:
    """Draw the first three even and odd principal shapes."""
    figure, axes = _panels(2, 3, 2.6)
    root = np.sqrt(space.density(atlas.basis.even.shape[1]))
    for row, parity, shapes, shares in zip(
        axes, ("even", "odd"), (atlas.basis.even, atlas.basis.odd), (atlas.basis.even_shares, atlas.basis.odd_shares),
        strict=True,
    ):  # fmt: skip
        for i, ax in enumerate(row):
            _curve(ax, shapes[i] / root)
            ax.set_title(f"{parity} {i + 1}: {100 * shares[i]:.0f} %", fontsize=9)
    return figure


def clusters(atlas: Atlas, base: list[Fit]) -> Figure:
    """Draw each cluster's centre over units drawn by weight."""
    k = len(atlas.centres)
    columns = 2 if k <= 4 else 3
    rows = -(-k // columns)
    figure, axes = _panels(rows, columns, 1.4 * rows)
    random = np.random.default_rng(0)
    fits = [fit for fit in base if fit.seed == 0]
    basis = np.zeros((2 * len(atlas.basis.even), atlas.basis.even.shape[1]))
    basis[: len(basis) // 2], basis[len(basis) // 2 :] = atlas.basis.even, atlas.basis.odd
    root = np.sqrt(space.density(basis.shape[1]))
    for j, ax in enumerate(axes.flat):
        if j >= k:
            ax.set_visible(False)
            continue
        share = np.mean([fit.weights @ (atlas.labels(fit) == j) for fit in base])
        for fit in random.choice(np.array(fits, dtype=object), MEMBERS):
            weights = fit.weights * (atlas.labels(fit) == j)
            if weights.sum() > 0:
                unit = random.choice(len(weights), p=weights / weights.sum())
                a = space.aligned(atlas.basis.coordinates(fit.shapes[unit : unit + 1]), atlas.centres[j])
                ax.plot(np.linspace(-1, 1, basis.shape[1]), (a @ basis)[0] / root, color=GREY, linewidth=0.5)
        _curve(ax, atlas.centres[j] @ basis / root)
        ax.set_title(f"{chr(65 + j)}: {100 * share:.0f} %", fontsize=9)
    return figure


def units(base: list[Fit]) -> Figure:
    """Draw the units of some tables that contribute most, as they are."""
    chosen = [fit for name in TABLES for fit in base if (fit.table, fit.seed) == (name, 0)]
    figure, axes = _panels(2 * len(chosen), 4, 0.95 * 2 * len(chosen))
    for number, row in enumerate(axes):
        fit, layer = chosen[number // 2], number % 2
        order = np.argsort(-fit.weights * (fit.units["layer"] == layer))
        for ax, unit in zip(row, order[:12:3], strict=True):
            z = np.linspace(fit.units["low"][unit], fit.units["high"][unit], fit.units["f"].shape[1])
            ax.plot(z, fit.units["f"][unit], color=BLUE)
            ax.set_yticks([])
            ax.tick_params(labelsize=7)
        row[0].set_ylabel(f"{fit.table.removesuffix('_raw')}\nlayer {layer + 1}", fontsize=7)
    return figure


def _panels(rows: int, columns: int, height: float) -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def _curve(ax: Axes, values: np.ndarray) -> None:
    ax.axhline(0, color="0.9", linewidth=0.8)
    ax.plot(np.linspace(-1, 1, len(values)), values, color=BLUE, linewidth=1.8)
    ax.set(xticks=[], yticks=[])
