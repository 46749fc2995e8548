"""Losses of the regressor, selected by name or given as objects with their own parameters.

In the formulas y is the standardised target and f the raw output; losses with a logarithmic link divide y by its mean
instead of standardising it.
"""

from __future__ import annotations

from ._base import LogLinkLoss, Loss
from ._check import check_loss
from .regression import (
    LOSSES,
    AbsoluteError,
    Gamma,
    Huber,
    Poisson,
    Quantile,
    SquaredError,
    Tweedie,
)


def resolve(loss: str | Loss) -> Loss:
    """Return the loss object that a string or an object stands for.

    Parameters
    ----------
    loss : str or Loss
        One of "squared_error", "absolute_error", "huber", "quantile", "poisson", "gamma" and "tweedie", or an object,
        which is returned as it is.

    Returns
    -------
    Loss
        The object.
    """
    return LOSSES[loss]() if isinstance(loss, str) else loss


__all__ = [
    "LOSSES",
    "AbsoluteError",
    "Gamma",
    "Huber",
    "LogLinkLoss",
    "Loss",
    "Poisson",
    "Quantile",
    "SquaredError",
    "Tweedie",
    "check_loss",
    "resolve",
]
