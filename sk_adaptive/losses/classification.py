"""Losses of the classifier: cross-entropy for one label or several labels per row."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np
from scipy.special import expit, log_softmax, softmax

from sk_adaptive._sklearn import Interval

from ._base import Loss


class SmoothedLoss(Loss):
    """Base class of the cross-entropies.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Part of each target, in [0, 1), that is spread evenly over all classes.
    """

    _parameter_constraints: ClassVar[dict] = {"label_smoothing": [Interval(Real, 0, 1, closed="left")]}

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = label_smoothing

    @property
    def constant(self) -> float:
        """The label smoothing."""
        return float(self.label_smoothing)

    @property
    def log_loss(self) -> SmoothedLoss:
        """The same without smoothing, which probabilities are judged by."""
        return type(self)()


class CrossEntropy(SmoothedLoss):
    """The cross-entropy of three or more classes; y contains class indices, (n_rows, 1).

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Part of each target, in [0, 1), that is spread evenly over all classes.
    """

    kernel: ClassVar[str] = "cross_entropy"
    out_activation: ClassVar[str] = "softmax"

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the term of each class in the cross-entropy; see `Loss.value`."""
        return -self._smoothed(raw, y) * log_softmax(raw, axis=1)

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the probabilities minus the smoothed labels; see `Loss.gradient`."""
        return self.inverse_link(raw) - self._smoothed(raw, y)

    def inverse_link(self, raw: np.ndarray) -> np.ndarray:
        """Return the softmax over the last axis; see `Loss.inverse_link`."""
        return softmax(raw, axis=-1)

    def _smoothed(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        n_classes = raw.shape[1]
        labels = np.eye(n_classes, dtype=raw.dtype)[y[:, 0].astype(np.intp)]
        return (1 - self.label_smoothing) * labels + self.label_smoothing / n_classes


class BinaryCrossEntropy(SmoothedLoss):
    """The cross-entropy of two classes, or of each of several labels; y contains 0 and 1.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Part of each target, in [0, 1), that is spread evenly over both classes.
    """

    kernel: ClassVar[str] = "binary_cross_entropy"
    out_activation: ClassVar[str] = "logistic"

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return each label's cross-entropy; see `Loss.value`."""
        return np.logaddexp(0, raw) - self._smoothed(y) * raw

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the probabilities minus the smoothed labels; see `Loss.gradient`."""
        return expit(raw) - self._smoothed(y)

    def inverse_link(self, raw: np.ndarray) -> np.ndarray:
        """Return the logistic function of the raw outputs; see `Loss.inverse_link`."""
        return expit(raw)

    def _smoothed(self, y: np.ndarray) -> np.ndarray:
        return y * (1 - self.label_smoothing) + self.label_smoothing / 2
