"""What weight decay by `alpha="auto"` is told of the data: the null model's loss, and what rows count for."""

from __future__ import annotations

from functools import partial

import numpy as np

from sk_adaptive._network.plan import Plan, make_plan
from sk_adaptive._warnings import warn

from .state import Data

MAX_MEAN_WEIGHT = 5.0  # above it, sample_weight hardly counts repeated rows


def warn_of_heavy_rows(mean_weight: float) -> None:
    """Warn where weights count as far more rows than there are, so that there is hardly any decay."""
    if mean_weight > MAX_MEAN_WEIGHT:
        warn(
            f"sample_weight has a mean of {mean_weight:.3g}: each row counts as so many rows, and alpha='auto' decays "
            "the network's weights less. Unless rows stand for that many equal ones, divide sample_weight by its mean."
        )


def null_model_loss(plan: Plan, data: Data) -> float | None:
    """Return the loss of a network whose outputs are all zero: of equal probabilities, or of y's mean.

    Parameters
    ----------
    plan : Plan
        The network, of which the outputs and the loss are read.
    data : Data
        The rows to train on.

    Returns
    -------
    float or None
        None where it is not positive: y is constant.
    """
    # What the hidden layers do does not matter: the smallest network with these outputs and no weights.
    silent = make_plan(1, [], plan.layers[-1].n_out, [], loss=plan.loss)
    loss = data.mean(partial(_loss_of_zeros, silent))
    return loss if loss > 0 else None


def _loss_of_zeros(silent: Plan, data: Data) -> float:
    dtype = data.targets.dtype
    theta, X = np.zeros(silent.n_theta, dtype), np.zeros((data.n_rows, 1), dtype)
    return silent.network(dtype).loss_and_grad(theta, X, data.targets, data.weights)
