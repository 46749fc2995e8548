"""What the parts together say of y: its classes with their weights, or its mean and deviation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sk_adaptive import losses
from sk_adaptive._data.moments import Moments
from sk_adaptive._data.rows import Rows
from sk_adaptive._data.targets import ClassTargets, NumberTargets


@dataclass(frozen=True)
class Labels:
    """Different labels, or rows of an indicator matrix, and the weight of each."""

    labels: np.ndarray
    weights: np.ndarray

    @staticmethod
    def of(y: np.ndarray, weights: np.ndarray) -> Labels:
        """Return the labels of some rows.

        Raises
        ------
        ValueError
            If y does not hold classes.
        """
        ClassTargets.from_y(y)
        labels, numbers = np.unique(y, return_inverse=True, axis=0 if y.ndim == 2 else None)
        return Labels(labels, np.bincount(numbers.ravel(), weights, minlength=len(labels)))

    def merged(self, other: Labels) -> Labels:
        """Return the labels of both sets of rows.

        Raises
        ------
        ValueError
            If they are of different kinds.
        """
        if self._form != other._form:
            raise ValueError("y has labels of one kind in one part and of another kind in another")
        both = [np.concatenate(pair) for pair in ((self.labels, other.labels), (self.weights, other.weights))]
        return Labels.of(*both)

    @property
    def _form(self) -> tuple:
        return (self.labels.dtype.kind in "OUST", *self.labels.shape[1:])

    def example(self) -> np.ndarray:
        """Return a y of all labels."""
        return self.labels

    def rows(self) -> Rows:
        """Return rows without columns, one a label, that weigh as much as all rows of it."""
        return Rows(np.empty((len(self.labels), 0)), self.labels, self.weights)

    def targets(self, estimator: Any, count: float) -> ClassTargets:
        """Return the targets that an estimator makes of the labels."""
        targets: ClassTargets = estimator._make_targets(self.rows())
        return targets


@dataclass(frozen=True)
class Numbers:
    """Mean and deviation of y."""

    moments: Moments
    one_dimensional: bool

    @staticmethod
    def of(y: np.ndarray, weights: np.ndarray) -> Numbers:
        """Return the moments of some rows."""
        return Numbers(Moments.from_rows(y.reshape(len(y), -1), weights), y.ndim == 1)

    def merged(self, other: Numbers) -> Numbers:
        """Return the moments of both sets of rows.

        Raises
        ------
        ValueError
            If they have different numbers of outputs.
        """
        if self.one_dimensional != other.one_dimensional or len(self.moments.mean) != len(other.moments.mean):
            raise ValueError("y has one number of outputs in one part and another number in another")
        return Numbers(self.moments.merged(other.moments), self.one_dimensional)

    def example(self) -> np.ndarray:
        """Return a y of one row, of as many outputs."""
        mean: np.ndarray = self.moments.mean if self.one_dimensional else self.moments.mean[None]
        return mean

    def targets(self, estimator: Any, count: float) -> NumberTargets:
        """Return the targets that an estimator's loss makes of them."""
        moments = self.moments
        return NumberTargets.from_moments(
            moments.mean, moments.deviation, count, losses.resolve(estimator.loss), self.one_dimensional
        )
