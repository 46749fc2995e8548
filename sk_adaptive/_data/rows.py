"""Rows of a table: validated, weighted, split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_array, check_X_y, column_or_1d
from sklearn.utils.validation import validate_data

from sk_adaptive._warnings import warn

from .columns import Columns
from .inputs import Inputs
from .moments import Moments
from .pieces import Pieces, quantile_pieces
from .sampling import evenly_spaced_numbers
from .values import is_objects, is_table
from .weights import checked_weights

DTYPES = (np.float64, np.float32)  # the first is what other dtypes become
MIN_VALIDATION_ROWS = 10

_FORM: dict[str, Any] = {"accept_sparse": "csr", "dtype": DTYPES, "order": "C", "ensure_all_finite": False}


@dataclass(frozen=True)
class Rows:
    """Validated rows, y still as the user gave it; rows of zero weight are gone."""

    X: Any  # C-contiguous ndarray or CSR
    y: np.ndarray
    sample_weight: np.ndarray | None  # the user's, float64
    factors: np.ndarray | None = None  # of the rows' classes, float64

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.X.shape[0])

    @property
    def count(self) -> float:
        """How many rows the rows count for: their total sample weight, or their number if that is more."""
        return max(self.n_rows, self.total_weight)

    @property
    def total_weight(self) -> float:
        """Total sample weight."""
        return self.n_rows if self.sample_weight is None else _sum(self.sample_weight)

    @property
    def weights(self) -> np.ndarray | None:
        """Sample weights times the factors of the classes, float64, near 1: only their ratios matter to a mean."""
        given = [each for each in (self.sample_weight, self.factors) if each is not None]
        return _near_one(np.prod([_near_one(each) for each in given], axis=0)) if given else None

    @property
    def counts(self) -> np.ndarray:
        """How many rows each row counts for, float64."""
        weights = self.weights
        return np.ones(self.n_rows) if weights is None else weights * (self.count / weights.sum())

    @property
    def moments(self) -> Moments:
        """Mean and deviation of the columns."""
        weights = self.weights
        return Moments.from_rows(self.X, np.ones(self.n_rows) if weights is None else weights).counted_as(self.count)

    def level_inputs(self, columns: Columns) -> dict[int, np.ndarray]:
        """Return the inputs of each category's levels; see `Columns.level_inputs`."""
        return columns.level_inputs(self.X, self.counts)

    def pieces(self, columns: np.ndarray, n_bins: int) -> Pieces:
        """Return the pieces of columns between their quantiles; see `quantile_pieces`."""
        return quantile_pieces(self.X, self.counts, columns, n_bins)

    def take(self, index: np.ndarray) -> Rows:
        """Return some of the rows."""
        some = (None if each is None else each[index] for each in (self.sample_weight, self.factors))
        return Rows(self.X[index], self.y[index], *some)

    def with_factors(self, factors: np.ndarray) -> Rows:
        """Return the rows weighted by their classes as well, without those of zero weight.

        Raises
        ------
        ValueError
            If all weights are zero.
        """
        if not factors.any():
            raise ValueError("class_weight: the weights of all rows are zero, at least one must be positive")
        return Rows(self.X, self.y, self.sample_weight, factors)._without(factors == 0)

    def _without(self, left_out: np.ndarray) -> Rows:
        return self.take(np.flatnonzero(~left_out)) if left_out.any() else self


def _near_one(weights: np.ndarray) -> np.ndarray:
    """Return weights divided by the power of two near their mean, which rounds nothing."""
    _, exponent = np.frexp(weights.max() * np.mean(weights / weights.max()))
    return np.ldexp(weights, -int(exponent))


def _sum(weights: np.ndarray) -> float:
    largest = float(weights.max())
    return float((weights / largest).sum()) * largest  # without overflow on the way


def check_X(estimator: BaseEstimator, X: Any) -> Any:
    """Return X as a C-contiguous array or CSR matrix of float32 or float64, levels as numbers.

    Raises
    ------
    ValueError
        If X is malformed, or has values that are infinite in the dtype of the fitted network.
    """
    names = getattr(estimator, "feature_names_in_", None)
    if not _is_ready(estimator, X):
        columns: Columns = estimator._columns
        X = _received(X)
        if columns.must_read(X):
            X = _named(estimator, X, reset=False)
            X = check_array(columns.matrix(X), **_FORM)
        else:
            X = validate_data(estimator, X, reset=False, **_FORM)
            X = X.toarray() if sp.issparse(X) and estimator._plan.inputs.n_pieces else X
        X = _canonical(X)
        _refuse_infinite(X, names)
    refuse_too_large(X, estimator._plan.inputs, estimator.theta_.dtype, names)
    return X


def check_rows(
    estimator: BaseEstimator,
    X: Any,
    y: Any,
    sample_weight: Any,
    *,
    columns: Columns | None,
    numeric: bool,
    name: str = "sample_weight",
    new_levels: bool = False,
    check_text: bool = True,
) -> tuple[Rows, Columns]:
    """Return validated training rows and what their columns are.

    Parameters
    ----------
    estimator : estimator
        What is fitted.
    X, y, sample_weight : array-like
        What it is given.
    columns : Columns or None
        What the columns are; None finds it out.
    numeric : bool
        Whether y holds numbers.
    name : str, default="sample_weight"
        What messages call the weights.
    new_levels : bool, default=False
        Whether levels that `columns` does not know are added to it.
    check_text : bool, default=True
        Whether to refuse text that is hardly meant as categories, where `columns` is None.

    Raises
    ------
    ValueError
        If shapes differ, values are infinite, weights are negative or all zero, a sparse matrix is corrupt, or a column
        is neither numbers nor categories.
    """
    X = _received(X)
    _check_sparse("y", y)
    reset = columns is None
    asked = estimator.categorical_features, estimator.min_frequency
    if is_table(X) or is_objects(X) or not _is_automatic(asked[0]) or (columns is not None and columns.categories):
        X = _named(estimator, X, reset=reset)
        if columns is None:
            columns = Columns.from_table(X, *asked, check_text=check_text)
        elif new_levels:
            columns.check_unchanged(X, *asked)
            columns = columns.with_levels_of(X)
    if columns is not None and columns.must_read(X):
        X, y = check_X_y(columns.matrix(X), y, multi_output=True, y_numeric=numeric, estimator=estimator, **_FORM)
    else:
        X, y = validate_data(estimator, X, y, multi_output=True, y_numeric=numeric, reset=reset, **_FORM)
        columns = columns or Columns.plain(X.shape[1])
    y = y.toarray() if sp.issparse(y) else np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    X = _canonical(X)
    _refuse_infinite(X, getattr(estimator, "feature_names_in_", None))
    if sample_weight is None:
        return Rows(X, y, None), columns
    weights = checked_weights(sample_weight, X.shape[0], name)
    return Rows(X, y, weights)._without(weights == 0), columns


def _is_automatic(categorical_features: Any) -> bool:
    return categorical_features is None or isinstance(categorical_features, str)


def _received(X: Any) -> Any:
    """Return X, masked numbers as NaN; refuse what NumPy would read as other numbers."""
    _check_sparse("X", X)
    if is_table(X) and X.shape[1] == 0:
        raise ValueError(f"Found array with 0 feature(s) (shape={X.shape}) while a minimum of 1 is required.")
    if getattr(getattr(X, "dtype", None), "names", None):
        raise ValueError("X is a structured array, whose columns have types of their own: give pandas.DataFrame(X)")
    if isinstance(X, np.ma.MaskedArray) and X.dtype.kind in "biuf":
        return np.ma.filled(X.astype(np.float32 if X.dtype == np.float32 else np.float64), np.nan)
    return X


def _named(estimator: BaseEstimator, X: Any, *, reset: bool) -> Any:
    """Check names and number of columns; return X, a list as an array of objects."""
    X = X if hasattr(X, "shape") else np.array(X, dtype=object)
    if len(X.shape) != 2 or X.shape[0] == 0:
        check_array(X, dtype=None)  # says what is wrong
    return validate_data(estimator, X, reset=reset, skip_check_array=True)


def _refuse_infinite(X: Any, names: np.ndarray | None) -> None:
    column = _infinite_column(X)
    if column is not None:
        raise ValueError(
            f"Input X contains infinity or a value too large for {X.dtype!r}: column {_name(names, column)}"
        )


def _infinite_column(X: Any) -> int | None:
    """Return the first column that has an infinite value."""
    stored = X.data if sp.issparse(X) else X
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(stored.sum(dtype=np.float64)):  # a finite sum has no infinite term; one pass, no array
            return None
    infinite = np.isinf(stored)
    columns = X.indices[infinite] if sp.issparse(X) else np.flatnonzero(infinite.any(axis=0))
    return int(columns.min()) if len(columns) else None


def _name(names: np.ndarray | None, column: int) -> str:
    return str(column) if names is None else repr(names[column])


def refuse_too_large(X: Any, inputs: Inputs, dtype: np.dtype, names: np.ndarray | None) -> None:
    """Refuse numbers that are infinite in the dtype of a network once they are standardised.

    Raises
    ------
    ValueError
        If there is one; the message names the column.
    """
    if X.dtype == dtype or dtype != np.float32 or np.isfinite(inputs.upper).all():
        return
    with np.errstate(over="ignore", invalid="ignore"):
        ends = (np.stack(_extremes(X))[:, inputs.columns] - inputs.centre) * inputs.factor
    ends = np.clip(ends, inputs.lower, inputs.upper)
    too_large = (np.abs(ends) > np.finfo(dtype).max).any(axis=0)
    if too_large.any():
        column = int(inputs.columns[np.argmax(too_large)])
        raise ValueError(
            f"X contains a value too large for {dtype}, in which the network computes: column {_name(names, column)}"
        )


def _extremes(X: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest value of each column, missing ones aside; of a sparse one also 0."""
    if not sp.issparse(X):
        return np.fmin.reduce(X), np.fmax.reduce(X)
    low, high = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    np.fmin.at(low, X.indices, X.data)
    np.fmax.at(high, X.indices, X.data)
    return low, high


def evenly_spaced(X: Any, n_rows: int) -> Any:
    """Return `n_rows` rows of X that lie evenly among all, or X if there are no more."""
    if X.shape[0] <= n_rows:
        return X
    return X[evenly_spaced_numbers(X.shape[0], n_rows)]


def split(rows: Rows, fraction: float, classes: np.ndarray | None, random: np.random.RandomState) -> tuple[Rows, Any]:
    """Set rows aside for validation; none where they would be too few to tell anything.

    Parameters
    ----------
    rows : Rows
        All rows.
    fraction : float
        Part to set aside, in (0, 1).
    classes : ndarray of shape (n_rows,) or None
        What to stratify by. A class of one row stays in training, and where there are fewer rows to set aside than
        classes they are drawn without regard to classes.
    random : RandomState
        Source of the draws.

    Returns
    -------
    train : Rows
        The rows to train on.
    held_out : Rows or None
        The rows to validate on.

    Warns
    -----
    RuntimeWarning
        If fewer than 10 rows would be set aside.
    """
    if rows.n_rows * fraction < MIN_VALIDATION_ROWS:
        warn(
            f"early_stopping: validation_fraction={fraction} of {rows.n_rows} rows is fewer than "
            f"{MIN_VALIDATION_ROWS}; none are set aside.",
            RuntimeWarning,
        )
        return rows, None
    index = np.arange(rows.n_rows)
    single = np.zeros(rows.n_rows, dtype=bool)
    if classes is not None:
        _, numbers, counts = np.unique(classes, return_inverse=True, return_counts=True)
        single = counts[numbers] == 1
        n_held_out = int(np.ceil(fraction * (~single).sum()))
        enough = min(n_held_out, (~single).sum() - n_held_out) >= (counts > 1).sum()
        classes = classes[~single] if enough else None
    train, held_out = train_test_split(index[~single], test_size=fraction, random_state=random, stratify=classes)
    return rows.take(np.sort(np.concatenate([train, index[single]]))), rows.take(np.sort(held_out))


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
        and not estimator._columns.categories
        and not bool(np.isinf(X).any())
    )


def _check_sparse(name: str, matrix: Any) -> None:
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
