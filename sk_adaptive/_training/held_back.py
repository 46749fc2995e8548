"""Rows that the first epochs do not visit: how well the network predicts them shows how noisy a table is."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

from sk_adaptive._core import engine
from sk_adaptive._data.sampling import evenly_spaced_numbers
from sk_adaptive._network.plan import Plan

from .null_model import best_constants
from .recipe import epochs_by_noise, says_little, trial_epochs
from .state import Data, State

NEW_SHARE = 0.5  # of an epoch's parameters in their running mean, which varies less than they do at a high rate
TOLERANCE = 0.01  # of the share of the outputs that is kept
MAX_ROWS_OF_CONSTANTS = 100_000  # which say a mean to a three-hundredth of the deviation


def draw_rows(n_rows: int, n_held_back: int, random: np.ndarray) -> np.ndarray:
    """Return the rising numbers of rows to hold back, drawn from the state of a generator, which stays as it is."""
    return np.sort(np.random.default_rng(random).choice(n_rows, n_held_back, replace=False, shuffle=False))


class HeldBack:
    """Rows that are held back from the first epochs of a fit.

    Parameters
    ----------
    plan : Plan
        The network.
    network : Network
        The compiled network of it.
    data : Data
        All training rows, wherever they lie.
    rows : ndarray of int
        The numbers of those that are held back, rising; these come here.
    state : State
        The state of the fit, which remembers what these rows have said: a fit that was cut off goes on with it.
    """

    def __init__(self, plan: Plan, network: engine.Network, data: Data, rows: np.ndarray, state: State) -> None:
        self.rows = rows
        self._plan, self._network, self._data = plan, network, data.take(rows)
        self._all_rows, self._state = data, state
        _, self._constant_loss = best_constants(plan, self._data)
        self._share_below = plan.loss.share_below
        self.to_the_end = self._share_below is not None  # no epoch visits these rows: they shift the outputs

    def look(self, theta: np.ndarray) -> None:
        """Measure the loss of the running mean of the parameters after one more epoch."""
        mean = self._state.mean_theta
        if mean is None:
            mean = self._state.mean_theta = theta.copy()
        else:
            _approach(mean, theta)
        loss = self._data.loss_and_grad(self._network, mean)
        self._state.explained = (*self._state.explained, self._part_explained(loss))

    def trial_epochs(self, max_iter: int) -> int:
        """Return how many more epochs are not to visit these rows; see `recipe.trial_epochs`."""
        return trial_epochs(max_iter, self._state.explained)

    def epochs(self, max_iter: int) -> int:
        """Return the epochs of the whole fit: all if no epoch visits these rows, else `epochs_by_noise`."""
        return max_iter if self.to_the_end else epochs_by_noise(max_iter, self._state.explained)

    def adjust(self, theta: np.ndarray) -> None:
        """Adjust the outputs of a trained network to what these rows say.

        If the first epochs have explained little, the outputs are shrunk to a constant. The factor, from 0 to 1, is the
        best for the parameters of the first epochs. A loss that promises a share of rows below the predictions has
        the outputs shifted.
        """
        if says_little(self._state.explained):
            self._shrink(theta)
        if self._share_below is not None:
            outputs = self._data.outputs(self._network, theta).mean(axis=0)
            shift = weighted_quantile(self._data.targets - outputs, self._data.weights, self._share_below)
            self._plan.change_outputs(theta, theta.dtype.type(1), shift.astype(theta.dtype))

    def _shrink(self, theta: np.ndarray) -> None:
        some = evenly_spaced_numbers(self._all_rows.n_rows, MAX_ROWS_OF_CONSTANTS)
        constants, _ = best_constants(self._plan, self._all_rows.take_targets(some))

        def keep(theta: np.ndarray, share: float) -> np.ndarray:
            """Move the outputs in place to the constants, all but a share of the way."""
            self._plan.change_outputs(theta, theta.dtype.type(share), ((1 - share) * constants).astype(theta.dtype))
            return theta

        def loss(share: float) -> float:
            return self._data.loss_and_grad(self._network, keep(np.array(self._state.mean_theta), share))

        keep(theta, minimize_scalar(loss, bounds=(0, 1), method="bounded", options={"xatol": TOLERANCE}).x)

    def _part_explained(self, loss: float) -> float:
        if self._constant_loss <= 0:
            return 1.0
        return 1 - loss / self._constant_loss if np.isfinite(loss) else -np.inf


def _approach(mean: np.ndarray, theta: np.ndarray) -> None:
    """Move a running mean in place, by way of a single copy."""
    step = theta - mean
    step *= NEW_SHARE
    mean += step


def weighted_quantile(values: np.ndarray, weights: np.ndarray | None, share: float) -> np.ndarray:
    """Return the values that a share of the weight of each column lies below, interpolated.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Numbers.
    weights : ndarray of shape (n_rows,) or None
        Their weights; None weighs all alike.
    share : float
        Part of the weight, in (0, 1).

    Returns
    -------
    ndarray of shape (n_columns,)
        The quantiles.
    """
    order = np.argsort(values, axis=0)
    weight = np.ones_like(values) if weights is None else weights[order]
    below = np.cumsum(weight, axis=0) - weight / 2
    quantiles = np.empty(values.shape[1])
    for j, column in enumerate(np.take_along_axis(values, order, axis=0).T):
        quantiles[j] = np.interp(share * weight[:, j].sum(), below[:, j], column)
    return quantiles
