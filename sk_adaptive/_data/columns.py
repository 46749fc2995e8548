"""Columns of a table: which are categories, their levels, and the table as a matrix of numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import DTypeLike

from .inputs import NONE, Inputs
from .values import (
    Kind,
    check_levels,
    column_of,
    is_missing,
    is_objects,
    is_table,
    is_whole,
    kind_of,
    numbers_of,
    values_of,
)


def as_json(values: Iterable[str | float]) -> np.ndarray:
    """Return names or levels as a file and a pickle hold them: one array, as there may be a million."""
    return np.frombuffer(json.dumps(tuple(values)).encode(), dtype=np.uint8).copy()


def of_json(array: np.ndarray, what: str) -> tuple:
    """Return what `as_json` was given; loaded arrays may have been tampered with."""
    values = json.loads(array.tobytes()) if isinstance(array, np.ndarray) and array.dtype == np.uint8 else None
    if not isinstance(values, list):
        raise ValueError(f"{what} must be a list in JSON, in an array of bytes")
    return tuple(values)


@dataclass(frozen=True)
class Category:
    """Levels of a column: text, numbers or booleans, in the order of their first row.

    In the matrix a level is its number; a missing value is the number of levels, and an unseen level one more.
    """

    levels: tuple
    name: str

    def __getstate__(self) -> dict[str, Any]:
        return {"levels": as_json(self.levels), "name": self.name}

    def __setstate__(self, state: dict[str, Any]) -> None:
        levels = of_json(state["levels"], "levels of a column")
        if not all(isinstance(level, (str, int, float)) for level in levels):
            raise ValueError("levels of a column must be text, numbers or booleans")
        self.__dict__.update(levels=levels, name=state["name"])

    @cached_property
    def _numbers(self) -> dict[Any, int]:
        return {level: number for number, level in enumerate(self.levels)}

    @property
    def is_text(self) -> bool:
        """Whether all levels are text."""
        return all(isinstance(level, str) for level in self.levels)

    def numbers(self, values: Sequence[Any]) -> np.ndarray:
        """Return the number of each value's level, float64."""
        n_levels, number_of = len(self.levels), self._numbers
        try:
            numbers = np.fromiter((number_of.get(value, n_levels + 1) for value in values), np.float64, len(values))
        except TypeError as error:
            raise self._not_levels(error) from error
        found: dict[Any, float] = {}
        for i in np.flatnonzero(numbers > n_levels).tolist():  # missing, of another type such as intervals, or unseen
            value = values[i]
            if is_missing(value):
                numbers[i] = n_levels
                continue
            if value not in found:
                found[value] = number_of.get(_plain(value), n_levels + 1)
            numbers[i] = found[value]
        return numbers

    def rounded_by(self, dtype: DTypeLike) -> Any:
        """Return the first level that is a whole number which a dtype of floats rounds; None if there is none."""
        kind = np.dtype(dtype).type
        largest = float(np.finfo(dtype).max)
        whole = (level for level in self.levels if is_whole(level))
        return next((level for level in whole if abs(level) > largest or float(kind(level)) != level), None)

    def with_levels_of(self, values: Sequence[Any]) -> Category:
        """Return the category with the further levels among some values."""
        try:
            distinct = dict.fromkeys(values)
        except TypeError as error:
            raise self._not_levels(error) from error
        levels = dict.fromkeys([*self.levels, *(_plain(value) for value in distinct if not is_missing(value))])
        return replace(self, levels=tuple(levels))

    def _not_levels(self, error: TypeError) -> ValueError:
        """Return the error for values that have no hash, such as lists."""
        return ValueError(f"column {self.name} of X holds values that cannot be categories: {error}")

    def inputs(self, numbers: np.ndarray, weights: np.ndarray, min_weight: float) -> np.ndarray:
        """Return the input of each level, of "missing" and of "unseen", -1: none.

        Parameters
        ----------
        numbers : ndarray of int64 of shape (n_rows,)
            Levels of the training rows; inputs are in the order of their first row.
        weights : ndarray of shape (n_rows,)
            How many rows each row counts for.
        min_weight : float
            Levels below it share one input, which unseen levels have as well.

        Returns
        -------
        ndarray of int64 of shape (n_levels + 2,)
            Inputs, counted from 0.
        """
        total = np.bincount(numbers, weights, minlength=len(self.levels) + 2)
        seen, first_rows = np.unique(numbers, return_index=True)
        seen = seen[np.argsort(first_rows)]
        is_missing = seen == len(self.levels)
        own = seen[~is_missing & (total[seen] >= min_weight)]
        is_rare = np.ones(len(total), dtype=bool)
        is_rare[own], is_rare[-2] = False, False
        inputs = np.full(len(total), NONE, dtype=np.int64)
        inputs[own] = np.arange(len(own))
        if is_missing.any():
            inputs[-2] = len(own)
        if is_rare[seen].any():  # unseen levels are taken for rare ones
            inputs[is_rare] = len(own) + is_missing.any()
        return inputs


@dataclass(frozen=True)
class Columns:
    """The columns of a table that are categories, by their position; all others are numbers."""

    n_columns: int
    names: tuple[str, ...]  # as messages and inputs name them
    categories: dict[int, Category]
    min_frequency: int | float | None = None  # of levels that have an input of their own

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "names": as_json(self.names)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({**state, "names": of_json(state["names"], "names of the columns")})

    @staticmethod
    def from_table(
        X: Any, categorical_features: Any, min_frequency: float | None = None, *, check_text: bool = True
    ) -> Columns:
        """Return the columns of a table, with the levels that it has.

        Parameters
        ----------
        X : DataFrame, ndarray or sparse matrix of shape (n_rows, n_columns)
            The table.
        categorical_features : "from_dtype", None, or array-like of bool, int or str
            See the estimators.
        min_frequency : int, float or None
            The least number of rows of a level that has an input of its own; a float is a share of all rows.
        check_text : bool, default=True
            Whether to refuse text that is hardly meant as categories; of a part of the rows one cannot tell.

        Raises
        ------
        ValueError
            If `categorical_features` does not fit the columns, or a column is neither numbers nor categories.
        """
        table = is_table(X)
        names = tuple(map(str, X.columns if table else range(X.shape[1])))
        from_dtype = isinstance(categorical_features, str) and categorical_features == "from_dtype"
        chosen = set() if from_dtype else _chosen(categorical_features, X)
        columns = Columns(X.shape[1], names, {}, min_frequency)
        for i in range(X.shape[1]) if table else sorted(chosen):
            column = column_of(X, i)
            kind = "category" if i in chosen else kind_of(column, names[i])
            if i not in chosen and not from_dtype:
                _check_no_text(column, kind, names[i])
                continue
            if kind == "number":
                continue
            values = values_of(column)
            category = columns.categories[i] = Category((), names[i]).with_levels_of(values)
            if kind == "text" and check_text:
                check_levels(category.levels, sum(not is_missing(value) for value in values), names[i])
        return columns

    @staticmethod
    def plain(n_columns: int) -> Columns:
        """Return columns that are all numbers and have no names."""
        return Columns(n_columns, tuple(map(str, range(n_columns))), {})

    def with_levels_of(self, X: Any) -> Columns:
        """Return the columns with the further levels of another table."""
        more = {i: each.with_levels_of(values_of(column_of(X, i))) for i, each in self.categories.items()}
        return replace(self, categories=more)

    def check_unchanged(self, X: Any, categorical_features: Any, min_frequency: float | None) -> None:
        """Refuse parameters that ask for other columns than training began with, and columns that cannot be categories.

        Raises
        ------
        ValueError
            If there are such; the message names the parameter or the column.
        """
        automatic = isinstance(categorical_features, str)
        for i in self.categories if automatic and is_table(X) else ():
            kind_of(column_of(X, i), self.names[i])
        if not automatic and _chosen(categorical_features, X) != self.categories.keys():
            raise ValueError("categorical_features cannot change between calls that continue training")
        if self.categories and min_frequency != self.min_frequency:
            raise ValueError(
                f"min_frequency cannot change between calls that continue training: it was {self.min_frequency}"
            )

    def must_read(self, X: Any) -> bool:
        """Return whether X is no matrix of numbers yet."""
        if self.categories or is_objects(X):
            return True
        return is_table(X) and any(_kind(dtype) not in "iuf" for dtype in X.dtypes)

    def matrix(self, X: Any) -> np.ndarray:
        """Return a table as numbers, those of levels included; float32 if all of its numbers are.

        Raises
        ------
        ValueError
            If a column is not what it was when the levels were learned; the message names it.
        """
        if X.shape[1] != self.n_columns:
            raise ValueError(f"X has {X.shape[1]} features, but {self.n_columns} are expected")
        out = np.empty(X.shape, dtype=self._dtype(X))
        for i in range(self.n_columns):
            column = column_of(X, i)
            category = self.categories.get(i)
            out[:, i] = numbers_of(column, self.names[i]) if category is None else category.numbers(values_of(column))
        return out

    def _dtype(self, X: Any) -> type:
        dtypes = [column_of(X, i).dtype for i in range(self.n_columns) if i not in self.categories]
        return np.float32 if dtypes and all(str(dtype).lower() == "float32" for dtype in dtypes) else np.float64

    def min_weight(self, count: float) -> float:
        """Return the least weight of a level that has an input of its own, among rows that count for so many."""
        rows = 1.0 if isinstance(self.min_frequency, Integral) else count
        return 0.0 if self.min_frequency is None else float(self.min_frequency) * rows

    def level_inputs(self, X: Any, weights: np.ndarray) -> dict[int, np.ndarray]:
        """Return the inputs of each category's levels, counted within the category; see `Category.inputs`.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
            The training rows, as `matrix` returns them.
        weights : ndarray of shape (n_rows,)
            How many rows each row counts for.
        """
        min_weight = self.min_weight(weights.sum())
        return {
            i: category.inputs(X[:, i].astype(np.int64), weights, min_weight) for i, category in self.categories.items()
        }

    def input_names(self, inputs: Inputs) -> list[str]:
        """Return the name of each input: a column, its level or interval, or a missing number."""
        found = [self.names[i] for i in inputs.columns] + [""] * (inputs.n_inputs - inputs.n_numbers)
        for piece in range(inputs.n_whole, inputs.n_numbers):
            low, high = inputs.interval(piece)
            found[piece] += f"[{low:.6g}, {high:.6g}]"
        for each in inputs.levels:
            levels = () if each.is_missing else self.categories[each.column].levels
            for level, position in zip((*levels, "missing", "rare"), each.inputs, strict=False):
                if position != NONE:  # rare levels share an input, which "rare" names as the last
                    found[position] = f"{self.names[each.column]}={level}"
        return found

    def check(self, inputs: Inputs) -> None:
        """Refuse columns that cannot be: loaded ones may have been tampered with.

        Raises
        ------
        ValueError
            If a category stands at no column, or has more inputs than levels.
        """
        if len(self.names) != self.n_columns or not all(isinstance(name, str) for name in self.names):
            raise ValueError("names of the columns do not fit them")
        for i, category in self.categories.items():
            if i not in range(self.n_columns) or type(category) is not Category:
                raise ValueError("a category stands at no column")
        levels = {i: len(category.levels) + 2 for i, category in self.categories.items()}
        read = {each.column: len(each.inputs) for each in inputs.levels if not each.is_missing}
        if self.n_columns != inputs.n_columns or levels != read:
            raise ValueError("the network's inputs do not fit the levels of the columns")


def _plain(value: Any) -> Any:
    """Return a level as text, number or boolean of Python: files hold no others."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, (str, int, float)):
        return plain
    if type(plain).__name__ == "Interval":
        plain = type(plain)(_whole(plain.left), _whole(plain.right), plain.closed)  # (0.0, 1.0] is (0, 1]
    return float(plain) if isinstance(plain, (Real, Decimal)) else str(plain)


def _whole(end: Any) -> Any:
    return int(end) if isinstance(end, float) and end.is_integer() else end


def _check_no_text(column: Any, kind: Kind, name: str) -> None:
    """Refuse text in a column of numbers, which the user has not called a category."""
    if kind == "text" or (kind == "category" and any(isinstance(value, str) for value in values_of(column))):
        raise ValueError(f"column {name} of X must hold numbers, or be one of categorical_features: it has text")


def _kind(dtype: Any) -> str:
    return getattr(dtype, "kind", "O")


def _chosen(categorical_features: Any, X: Any) -> set[int]:
    """Return the positions of the columns that the user calls categories."""
    if categorical_features is None:
        return set()
    if sp.issparse(X):
        raise ValueError("categorical_features must be None or 'from_dtype' for sparse X: its columns are numbers")
    given = np.asarray(categorical_features)
    n_columns = X.shape[1]
    if given.size == 0:
        return set()
    if given.ndim != 1 or given.dtype.kind not in "biuUO":
        raise ValueError(
            f"categorical_features must be an array-like of bool, int or str, or 'from_dtype', got dtype {given.dtype}"
        )
    if given.dtype.kind == "b":
        if len(given) != n_columns:
            raise ValueError(
                f"categorical_features set as a boolean mask must have shape (n_features,), got: {given.shape}"
            )
        return set(np.flatnonzero(given).tolist())
    if given.dtype.kind in "iu":
        if given.min() < 0 or given.max() >= n_columns:
            raise ValueError(
                f"categorical_features set as integer indices must be in [0, n_features - 1], got {given.tolist()}"
            )
        return set(given.tolist())
    return set(_positions(given.tolist(), X))


def _positions(names: Iterable[str], X: Any) -> Iterable[int]:
    if not is_table(X):
        raise ValueError("categorical_features should be passed as an array of integers or a mask when X has no names")
    known = list(X.columns)
    for name in names:
        if name not in known:
            raise ValueError(f"categorical_features has an item value {name!r} which is not a valid feature name")
        yield known.index(name)
