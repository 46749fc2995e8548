"""How strongly weights are decayed where `alpha` is "auto"."""

from __future__ import annotations

import warnings

import numpy as np

from sk_adaptive._network.plan import Plan, make_plan

from .state import Data

RIDGE = 300.0
WEAKEST, STRONGEST = 0.1, 10.0
WIDE = 128  # units; narrower layers work with larger weights, and learn in more steps
UNSCALED_ALPHA = 0.3  # over the rows, of solvers whose steps follow the gradient's size: SGD and L-BFGS
HEAVY = 5.0  # mean weight of a row
FEWEST_ROWS = 100  # fewer count as so many there: the penalty would outweigh the loss


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


def unscaled_alpha(n_rows: float) -> float:
    """Return the penalty beside a mean loss of solvers whose steps follow the gradient's size."""
    return UNSCALED_ALPHA / max(n_rows, FEWEST_ROWS)


def warn_of_heavy_rows(mean_weight: float) -> None:
    """Warn where weights count as far more rows than there are, so that there is hardly any decay."""
    if mean_weight > HEAVY:
        warnings.warn(
            f"sample_weight and class_weight have a mean of {mean_weight:.3g} and count as so many rows each: "
            'alpha="auto" decays the weights of the network less. If they are not numbers of equal rows, divide '
            "sample_weight by its mean.",
            UserWarning,
            stacklevel=8,
        )


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
    silent = make_plan(1, [], plan.layers[-1].n_out, [], loss=plan.loss, loss_constant=plan.loss_constant)
    dtype = data.targets.dtype
    theta, X = np.zeros(silent.n_theta, dtype), np.zeros((data.n_rows, 1), dtype)
    loss = silent.network(dtype).loss_and_grad(theta, X, data.targets, data.weights)
    return loss if loss > 0 else None
