"""What a fit must know of all rows before it starts, as sums over parts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from sk_adaptive._data.columns import Category, Columns
from sk_adaptive._data.moments import Moments
from sk_adaptive._data.rows import Rows
from sk_adaptive._data.values import check_levels, column_of, is_table, kind_of

from .blocks import Block, Reader, raw_weights
from .targets import Labels, Numbers

Levels = dict[Any, float]  # the weight of each level, None for missing ones, in the order of their first row


@dataclass(frozen=True)
class Summary:
    """Counts, moments, levels and targets of some rows."""

    columns: Columns
    names: np.ndarray | None  # of the features, if they are all strings
    dtype: np.dtype
    weighted: bool
    n_rows: int
    sample_weight: float  # in total
    weight: float  # in total, times the factors of the classes
    moments: Moments
    levels: dict[int, Levels]  # of each category
    texts: dict[int, int]  # of each category that is text: how many values are not missing
    targets: Any  # Labels or Numbers

    @staticmethod
    def of(reader: Reader, block: Block, selection: np.ndarray | None = None) -> Summary | None:
        """Return the summary of a part, None if it has no rows of positive weight."""
        found = reader.read(block, selection)
        if found is None:
            return None
        rows, columns, names = found
        weights = raw_weights(rows)
        levels = {i: _totals(category, rows.X[:, i], weights) for i, category in columns.categories.items()}
        kind = Numbers if reader.estimator._numeric_y else Labels
        return Summary(
            columns,
            names,
            rows.X.dtype,
            rows.sample_weight is not None or rows.factors is not None,
            rows.n_rows,
            rows.total_weight,
            float(weights.sum()),
            Moments.from_rows(rows.X, weights),
            levels,
            _texts(block.X, columns, rows) if reader.columns is None else {},
            kind.of(rows.y, weights),
        )

    def merged(self, other: Summary) -> Summary:
        """Return the summary of both sets of rows.

        Raises
        ------
        ValueError
            If their columns or their targets are not of the same kind; the message names the column.
        """
        self._check_names(other)
        a, b = _same_kinds(self, other)
        levels = {i: _added(a.levels[i], b.levels[i]) for i in a.levels}
        return Summary(
            _merged_columns(a.columns, b.columns),
            a.names,
            np.promote_types(a.dtype, b.dtype),
            a.weighted or b.weighted,
            a.n_rows + b.n_rows,
            a.sample_weight + b.sample_weight,
            a.weight + b.weight,
            a.moments.merged(b.moments),
            levels,
            {i: a.texts.get(i, 0) + b.texts.get(i, 0) for i in a.texts.keys() | b.texts.keys()},
            a.targets.merged(b.targets),
        )

    def finished(self) -> Summary:
        """Return the summary with the moments of the levels' numbers, which all parts together give.

        Raises
        ------
        ValueError
            If a column of text is hardly meant as categories.
        """
        for i, n_values in self.texts.items():
            check_levels(self.columns.categories[i].levels, n_values, self.columns.names[i])
        moments = self.moments
        for i in self.columns.categories:
            numbers, weights = self.level_totals(i)
            moments = moments.with_column(i, Moments.from_rows(numbers[:, None].astype(np.float64), weights))
        return replace(self, moments=moments)

    def level_totals(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the levels of column i as numbers, in the order of their first row, and the weight of each."""
        levels = self.levels[i]
        numbers = self.columns.categories[i].numbers(list(levels)).astype(np.int64)
        return numbers, np.array(list(levels.values()), dtype=np.float64)

    def _check_names(self, other: Summary) -> None:
        if self.columns.n_columns != other.columns.n_columns:
            found = self.columns.n_columns, other.columns.n_columns
            raise ValueError(f"X has {found[0]} features in one part and {found[1]} in another")
        if self.columns.names != other.columns.names:
            raise ValueError(f"X has other columns in another part: {self.columns.names} and {other.columns.names}")


def merge(summaries: list[Summary | None]) -> Summary:
    """Return the summary of all parts.

    Raises
    ------
    ValueError
        If no part has rows.
    """
    found = [each for each in summaries if each is not None]
    if not found:
        raise ValueError("X has no rows, or all weights are zero")
    return reduce(Summary.merged, found).finished()


def _totals(category: Category, numbers: np.ndarray, weights: np.ndarray) -> Levels:
    numbers = numbers.astype(np.int64)
    seen, first_rows = np.unique(numbers, return_index=True)
    total = np.bincount(numbers, weights, minlength=len(category.levels) + 2)
    names = [*category.levels, None, None]
    return {names[number]: float(total[number]) for number in seen[np.argsort(first_rows)].tolist()}


def _texts(X: Any, columns: Columns, rows: Rows) -> dict[int, int]:
    if not is_table(X):
        return {}
    return {
        i: int((rows.X[:, i] < len(category.levels)).sum())
        for i, category in columns.categories.items()
        if kind_of(column_of(X, i), category.name) == "text"
    }


def _same_kinds(a: Summary, b: Summary) -> tuple[Summary, Summary]:
    """Return both with the same categories: a column without any value in one part is what it is in the other."""
    for i in sorted(a.columns.categories.keys() ^ b.columns.categories.keys()):
        without = a if i in b.columns.categories else b
        if without.moments.weight[i] > 0:
            raise ValueError(
                f"column {a.columns.names[i]} of X holds numbers in one part and categories in another: give it the "
                "same dtype in all"
            )
        other = b if without is a else a
        changed = _as_category(without, i, replace(other.columns.categories[i], levels=()))
        a, b = (changed, b) if without is a else (a, changed)
    return a, b


def _as_category(summary: Summary, i: int, empty: Category) -> Summary:
    columns = replace(summary.columns, categories={**summary.columns.categories, i: empty})
    return replace(summary, columns=columns, levels={**summary.levels, i: {None: float(summary.moments.missing[i])}})


def _merged_columns(a: Columns, b: Columns) -> Columns:
    more = {i: each.with_levels_of(b.categories[i].levels) for i, each in a.categories.items()}
    return replace(a, categories=dict(sorted(more.items())))


def _added(a: Levels, b: Levels) -> Levels:
    return {level: a.get(level, 0.0) + b.get(level, 0.0) for level in {**a, **b}}
