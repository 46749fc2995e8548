"""Rows in parts as training takes them, and sums of losses and gradients over parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sk_adaptive._core import engine
from sk_adaptive._training.state import Data

from .blocks import Encoder
from .rows import PartedRows


@dataclass(frozen=True)
class PartedData(Data):
    """Rows in parts as training takes them; X, targets and weights are those of a few."""

    rows: PartedRows
    encoder: Encoder

    @property
    def n_rows(self) -> int:
        """Number of rows that an epoch visits."""
        return self.rows.n_rows - len(self.left_out)

    def take(self, rows: np.ndarray) -> Data:
        """Return some of the rows, which come here; see `Data.take`."""
        return self.encoder.encode(self.rows.collected(rows))

    def take_targets(self, rows: np.ndarray) -> Data:
        """Return some of the rows, whose targets come here; see `Data.take_targets`."""
        return self.encoder.encode(self.rows.collected(rows, with_X=False))


@dataclass(frozen=True)
class Term:
    """The mean loss of some rows, their weight, and the mean of what else was asked for: gradient, normal equations."""

    weight: float
    loss: Any  # or other figures, in an array
    gradient: np.ndarray | None = None


def term_of(
    network: engine.Network,
    theta: np.ndarray,
    data: Data,
    team: engine.Team | None,
    with_grad: bool,
    dropout: tuple[int, np.ndarray] | None = None,
) -> Term:
    """Return the loss of some rows, and its gradient if asked; see `engine.Network.loss_and_grad`."""
    gradient = np.empty_like(theta) if with_grad else None
    loss = network.loss_and_grad(theta, data.X, data.targets, data.weights, gradient, team, dropout)
    return Term(data.total_weight, loss, gradient)


def normal_term(network: engine.Network, theta: np.ndarray, data: Data, team: engine.Team | None) -> Term:
    """Return the loss of some rows, and their normal equations; see `mean_normal_equations`."""
    equations = np.empty((theta.size + 1, theta.size))
    return Term(data.total_weight, data.normal_equations(network, theta, equations, team), equations)


def mean(terms: Iterable[Term], gradient: np.ndarray | None = None) -> tuple[Any, float]:
    """Return the mean loss of all rows, and their weight; the terms' mean gradient is written to `gradient`."""
    loss = weight = 0.0
    total = None if gradient is None else np.zeros(gradient.shape)
    for term in terms:
        if not term.weight:  # as float32 rounds weights: the mean of such a part is NaN
            continue
        loss += term.weight * term.loss
        weight += term.weight
        if total is not None and term.gradient is not None:
            total += term.weight * term.gradient.astype(np.float64)
    if gradient is not None and total is not None:
        gradient[...] = total / weight
    return loss / weight, weight
