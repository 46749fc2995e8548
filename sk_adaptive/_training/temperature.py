"""One temperature for all outputs of a classifier, from rows that it was not trained on (arXiv:1706.04599)."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.special import logsumexp

from sk_adaptive._network.plan import Plan
from sk_adaptive.losses import Loss

from .state import Data

STEPS = np.arange(1, 17) / 8  # of the base-2 logarithm: no more than a factor of 4, however few the rows
TEMPERATURES = np.concatenate([[1.0], 2**STEPS, 2**-STEPS])  # 1 comes first, so that a tie changes nothing
PENALTY = 10.0  # of a squared logarithm, beside the sum of the rows' losses: few rows change little
MAX_ROWS = 10_000  # of one part of the rows; one number needs no more


def best_temperature(plan: Plan, theta: np.ndarray, data: Data) -> float:
    """Return the temperature at which the members' mean probability has the least log-loss.

    Parameters
    ----------
    plan : Plan
        The network.
    theta : ndarray of shape (n_theta,)
        Its parameters.
    data : Data
        Rows that it was not trained on.

    Returns
    -------
    float
        One of `TEMPERATURES`, whose loss on these rows is not above that of 1. 1 if the outputs are no logits.
    """
    loss = plan.loss.log_loss
    if loss is None:
        return 1.0
    *losses, rows_by_weight, mean_weight = data.mean(partial(figures, plan, loss, theta))
    n_rows = data.n_rows / (rows_by_weight * mean_weight)  # as many of equal weight say as much (Kish)
    costs = np.array(losses) * n_rows + PENALTY * np.log(TEMPERATURES) ** 2
    return float(TEMPERATURES[np.argmin(np.where(np.isfinite(costs), costs, np.inf))])


def figures(plan: Plan, loss: Loss, theta: np.ndarray, data: Data) -> np.ndarray:
    """Return weighted means over rows: the log-loss at each of `TEMPERATURES`, 1 / weight, and the weight.

    All are 0 if no row has any weight: a part of the rows whose weights are too small for float32 says nothing.
    """
    weights = np.ones(data.n_rows) if data.weights is None else data.weights.astype(np.float64)
    total, some = weights.sum(), np.flatnonzero(weights)
    if not total:
        return np.zeros(len(TEMPERATURES) + 2)
    if len(some) > MAX_ROWS:
        some = some[np.random.default_rng(0).choice(len(some), MAX_ROWS, replace=False)]
    losses = log_losses(plan, loss, theta, data.take(some))
    return np.append(losses, [data.n_rows / total, (weights**2).sum() / total])


def log_losses(plan: Plan, loss: Loss, theta: np.ndarray, data: Data) -> np.ndarray:
    """Return the weighted mean log-loss of the members' mean probability at each of `TEMPERATURES`."""
    raw = data.outputs(plan.network(theta.dtype), theta).astype(np.float64)
    n_members, _, n_outputs = raw.shape
    flat, targets = raw.reshape(-1, n_outputs), np.tile(data.targets, (n_members, 1))

    def log_loss(temperature: float) -> float:
        # In logarithms: the probability of a label may round to 0. Terms of other classes are 0 in all members.
        terms = loss.value(flat / temperature, targets).reshape(raw.shape)
        of_rows = (np.log(n_members) - logsumexp(-terms, axis=0)).sum(axis=1)
        return float(np.average(of_rows, weights=data.weights))

    return np.array([log_loss(temperature) for temperature in TEMPERATURES])


def divide_outputs(plan: Plan, theta: np.ndarray, temperature: float) -> None:
    """Divide the raw outputs of a network by a number, in place."""
    if temperature != 1:
        plan.change_outputs(theta, theta.dtype.type(1 / temperature), theta.dtype.type(0))


def check_temperature(temperature: object) -> None:
    """Refuse what no fit has found: a loaded model may have been tampered with.

    Raises
    ------
    ValueError
        If it is no number from the least to the greatest of `TEMPERATURES`.
    """
    if not isinstance(temperature, float) or not TEMPERATURES.min() <= temperature <= TEMPERATURES.max():
        raise ValueError(f"the temperature of the outputs must be a number from 1/4 to 4, got {temperature!r}")
