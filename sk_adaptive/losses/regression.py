"""Losses of the regressor; in the formulas y is the scaled target and f the raw output."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np

from sk_adaptive._sklearn import Interval

from ._base import LogLinkLoss, Loss


class SquaredError(Loss):
    r"""Half the squared error, :math:`(f - y)^2 / 2`; minimized by the mean. The string is "squared_error"."""

    kernel = "squared_error"
    is_half_squared = True

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return half the squared error; see `Loss.value`."""
        return (raw - y) ** 2 / 2

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the residual; see `Loss.gradient`."""
        return raw - y


class AbsoluteError(Loss):
    r"""The absolute error, :math:`|f - y|`; minimized by the median. The string is "absolute_error"."""

    kernel = "absolute_error"

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the absolute error; see `Loss.value`."""
        return np.abs(raw - y)

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the residual's sign; see `Loss.gradient`."""
        return np.sign(raw - y)


class Huber(Loss):
    r"""Half the squared error near zero, linear beyond: insensitive to outliers. The string is "huber".

    .. math::
        \begin{cases} r^2 / 2 & |r| \le \delta \\ \delta (|r| - \delta / 2) & |r| > \delta \end{cases},
        \qquad r = f - y

    Parameters
    ----------
    delta : float, default=1.0
        Residual above which the loss is linear, in standard deviations of y; above 0.

    References
    ----------
    Huber, P. J., "Robust estimation of a location parameter", Annals of Mathematical Statistics 35 (1964), 73-101.

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

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the loss; see `Loss.value`."""
        clipped = self.gradient(raw, y)
        return clipped * (raw - y - clipped / 2)

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the residual clipped at delta; see `Loss.gradient`."""
        return np.clip(raw - y, -self.delta, self.delta)


class Quantile(Loss):
    r"""The pinball loss; minimized by a quantile. The string is "quantile", the median.

    .. math:: \max(q (y - f), (q - 1) (y - f))

    With ``max_iter="auto"`` and at least 300 rows, a fifth of the rows (at most 2000) is not trained on. The
    predictions are shifted by a constant, so that the share q of these rows lies below: a network is too sure of the
    rows that it was trained on.

    Parameters
    ----------
    quantile : float, default=0.5
        The quantile q to predict, in (0, 1).

    References
    ----------
    Koenker, R. and Bassett, G., "Regression quantiles", Econometrica 46 (1978), 33-50.

    Romano, Y., Patterson, E. and Candes, E., "Conformalized quantile regression", NeurIPS 2019, arXiv:1905.03222:
    the shift by rows that were not trained on.

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
    def share_below(self) -> float:
        """The quantile."""
        return float(self.quantile)

    @property
    def constant(self) -> float:
        """The quantile."""
        return float(self.quantile)

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the pinball loss; see `Loss.value`."""
        return np.maximum(self.quantile * (y - raw), (self.quantile - 1) * (y - raw))

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return -q below y, 1 - q above it and 0 at it; see `Loss.gradient`."""
        return ((raw > y) * (1 - self.quantile) - (raw < y) * self.quantile + 0 * (raw - y)).astype(raw.dtype)


class Poisson(LogLinkLoss):
    r"""The negative Poisson log-likelihood, :math:`e^f - y f`; y >= 0, predicts :math:`e^f`.

    Terms that depend only on y are omitted. The string is "poisson".
    """

    kernel = "poisson"

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the loss; see `Loss.value`."""
        return np.exp(raw) - y * raw

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the prediction minus y; see `Loss.gradient`."""
        return np.exp(raw) - y


class Gamma(LogLinkLoss):
    r"""Half the gamma deviance without terms that depend only on y, :math:`y e^{-f} + f`; y > 0, predicts :math:`e^f`.

    For positive amounts whose spread grows with their mean, such as costs of claims. The string is "gamma".
    """

    kernel = "gamma"
    y_min_included = False

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the loss; see `Loss.value`."""
        return y * np.exp(-raw) + raw

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return 1 - y / prediction; see `Loss.gradient`."""
        return 1 - y * np.exp(-raw)


class Tweedie(LogLinkLoss):
    r"""Half the Tweedie deviance; y >= 0, predicts :math:`e^f`. The string is "tweedie".

    .. math:: \frac{e^{(2 - p) f}}{2 - p} - y \frac{e^{(1 - p) f}}{1 - p}

    Terms that depend only on y are omitted.
    For amounts that are often exactly zero, such as costs per insured year: a Poisson number of gamma amounts.

    Parameters
    ----------
    power : float, default=1.5
        The power p of the mean that the variance is proportional to, in (1, 2): near 1 it resembles Poisson, near
        2 gamma.

    References
    ----------
    Jorgensen, B., "Exponential dispersion models", Journal of the Royal Statistical Society B 49 (1987), 127-162.

    Examples
    --------
    >>> from sk_adaptive import AdaptiveMLPRegressor
    >>> from sk_adaptive.losses import Tweedie
    >>> AdaptiveMLPRegressor(loss=Tweedie(power=1.3)).get_params()["loss__power"]
    1.3
    """

    kernel = "tweedie"
    _parameter_constraints: ClassVar[dict] = {"power": [Interval(Real, 1, 2, closed="neither")]}

    def __init__(self, power: float = 1.5) -> None:
        self.power = power

    @property
    def constant(self) -> float:
        """The power."""
        return float(self.power)

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the loss; see `Loss.value`."""
        up, down = self._terms(raw, y)
        return up / (2 - self.power) + down / (self.power - 1)

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the derivative; see `Loss.gradient`."""
        up, down = self._terms(raw, y)
        return up - down

    def _terms(self, raw: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        down = np.exp((1 - self.power) * raw)
        return np.exp((2 - self.power) * raw), np.where(y == 0, 0, y * down)


LOSSES: dict[str, type[Loss]] = {
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
    "huber": Huber,
    "quantile": Quantile,
    "poisson": Poisson,
    "gamma": Gamma,
    "tweedie": Tweedie,
}
