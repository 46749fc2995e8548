"""Rows that the first epochs do not visit: how well the network predicts them shows how noisy a table is."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

from sk_adaptive._core import engine
from sk_adaptive._network.plan import Plan

from .null_model import best_constants
from .recipe import epochs_by_noise, says_little, trial_epochs
from .state import Data, State

NEW_SHARE = 0.5  # of an epoch's parameters in their running mean, which varies less than they do at a high rate
TOL_OF_SHARE = 0.01


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
        self._plan, self._network, self._data = plan, network, data.take(np.sort(order[:n_rows]))
        self._constants, _ = best_constants(plan, data)
        _, self._constant_loss = best_constants(plan, self._data)
        self._mean = state.theta
        self._explained: list[float] = []

    def look(self, theta: np.ndarray) -> None:
        """Measure the loss of the running mean of the parameters after one more epoch."""
        share = theta.dtype.type(NEW_SHARE)
        self._mean = self._mean + share * (theta - self._mean) if self._explained else theta.copy()
        loss = self._data.loss_and_grad(self._network, self._mean)
        self._explained.append(self._part_explained(loss))

    def trial_epochs(self, max_iter: int) -> int:
        """Return how many more epochs are not to visit these rows; see `recipe.trial_epochs`."""
        return trial_epochs(max_iter, self._explained)

    def epochs(self, max_iter: int) -> int:
        """Return the epochs of the whole fit; see `epochs_by_noise`."""
        return epochs_by_noise(max_iter, self._explained)

    def shrink(self, theta: np.ndarray) -> None:
        """Shrink the outputs of a trained network to a constant, if the first epochs have explained little.

        The factor, from 0 to 1, is the best for the parameters of the first epochs on the rows held back.
        """
        if says_little(self._explained):
            best = minimize_scalar(self._loss_of_share, bounds=(0, 1), method="bounded", options={"xatol": TOL_OF_SHARE})
            self._keep_share(theta, best.x)

    def _loss_of_share(self, share: float) -> float:
        theta = self._mean.copy()
        self._keep_share(theta, share)
        return self._data.loss_and_grad(self._network, theta)

    def _keep_share(self, theta: np.ndarray, share: float) -> None:
        """Move the outputs in place to the best constants, all but a share of the way."""
        to_constants = (1 - share) * self._constants
        self._plan.change_outputs(theta, theta.dtype.type(share), to_constants.astype(theta.dtype))

    def _part_explained(self, loss: float) -> float:
        if self._constant_loss <= 0:
            return 1.0
        return 1 - loss / self._constant_loss if np.isfinite(loss) else -np.inf
