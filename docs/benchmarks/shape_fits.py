"""Fits that bench_shapes.py has saved, and what they have in common: principal shapes and clusters."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shape_space as space
from report import RESULTS

FOLDER = RESULTS / "shapes"
ABOUT = ("table", "source", "half", "task", "n", "d", "study", "seed")
N_SHAPES = 4  # principal shapes of each parity that are kept
UNITS = 100  # of a fit, drawn by weight for the clusters


def basis_of(fits: list[Fit]) -> space.Basis:
    """Return the principal shapes of all units of some fits, each fit with the same weight."""
    shapes, weights = (np.concatenate([getattr(fit, name) for fit in fits]) for name in ("shapes", "weights"))
    return space.principal(shapes, weights, N_SHAPES)


class Fit:
    """One file of bench_shapes.py."""

    def __init__(self, path: Path) -> None:
        saved = np.load(path)
        self.about = {name: saved[name].item() for name in ABOUT}
        self.units = {name: saved[name] for name in saved.files if name not in self.about}

    def __getattr__(self, name: str) -> Any:
        try:
            return self.about[name]
        except KeyError:
            raise AttributeError(name) from None

    @cached_property
    def weights(self) -> np.ndarray:
        """What the bent part of each unit contributes to the output; the sum is 1."""
        return self.units["bent"] / self.units["bent"].sum()

    @cached_property
    def shapes(self) -> np.ndarray:
        """The normal form of each unit."""
        return space.normal_form(self.units["f"].astype(np.float64))

    @cached_property
    def moves(self) -> dict[str, np.ndarray]:
        """The elementary properties of each unit."""
        return space.moves(self.units["f"].astype(np.float64))


class Atlas(NamedTuple):
    """Principal shapes and clusters."""

    basis: space.Basis
    centres: np.ndarray

    def labels(self, fit: Fit) -> np.ndarray:
        """Return the cluster of each unit."""
        return space.similarity(self.basis.coordinates(fit.shapes), self.centres).argmax(axis=1)

    def learned(self, fit: Fit) -> np.ndarray:
        """Return the second moments of the shapes of each layer, in one vector."""
        a = self.basis.coordinates(fit.shapes)
        layers = [fit.units["layer"] == layer for layer in np.unique(fit.units["layer"])]
        return np.concatenate([space.moments(a[chosen], fit.weights[chosen]) for chosen in layers])


def drawn(fits: list[Fit], basis: space.Basis, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates of units of every table, drawn by weight, and the source of each."""
    a, sources = [], []
    for fit in fits:
        chosen = random.choice(len(fit.weights), UNITS, p=fit.weights)
        a.append(basis.coordinates(fit.shapes[chosen]))
        sources += [fit.source] * UNITS
    return np.concatenate(a), np.array(sources)
