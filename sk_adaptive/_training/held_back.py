"""Rows that the first epochs do not visit: how well the network predicts them decides the number of epochs."""

from __future__ import annotations

import numpy as np

from sk_adaptive._core import engine
from sk_adaptive._network.plan import Plan

from .null_model import least_constant_loss
from .recipe import epochs_by_noise
from .state import Data, State

NEW_SHARE = 0.5  # of an epoch's parameters in their running mean, which varies less than they do at a high rate


class HeldBack:
    """Rows that are held back from the first epochs of a fit.

    Parameters
    ----------
    plan : Plan
        The network.
    network : Network
        The compiled network of it.
    data : Data
        All training rows.
    n_rows : int
        How many of them to hold back.
    state : State
        The state of the fit; its generator seeds the draw and stays as it is.
    """

    def __init__(self, plan: Plan, network: engine.Network, data: Data, n_rows: int, state: State) -> None:
        order = np.random.default_rng(state.random).permutation(data.n_rows)
        self.others = np.sort(order[n_rows:])
        self._network, self._data = network, data.take(np.sort(order[:n_rows]))
        self._constant_loss = least_constant_loss(plan, self._data)
        self._mean: np.ndarray | None = None
        self._explained: list[float] = []

    def look(self, theta: np.ndarray) -> None:
        """Measure the loss of the running mean of the parameters after one more epoch."""
        share = theta.dtype.type(NEW_SHARE)
        self._mean = theta.copy() if self._mean is None else self._mean + share * (theta - self._mean)
        loss = self._data.loss_and_grad(self._network, self._mean)
        self._explained.append(self._part_explained(loss))

    def epochs(self, max_iter: int) -> int:
        """Return the epochs of the whole fit; see `epochs_by_noise`."""
        return epochs_by_noise(max_iter, self._explained)

    def _part_explained(self, loss: float) -> float:
        if self._constant_loss <= 0:
            return 1.0
        return 1 - loss / self._constant_loss if np.isfinite(loss) else -np.inf
