"""Rows from the user to the core: validated, weighted, split."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import column_or_1d, compute_sample_weight
from sklearn.utils.validation import _check_sample_weight, validate_data

DTYPES = (np.float64, np.float32)  # the first is what other dtypes become
FEWEST_VALIDATION_ROWS = 10
VALUES_AT_A_TIME = 2**18  # what is computed of them stays in the cache


@dataclass(frozen=True)
class Rows:
    """Validated rows, y still as the user gave it; rows of zero weight are gone."""

    X: Any  # C-contiguous ndarray or CSR
    y: np.ndarray
    weights: np.ndarray | None

    @property
    def weight(self) -> float:
        """Total weight."""
        return float(self.X.shape[0] if self.weights is None else self.weights.sum(dtype=np.float64))

    def take(self, index: np.ndarray) -> Rows:
        """Return some of the rows."""
        return Rows(self.X[index], self.y[index], None if self.weights is None else self.weights[index])

    def astype(self, dtype: np.dtype) -> Rows:
        """Return the rows in the dtype of a network."""
        weights = None if self.weights is None else self.weights.astype(dtype, copy=False)
        return Rows(self.X.astype(dtype, copy=False), self.y, weights)

    def times(self, weights: np.ndarray) -> Rows:
        """Return the rows with their weights multiplied, and without those whose weight is then zero.

        Raises
        ------
        ValueError
            If all weights are zero.
        """
        weights = weights if self.weights is None else weights * self.weights
        if not weights.any():
            raise ValueError("sample_weight: all weights are zero, at least one must be positive")
        rows = Rows(self.X, self.y, weights)
        return rows if weights.all() else rows.take(np.flatnonzero(weights))


def check_X(estimator: BaseEstimator, X: Any) -> Any:
    """Return X as a C-contiguous array or CSR matrix in the dtype of a fitted network."""
    if not _is_ready(estimator, X):
        X = _canonical(validate_data(estimator, X, accept_sparse="csr", dtype=DTYPES, order="C", reset=False))
    return X.astype(estimator.theta_.dtype, copy=False)


def check_rows(estimator: BaseEstimator, X: Any, y: Any, sample_weight: Any, *, reset: bool, numeric: bool) -> Rows:
    """Return validated training rows.

    Raises
    ------
    ValueError
        If shapes differ, values are not finite, or weights are negative or all zero.
    """
    X, y = validate_data(
        estimator,
        X,
        y,
        accept_sparse="csr",
        dtype=DTYPES,
        order="C",
        multi_output=True,
        y_numeric=numeric,
        reset=reset,
    )
    y = y.toarray() if sp.issparse(y) else np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    rows = Rows(_canonical(X), y, None)
    if sample_weight is None:
        return rows
    return rows.times(_check_sample_weight(sample_weight, X, dtype=X.dtype, ensure_non_negative=True))


def class_weights(class_weight: Mapping | Sequence[Mapping] | str, rows: Rows) -> np.ndarray:
    """Return what each row's weight is to be multiplied with.

    Parameters
    ----------
    class_weight : dict, list of dict or "balanced"
        As the classifier takes it.
    rows : Rows
        The rows; "balanced" gives each class the same total weight, the rows' own weights considered, which
        scikit-learn's does not.

    Returns
    -------
    ndarray of shape (n_rows,)
        The factors.
    """
    if class_weight != "balanced" or rows.y.ndim > 1:
        return compute_sample_weight(class_weight, rows.y)
    classes, index = np.unique(rows.y, return_inverse=True)
    totals = np.bincount(index, rows.weights)
    return (totals.sum() / (len(classes) * totals))[index]


def input_limits(rows: Rows, times: float) -> np.ndarray:
    """Return the largest magnitude that each column is let through with.

    Parameters
    ----------
    rows : Rows
        The rows to train on.
    times : float
        How many times the weighted root mean square of the column's non-zero values; zeros say nothing of a sparse
        column's scale.

    Returns
    -------
    ndarray of shape (n_features,), dtype float64
        The limits; 0 for a column of zeros, or of values whose squares are.
    """
    X = rows.X
    largest = np.maximum(_dense(X.max(axis=0)), -_dense(X.min(axis=0))).astype(np.float64)
    weights = np.ones(X.shape[0]) if rows.weights is None else rows.weights.astype(np.float64)
    # Squares of large numbers would overflow, and so would one over the smallest.
    scale = np.where(largest > np.finfo(np.float64).tiny, largest, 1)
    squares, total = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    at_a_time = X.shape[0] if sp.issparse(X) else max(1, VALUES_AT_A_TIME // X.shape[1])
    for first in range(0, X.shape[0], at_a_time):
        some = slice(first, first + at_a_time)
        part, w = X[some], weights[some]
        squares += w @ (part.multiply(1 / scale).power(2) if sp.issparse(part) else (part / scale) ** 2)
        total += w @ (part != 0)
    size = scale * np.sqrt(np.divide(squares, total, out=np.zeros_like(squares), where=total > 0))
    with np.errstate(over="ignore"):
        return np.minimum(times * size, np.finfo(X.dtype).max)


def _dense(X: Any) -> np.ndarray:
    return X.toarray().ravel() if sp.issparse(X) else X


def split(rows: Rows, fraction: float, stratify: bool, random: np.random.RandomState) -> tuple[Rows, Rows | None]:
    """Set rows aside for validation; none when they would be too few to tell anything.

    Warns
    -----
    RuntimeWarning
        If fewer than 10 rows would be set aside.

    Raises
    ------
    ValueError
        If a class has a single row, so that the split cannot be stratified.
    """
    n_rows = rows.X.shape[0]
    if n_rows * fraction < FEWEST_VALIDATION_ROWS:
        warnings.warn(
            f"early_stopping: validation_fraction={fraction} of {n_rows} rows is fewer than "
            f"{FEWEST_VALIDATION_ROWS}; none are set aside.",
            RuntimeWarning,
            stacklevel=4,
        )
        return rows, None
    train, held_out = train_test_split(
        np.arange(n_rows),
        test_size=fraction,
        random_state=random,
        stratify=rows.y if stratify else None,
    )
    return rows.take(np.sort(train)), rows.take(np.sort(held_out))


def _is_ready(estimator: BaseEstimator, X: Any) -> bool:
    """Whether validation would return X itself: it takes longer than the network does for a row."""
    return (
        type(X) is np.ndarray
        and X.dtype in DTYPES
        and X.ndim == 2
        and len(X) > 0
        and X.shape[1] == estimator.n_features_in_
        and X.flags.c_contiguous
        and not hasattr(estimator, "feature_names_in_")
        and bool(np.isfinite(X).all())
    )


def _canonical(X: Any) -> Any:
    if not sp.issparse(X):
        return np.ascontiguousarray(X)
    if X.shape[1] > np.iinfo(np.int32).max:
        raise ValueError(f"sparse X has {X.shape[1]} columns, at most 2^31 - 1 are supported")
    if not X.has_canonical_format:
        X = X.copy()  # the user's own stays as it is
        X.sum_duplicates()
    return X
