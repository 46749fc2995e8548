"""Rows of a table: validated, weighted, split."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import column_or_1d
from sklearn.utils.validation import _check_sample_weight, validate_data

DTYPES = (np.float64, np.float32)  # the first is what other dtypes become
FEWEST_VALIDATION_ROWS = 10


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
        _check_indices("X", X)
        X = _canonical(validate_data(estimator, X, accept_sparse="csr", dtype=DTYPES, order="C", reset=False))
    return X.astype(estimator.theta_.dtype, copy=False)


def check_rows(estimator: BaseEstimator, X: Any, y: Any, sample_weight: Any, *, reset: bool, numeric: bool) -> Rows:
    """Return validated training rows.

    Raises
    ------
    ValueError
        If shapes differ, values are not finite, weights are negative or all zero, or a sparse matrix is corrupt.
    """
    _check_indices("X", X)
    _check_indices("y", y)
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


def _check_indices(name: str, matrix: Any) -> None:
    """Refuse a sparse matrix whose indices point outside of it: SciPy and the core go by them unchecked."""
    if not (sp.issparse(matrix) and matrix.format in ("csr", "csc", "bsr")):
        return
    height, width = matrix.blocksize if matrix.format == "bsr" else (1, 1)
    shape = matrix.shape[0] // height, matrix.shape[1] // width
    n_stretches, n_places = shape[::-1] if matrix.format == "csc" else shape
    starts, indices = matrix.indptr, matrix.indices
    n_entries = min(len(indices), len(matrix.data))
    if len(starts) != n_stretches + 1 or starts[0] != 0 or (starts[1:] < starts[:-1]).any() or starts[-1] > n_entries:
        raise ValueError(f"sparse {name} is corrupt: indptr must rise from 0 to at most {n_entries}")
    if n_entries and (indices.min() < 0 or indices.max() >= n_places):
        raise ValueError(
            f"sparse {name} is corrupt: indices must be in [0, {n_places}), got {indices.min()} to {indices.max()}"
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
