"""Losses of the regressor: what its `loss` takes, each as a string or as an object with its own parameters.

The formulas speak of y and its prediction f after y was standardised (:class:`Poisson`: divided by its mean).
"""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval


class Loss(BaseEstimator):
    """Base class of the losses."""

    kernel: ClassVar[str]  # name of the compiled loss
    _parameter_constraints: ClassVar[dict] = {}

    @property
    def constant(self) -> float:
        """The number that the compiled loss is given."""
        return 0.0


class SquaredError(Loss):
    r"""Half the squared error, :math:`(f - y)^2 / 2`; its minimum is the mean. The string is "squared_error"."""

    kernel = "squared_error"


class AbsoluteError(Loss):
    r"""The absolute error, :math:`|f - y|`; its minimum is the median. The string is "absolute_error"."""

    kernel = "absolute_error"


class Huber(Loss):
    r"""Half the squared error near zero, linear beyond: insensitive to outliers. The string is "huber".

    .. math::
        \begin{cases} r^2 / 2 & |r| \le \delta \\ \delta (|r| - \delta / 2) & |r| > \delta \end{cases},
        \qquad r = f - y

    Parameters
    ----------
    delta : float, default=1.0
        Where the loss becomes linear, in standard deviations of y; above 0.

    References
    ----------
    P. J. Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35 (1964), 73-101.

    Examples
    --------
    >>> from sk_adaptive import AdaptiveMLPRegressor
    >>> from sk_adaptive.losses import Huber
    >>> AdaptiveMLPRegressor(loss=Huber(delta=0.5)).get_params()["loss__delta"]
    0.5
    """

    kernel = "huber"
    _parameter_constraints: ClassVar[dict] = {"delta": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = delta

    @property
    def constant(self) -> float:
        """Delta."""
        return float(self.delta)


class Quantile(Loss):
    r"""The pinball loss; its minimum is a quantile. The string is "quantile", the median.

    .. math:: \max(q (y - f), (q - 1) (y - f))

    Parameters
    ----------
    quantile : float, default=0.5
        The quantile q to predict, in (0, 1).

    References
    ----------
    R. Koenker and G. Bassett, "Regression quantiles", Econometrica 46 (1978), 33-50.

    Examples
    --------
    >>> from sk_adaptive import AdaptiveMLPRegressor
    >>> from sk_adaptive.losses import Quantile
    >>> AdaptiveMLPRegressor(loss=Quantile(quantile=0.9)).get_params()["loss__quantile"]
    0.9
    """

    kernel = "quantile"
    _parameter_constraints: ClassVar[dict] = {"quantile": [Interval(Real, 0, 1, closed="neither")]}

    def __init__(self, quantile: float = 0.5) -> None:
        self.quantile = quantile

    @property
    def constant(self) -> float:
        """The quantile."""
        return float(self.quantile)


class Poisson(Loss):
    r"""The negative Poisson log-likelihood without its constant, :math:`e^f - y f`; y >= 0, predicts :math:`e^f`.

    The string is "poisson".
    """

    kernel = "poisson"


LOSSES: dict[str, type[Loss]] = {
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
    "huber": Huber,
    "quantile": Quantile,
    "poisson": Poisson,
}


def resolve(loss: str | Loss) -> Loss:
    """Return the loss object that a string or an object stands for.

    Parameters
    ----------
    loss : str or Loss
        One of "squared_error", "absolute_error", "huber", "quantile" and "poisson", or an object, which is returned
        as it is.

    Returns
    -------
    Loss
        The object.
    """
    return LOSSES[loss]() if isinstance(loss, str) else loss


__all__ = ["LOSSES", "AbsoluteError", "Huber", "Loss", "Poisson", "Quantile", "SquaredError", "resolve"]
