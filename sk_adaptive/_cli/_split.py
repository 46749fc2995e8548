"""Rows to train on and rows to test on, checked before training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

MIN_ROWS = 2  # of a part: R2 and a network need as many


@dataclass(frozen=True)
class Parts:
    """Rows to train on and to test on; without a test its parts are None.

    Parameters
    ----------
    X_train, y_train : DataFrame, ndarray
        The training rows.
    X_test, y_test : DataFrame, ndarray or None
        The test rows.
    """

    X_train: Any
    y_train: np.ndarray
    X_test: Any = None
    y_test: np.ndarray | None = None


def split(X: Any, y: np.ndarray, *, test: float, seed: int, classes: bool) -> Parts:
    """Return the parts; of each class alike, and a class of one row stays in training.

    Raises
    ------
    ValueError
        If there are too few rows, or only one class.
    """
    from sklearn.model_selection import train_test_split

    if classes and len(np.unique(y)) < 2:
        raise ValueError(f"the target has only one class, {y[0]!r}: there is nothing to learn")
    if len(y) < MIN_ROWS:
        raise ValueError(f"there are too few rows to train on: {len(y)}")
    if test == 0:
        return Parts(X, y)
    may_be_tested = _in_classes_of_two(y) if classes else np.ones(len(y), dtype=bool)
    rows = np.flatnonzero(may_be_tested)
    n_test = int(np.ceil(test * len(rows)))
    n_classes = len(np.unique(y[rows])) if classes else 0
    least = max(n_classes, MIN_ROWS)
    if not least <= n_test <= len(rows) - least:
        what = f"of {n_classes} classes" if classes else "of numbers"
        raise ValueError(f"{len(rows)} rows are too few for a test {what} with --test {test:g}: see --test 0")
    train, tested = train_test_split(rows, test_size=n_test, random_state=seed, stratify=y[rows] if classes else None)
    train = np.concatenate([train, np.flatnonzero(~may_be_tested)])
    return Parts(X.iloc[train], y[train], X.iloc[tested], y[tested])


def _in_classes_of_two(y: np.ndarray) -> np.ndarray:
    """Return which rows are of a class of two rows or more; print the classes of one."""
    classes, inverse, counts = np.unique(y, return_inverse=True, return_counts=True)
    for single in classes[counts == 1]:
        print(f"note: class {str(single)!r} has one row, which is trained on and not tested")
    return counts[inverse] > 1
