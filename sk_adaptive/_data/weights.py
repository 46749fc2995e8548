"""Weights of rows: those that the user gives, and those of their classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from .targets import ClassTargets


def checked_weights(given: Any, n_rows: int, name: str) -> np.ndarray:
    """Return the weights of rows.

    Parameters
    ----------
    given : float or array-like of shape (n_rows,)
        The weights; a number is every row's.
    n_rows : int
        Number of rows.
    name : str
        The parameter's name, for messages.

    Returns
    -------
    ndarray of shape (n_rows,), dtype float64
        The weights.

    Raises
    ------
    ValueError
        If they are not `n_rows` finite numbers >= 0, or are all zero.
    """
    try:
        weights = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers: {error}") from error
    if weights.ndim == 0:
        weights = np.full(n_rows, weights)
    if weights.shape != (n_rows,):
        raise ValueError(f"{name} has shape {weights.shape}, expected ({n_rows},): one weight per row")
    if not np.isfinite(weights).all():
        raise ValueError(f"{name} contains NaN or infinity")
    if (weights < 0).any():
        raise ValueError(f"Negative values in data passed to `{name}`: weights must be >= 0")
    if not weights.any():
        raise ValueError(f"{name}: all weights are zero, at least one must be positive")
    return weights


@dataclass(frozen=True)
class ClassWeights:
    """What each class multiplies the weight of its rows with."""

    targets: ClassTargets
    by_class: tuple[np.ndarray, ...]  # per label of an indicator matrix, otherwise one: a factor per class

    @staticmethod
    def from_rows(
        class_weight: Mapping | Sequence[Mapping] | str, targets: ClassTargets, y: np.ndarray, weights: np.ndarray
    ) -> ClassWeights:
        """Return the weights that the classifier's `class_weight` stands for.

        Parameters
        ----------
        class_weight : dict, list of dict or "balanced"
            As the classifier takes it.
        targets : ClassTargets
            The classes.
        y : ndarray of shape (n_rows,) or (n_rows, n_labels)
            Labels of the training rows; "balanced" gives each class that they have the same total weight.
        weights : ndarray of shape (n_rows,)
            Weights of the training rows.

        Returns
        -------
        ClassWeights
            The weights.

        Raises
        ------
        ValueError
            If a weight is not a finite number >= 0, or is for a class that does not exist.
        """
        numbers = targets.class_numbers(y)
        labels = [np.array([0, 1])] * numbers.shape[1] if targets.multilabel else [targets.classes]
        if isinstance(class_weight, str):
            columns = zip(numbers.T, labels, strict=True)
            return ClassWeights(targets, tuple(_balanced(column, len(each), weights) for column, each in columns))
        given = [class_weight] if isinstance(class_weight, Mapping) else list(class_weight)
        if targets.multilabel and isinstance(class_weight, Mapping):
            raise ValueError("class_weight must be a list of one dict per label, or 'balanced', for several labels")
        if len(given) != len(labels):
            raise ValueError(f"class_weight has {len(given)} dicts for {len(labels)} outputs")
        return ClassWeights(targets, tuple(_listed(one, each) for one, each in zip(given, labels, strict=True)))

    def factors(self, y: np.ndarray) -> np.ndarray:
        """Return each row's factor: of an indicator matrix the product over its labels, (n_rows,)."""
        columns = zip(self.by_class, self.targets.class_numbers(y).T, strict=True)
        return np.prod([weights[numbers] for weights, numbers in columns], axis=0)


def _balanced(numbers: np.ndarray, n_classes: int, weights: np.ndarray) -> np.ndarray:
    totals = np.bincount(numbers, weights, minlength=n_classes)
    present = totals > 0
    return np.divide(totals.sum() / present.sum(), totals, out=np.ones(n_classes), where=present)


def _listed(class_weight: Mapping, classes: np.ndarray) -> np.ndarray:
    for label, weight in class_weight.items():
        if not isinstance(weight, Real) or not 0 <= float(weight) < np.inf:
            raise ValueError(f"class_weight: the weight of class {label!r} must be a number >= 0, got {weight!r}")
    known = classes.tolist()
    unknown = [label for label in class_weight if label not in known]
    if unknown:
        raise ValueError(f"class_weight has classes that y does not have: {unknown}. The classes are {known}")
    return np.array([class_weight.get(label, 1.0) for label in known], dtype=np.float64)
