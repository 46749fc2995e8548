"""Base classes of losses."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator


class Loss(BaseEstimator):
    """Base class of losses, built-in or your own.

    A subclass writes `value` and `gradient` with NumPy. That is enough to train in every solver, to be cloned, pickled
    and searched. :func:`~sk_adaptive.losses.check_loss` verifies it. A loss whose prediction is not the network's raw
    output overrides `inverse_link` and `scaling` as well, or derives from :class:`~sk_adaptive.losses.LogLinkLoss`.

    Attributes
    ----------
    out_activation : str
        On the class: the name of the inverse link; fitted estimators show it as `out_activation_`.
    y_min : float
        On the class: the smallest value of y that is allowed, by default minus infinity.
    y_min_included : bool
        On the class: whether `y_min` itself is allowed, by default True.
    """

    kernel: ClassVar[str | None] = None  # name of the compiled loss; None: the core calls the NumPy methods
    out_activation: ClassVar[str] = "identity"
    is_half_squared: ClassVar[bool] = False  # whether `value` is (raw - y)^2 / 2, whose residual a solver can use
    y_min: ClassVar[float] = -np.inf
    y_min_included: ClassVar[bool] = True
    _parameter_constraints: ClassVar[dict] = {}

    @property
    def constant(self) -> float:
        """The number that the compiled loss gets."""
        return 0.0

    @property
    def share_below(self) -> float | None:
        """The share of rows whose y is to lie below the prediction, in (0, 1); None where the loss promises none.

        Such a loss keeps the rows that a fit holds back for the noise rule out of training to its end. The raw outputs
        are then moved by a constant, so that this share of these rows lies below.
        """
        return None

    @property
    def log_loss(self) -> Loss | None:
        """The log-loss that a temperature of the outputs is to lower; None where outputs are no logits."""
        return None

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the loss of each output.

        Parameters
        ----------
        raw : ndarray of shape (n_rows, n_outputs)
            Raw outputs of the network, float32 or float64.
        y : ndarray of shape (n_rows, n_outputs)
            Targets after `scaling`, of the dtype of `raw`.

        Returns
        -------
        ndarray of shape (n_rows, n_outputs)
            The losses; the loss of a row is the sum over its outputs.
        """
        raise TypeError(f"{type(self).__name__} must define value(raw, y)")

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the derivative of a row's loss with respect to each raw output.

        Parameters
        ----------
        raw : ndarray of shape (n_rows, n_outputs)
            Raw outputs of the network.
        y : ndarray of shape (n_rows, n_outputs)
            Targets after `scaling`.

        Returns
        -------
        ndarray of shape (n_rows, n_outputs)
            The derivatives, of the dtype of `raw`.
        """
        raise TypeError(f"{type(self).__name__} must define gradient(raw, y)")

    def inverse_link(self, raw: np.ndarray) -> np.ndarray:
        """Return the predictions for raw outputs, in the units of the scaled y.

        Parameters
        ----------
        raw : ndarray
            Raw outputs, of any shape.

        Returns
        -------
        ndarray
            The predictions, of the same shape.
        """
        return raw

    def scaling(self, mean: np.ndarray, deviation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the shift and scale of y in training: targets are (y - shift) / scale.

        Parameters
        ----------
        mean : ndarray of shape (n_outputs,)
            Weighted mean of y.
        deviation : ndarray of shape (n_outputs,)
            Weighted standard deviation of y, 1 where y is constant.

        Returns
        -------
        shift : ndarray of shape (n_outputs,)
            By default the mean.
        scale : ndarray of shape (n_outputs,)
            By default the deviation.
        """
        return mean, deviation

    def change_of_scaling(
        self, old: tuple[np.ndarray, np.ndarray], new: tuple[np.ndarray, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the change of raw outputs that keeps predictions the same after a change of the scaling of y.

        Parameters
        ----------
        old, new : tuple of two ndarray of shape (n_outputs,)
            Shift and scale before and after.

        Returns
        -------
        factor : ndarray of shape (n_outputs,)
            Multiplies the raw outputs.
        offset : ndarray of shape (n_outputs,)
            Is then added.
        """
        (old_shift, old_scale), (new_shift, new_scale) = old, new
        return old_scale / new_scale, (old_shift - new_shift) / new_scale

    def check_y(self, y: np.ndarray) -> None:
        """Raise an error if y has values for which the loss is not defined.

        Parameters
        ----------
        y : ndarray
            Targets as the user gave them.

        Raises
        ------
        ValueError
            If y has values below `y_min`, or equal to it if it is not included.
        """
        if np.isneginf(self.y_min):
            return
        if (y < self.y_min).any() if self.y_min_included else (y <= self.y_min).any():
            sign = ">=" if self.y_min_included else ">"
            raise ValueError(f"loss {self!r} needs y {sign} {self.y_min:g}, got {y.min():g}")


class LogLinkLoss(Loss):
    """Base class of losses whose raw output is the logarithm of the prediction, for y >= 0.

    Targets are y divided by its mean, so that a network whose outputs are zero predicts the mean.
    """

    out_activation = "exp"
    y_min = 0.0

    def inverse_link(self, raw: np.ndarray) -> np.ndarray:
        """Return the exponential of the raw outputs; see `Loss.inverse_link`."""
        return np.exp(raw)

    def scaling(self, mean: np.ndarray, deviation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return a shift of 0 and the mean as the scale; see `Loss.scaling`.

        Raises
        ------
        ValueError
            If the mean of an output is 0.
        """
        if (mean == 0).any():
            raise ValueError(f"loss {self!r} needs some positive values of y in each output")
        return np.zeros_like(mean), mean

    def change_of_scaling(
        self, old: tuple[np.ndarray, np.ndarray], new: tuple[np.ndarray, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return a factor of 1 and the logarithm of the scales' ratio; see `Loss.change_of_scaling`."""
        return np.ones_like(old[1]), np.log(old[1] / new[1])
