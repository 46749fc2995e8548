"""Weight decay for `alpha="auto"`: its initial strength and its changes during training."""

from __future__ import annotations

import numpy as np

RIDGE = 300.0
MIN_ALPHA, MAX_ALPHA = 0.1, 10.0
FULL_WIDTH = 128  # units; narrower layers need larger weights
UNSCALED_ALPHA = 0.3
MIN_ROWS = 100  # with fewer rows the penalty would be larger than the loss
MIN_UNEXPLAINED = 0.2
RISE = 5.0  # ratio of the decay to the explained part of the loss, at most


def ridge_alpha(n_rows: float, n_inputs: int, narrowest: int) -> float:
    """Return the weight decay at the start of training, which grows with the ratio of inputs to rows.

    In ridge regression the best penalty is the number of columns times the variance of the noise over the squared
    norm of the coefficients, for a squared error that is summed over the rows [1]_. The remaining factor, the noise,
    follows the training loss; see `decay_factor`.

    Parameters
    ----------
    n_rows : float
        Number of rows, or their total weight if that is larger: a row of weight 2 counts as two rows.
    n_inputs : int
        Inputs of the network.
    narrowest : int
        Units of the narrowest hidden layer.

    Returns
    -------
    float
        300 n_inputs / n_rows, at least 0.1 and at most 10, times the square root of narrowest / 128 below 128 units.

    References
    ----------
    .. [1] A. E. Hoerl, R. W. Kennard and K. F. Baldwin, "Ridge regression: some simulations", Communications in
       Statistics 4 (1975), 105-123.
    """
    return float(np.clip(RIDGE * n_inputs / n_rows, MIN_ALPHA, MAX_ALPHA) * np.sqrt(min(1.0, narrowest / FULL_WIDTH)))


def unscaled_alpha(n_rows: float) -> float:
    """Return the factor of the penalty for solvers whose steps are proportional to the gradient."""
    return UNSCALED_ALPHA / max(n_rows, MIN_ROWS)


def decay_factor(unexplained: float) -> float:
    """Return the factor that multiplies the weight decay during training.

    Parameters
    ----------
    unexplained : float
        The training loss divided by that of the null model, whose outputs are all zero.

    Returns
    -------
    float
        The unexplained part, but at least 0.2, because a low training loss can be overfitting and says nothing about
        the noise; and at most five times the explained part, because decay before the network has learned something
        can stop it from learning.
    """
    return max(0.0, min(max(MIN_UNEXPLAINED, unexplained), 1.0, RISE * (1 - unexplained)))
