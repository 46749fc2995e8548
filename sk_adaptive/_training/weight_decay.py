"""How strongly weights are decayed where `alpha` is "auto"."""

from __future__ import annotations

import numpy as np

from sk_adaptive._network.plan import Plan, make_plan

from .state import Data

RIDGE = 300.0
WEAKEST, STRONGEST = 0.1, 10.0
WIDE = 128  # units; narrower layers work with larger weights
UNSCALED_ALPHA = 0.3  # over the rows, of solvers whose steps follow the gradient's size: SGD and L-BFGS


def automatic_alpha(n_rows: float, n_features: int, narrowest: int) -> float:
    """Return the decay of a network that explains nothing of y yet: it grows with columns over rows.

    In ridge regression the best penalty is the number of columns times the variance of the noise over the squared
    norm of the coefficients, for a squared error that is summed over the rows [1]_. The remaining factor, the noise,
    follows the training loss; see `ignorant_loss`.

    Parameters
    ----------
    n_rows : float
        Rows, or their total weight if that is more: a row of weight 2 is two rows, but weights may also add up to 1.
    n_features : int
        Columns.
    narrowest : int
        Units of the narrowest hidden layer.

    Returns
    -------
    float
        300 n_features / n_rows, at least 0.1 and at most 10, times the square root of narrowest / 128 below 128 units.

    References
    ----------
    .. [1] A. E. Hoerl, R. W. Kennard and K. F. Baldwin, "Ridge regression: some simulations", Communications in
       Statistics 4 (1975), 105-123.
    """
    return float(np.clip(RIDGE * n_features / n_rows, WEAKEST, STRONGEST) * np.sqrt(min(1.0, narrowest / WIDE)))


def ignorant_loss(plan: Plan, data: Data) -> float | None:
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
    dtype = data.targets.dtype
    theta, X = np.zeros(silent.n_theta, dtype), np.zeros((data.n_rows, 1), dtype)
    loss = silent.network(dtype).loss_and_grad(theta, X, data.targets, data.weights)
    return loss if loss > 0 else None
