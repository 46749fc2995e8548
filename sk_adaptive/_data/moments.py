"""Weighted mean and deviation of each column, missing values aside."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import reduce
from typing import Any

import numpy as np
import scipy.sparse as sp

from sk_adaptive._arrays import is_array

VALUES_AT_A_TIME = 2**18  # what is computed of them stays in the cache
ROUNDED = 6  # digits of relative ranges
MANY_COLUMNS, RARE = 1000, 0.01  # of a sparse matrix; share of the rows
ROUNDING = 1e-6  # of a mean, over magnitude: far more than it is
CONSTANT = 10 * np.finfo(np.float64).eps  # deviation over magnitude: below it, rounding is all that differs


@dataclass(frozen=True)
class Moments:
    """Mean and deviation of columns; all arrays are float64 of shape (n_columns,)."""

    weight: np.ndarray  # total weight of the values that are not missing
    missing: np.ndarray  # total weight of the missing values
    mean: np.ndarray  # 0 where all are missing
    deviation: np.ndarray  # population standard deviation
    low: np.ndarray  # the least and the greatest value, NaN where all are missing
    high: np.ndarray
    stored: np.ndarray  # total weight of the values that rows store: sparse ones all but zeros, dense ones all

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if state.get("stored") is None:  # older files have no array where all rows were dense
            self.__dict__["stored"] = state.get("weight")

    def check(self, n_columns: int) -> None:
        """Refuse moments that no rows have: loaded ones may have been tampered with.

        Raises
        ------
        ValueError
            If an array has another shape or dtype, or a number that cannot be.
        """
        for name in (each.name for each in fields(self)):
            array: Any = getattr(self, name, None)
            may_be_missing = name in ("low", "high")
            if not is_array(array, np.float64, (n_columns,)) or not _are_numbers(array, may_be_missing):
                raise ValueError(f"{name} of the moments must be {n_columns} finite numbers")
            if not (may_be_missing or name == "mean" or (array >= 0).all()):
                raise ValueError(f"{name} of the moments must not be negative")
        low, high = (np.where(np.isnan(end), 0, end) for end in (self.low, self.high))
        slack = ROUNDING * np.maximum(np.abs(low), np.abs(high)) + np.finfo(np.float64).tiny
        with np.errstate(over="ignore"):
            is_between = (low - slack <= self.mean) & (self.mean <= high + slack)
        if not is_between.all():
            raise ValueError("mean of the moments must lie between the least and the greatest value")

    @property
    def is_constant(self) -> np.ndarray:
        """Whether all values of a column are equal, or differ by rounding."""
        return ~(self.deviation > CONSTANT * np.maximum(np.abs(self.low), np.abs(self.high)))

    @property
    def is_rare(self) -> np.ndarray:
        """Whether a column is one of more than 1000, with zeros that no row stores, and values in fewer than 1 %."""
        is_sparse = self.stored < self.weight
        return is_sparse & (self.stored < RARE * self.count) & (len(self.mean) > MANY_COLUMNS)

    @property
    def stored_size(self) -> np.ndarray:
        """Root mean square of the values that rows store, 0 where there are none."""
        share = np.divide(self.weight, self.stored, out=np.zeros_like(self.stored), where=self.stored > 0)
        return np.hypot(self.mean, self.deviation) * np.sqrt(share)

    @property
    def relative_range(self) -> np.ndarray:
        """Range over deviation, the same on every scale and whatever the shift; rounded, 0 for a constant column."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ratio = (self.high - self.low) / self.deviation
        return np.where(self.is_constant | ~np.isfinite(ratio), 0, np.round(ratio, ROUNDED))

    @property
    def count(self) -> float:
        """Rows that the moments are of."""
        return float((self.weight + self.missing).max(initial=0.0))

    def counted_as(self, count: float) -> Moments:
        """Return the moments with weights that add up to `count`."""
        factor = count / self.count
        scaled = {name: getattr(self, name) * factor for name in ("weight", "missing", "stored")}
        return replace(self, **scaled)

    @staticmethod
    def from_rows(X: Any, weights: np.ndarray) -> Moments:
        """Return the moments of the columns of X.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_columns)
            Numbers; NaN is missing.
        weights : ndarray of shape (n_rows,)
            Weights of the rows.

        Returns
        -------
        Moments
            Their moments.
        """
        if sp.issparse(X):
            return _of_sparse(X, weights)
        at_a_time = max(1, VALUES_AT_A_TIME // max(1, X.shape[1]))
        blocks = (slice(first, first + at_a_time) for first in range(0, X.shape[0], at_a_time))
        return reduce(Moments.merged, (_of_block(X[some].astype(np.float64), weights[some]) for some in blocks))

    def merged(self, other: Moments) -> Moments:
        """Return the moments of both sets of rows (T. F. Chan, G. H. Golub and R. J. LeVeque, 1983)."""
        weight = self.weight + other.weight
        total = np.where(weight > 0, weight, 1)
        of_self, of_other = self.weight / total, other.weight / total
        huge = np.maximum(np.abs(self.mean), np.abs(other.mean)) > np.finfo(np.float64).max / 2
        unit = np.where(huge, 2.0, 1.0)  # in which means of opposite sign have a difference
        apart = np.where((self.weight > 0) & (other.weight > 0), other.mean / unit - self.mean / unit, 0)
        within = np.hypot(np.sqrt(of_self) * self.deviation, np.sqrt(of_other) * other.deviation)
        return Moments(
            weight,
            self.missing + other.missing,
            np.where(self.weight > 0, (self.mean / unit + of_other * apart) * unit, other.mean),
            np.hypot(within, np.sqrt(of_self * of_other) * apart * unit),
            np.fmin(self.low, other.low),
            np.fmax(self.high, other.high),
            self.stored + other.stored,
        )

    def with_column(self, i: int, column: Moments) -> Moments:
        """Return the moments with those of a single column in place of column i's."""
        arrays = {name: array.copy() for name, array in vars(self).items()}
        for name, array in arrays.items():
            array[i] = getattr(column, name)[0]
        return Moments(**arrays)


def _are_numbers(array: np.ndarray, may_be_missing: bool) -> bool:
    return not np.isinf(array).any() if may_be_missing else bool(np.isfinite(array).all())


def _of_block(X: np.ndarray, weights: np.ndarray) -> Moments:
    missing = np.isnan(X)
    low, high = np.fmin.reduce(X), np.fmax.reduce(X)
    X[missing] = 0
    of_values = weights[:, None] * ~missing
    weight = of_values.sum(axis=0)
    shares = of_values / np.where(weight > 0, weight, 1)
    largest = np.fmax(np.abs(low), np.abs(high))
    # In units of the largest: squares of large numbers would overflow, and so would those of tiny ones underflow.
    unit = np.where(largest > np.finfo(np.float64).tiny, largest, 1)
    X /= unit
    mean = (shares * X).sum(axis=0)
    mean += (shares * (X - mean)).sum(axis=0)  # what rounding left
    deviation = np.sqrt((shares * (X - mean) ** 2).sum(axis=0))
    return Moments(weight, weights @ missing, mean * unit, deviation * unit, low, high, stored=weight)


def _of_sparse(X: Any, weights: np.ndarray) -> Moments:
    """Return the moments of stored values merged with those of the zeros between them."""
    if not X.data.all():  # a zero that is stored is a zero like others
        X = X.copy()
        X.eliminate_zeros()
    n_columns, columns, total = X.shape[1], X.indices, weights.sum()
    of_values = np.repeat(weights, np.diff(X.indptr))
    values = X.data.astype(np.float64)
    is_missing = np.isnan(values)
    values[is_missing] = 0

    def sums(terms: np.ndarray) -> np.ndarray:
        return np.bincount(columns, terms, minlength=n_columns)

    missing = sums(of_values * is_missing)
    of_values = of_values * ~is_missing
    weight = sums(of_values)
    low, high = np.full(n_columns, np.nan), np.full(n_columns, np.nan)
    np.fmin.at(low, columns[~is_missing], values[~is_missing])
    np.fmax.at(high, columns[~is_missing], values[~is_missing])
    largest = np.fmax(np.abs(low), np.abs(high))
    unit = np.where(largest > np.finfo(np.float64).tiny, largest, 1)
    values /= unit[columns]
    per = np.where(weight > 0, weight, 1)
    mean = sums(of_values * values) / per
    deviation = np.sqrt(sums(of_values * (values - mean[columns]) ** 2) / per)
    zero = np.zeros(n_columns)
    has_zeros = np.bincount(columns, minlength=n_columns) < X.shape[0]
    of_zeros = np.where(has_zeros, np.maximum(total - weight - missing, 0), 0)  # rounding leaves a rest
    of_zero = np.where(has_zeros, 0, np.nan)
    zeros = Moments(of_zeros, zero, zero, zero, of_zero, of_zero, stored=zero)
    return Moments(weight, missing, mean * unit, deviation * unit, low, high, stored=weight).merged(zeros)
