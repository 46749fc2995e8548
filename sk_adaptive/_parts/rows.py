"""All rows of a fit, part by part: what `Rows` tells of them, without having them in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, Protocol, TypeVar

import numpy as np
import scipy.sparse as sp

from sk_adaptive._data.columns import Columns
from sk_adaptive._data.moments import Moments
from sk_adaptive._data.pieces import MAX_ROWS, Pieces, quantile_pieces
from sk_adaptive._data.rows import Rows
from sk_adaptive._data.sampling import evenly_spaced_numbers
from sk_adaptive._data.weights import ClassWeights

from .blocks import Block, Encoder, Reader, raw_weights, with_columns
from .summary import Summary, merge

R = TypeVar("R")
SAMPLE_PARTS, SAMPLE_ROWS = 16, 256  # what is looked at for warnings and for the activations' quantiles


class Parts(Protocol):
    """Parts of the rows, wherever they are."""

    def __len__(self) -> int:
        """Return the number of parts."""

    def map(self, work: Callable[..., R], numbers: Sequence[int], *each: Sequence[Any]) -> list[R]:
        """Return `work(block, *arguments)` for the parts of some numbers, `each` giving an argument for each."""


class PartedRows:
    """Rows in parts, as `Rows` is to rows in one place.

    Parameters
    ----------
    parts : Parts
        The parts.
    reader : Reader
        How they are read.
    selections : list of ndarray of int, default=None
        Which rows of each part count, among those of positive weight; None is all.
    """

    def __init__(self, parts: Parts, reader: Reader, selections: list[np.ndarray] | None = None) -> None:
        self.parts = parts
        self.selections: Sequence[np.ndarray | None] = [None] * len(parts) if selections is None else selections
        self._asked = reader

    @cached_property
    def _summaries(self) -> list[Summary | None]:
        return self._map(Summary.of, self._asked)

    @cached_property
    def summary(self) -> Summary:
        """What is known of all rows together."""
        return merge(self._summaries)

    @cached_property
    def reader(self) -> Reader:
        """How the parts are read, now that the columns are known."""
        return with_columns(self._asked, self.summary.columns, self.summary.names)

    @property
    def columns(self) -> Columns:
        """The columns, with the levels of all parts."""
        return self.summary.columns

    @property
    def lengths(self) -> list[int]:
        """Rows of positive weight in each part."""
        return [0 if each is None else each.n_rows for each in self._summaries]

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.summary.n_rows

    @property
    def total_weight(self) -> float:
        """Total sample weight."""
        return self.summary.sample_weight

    @property
    def count(self) -> float:
        """How many rows the rows count for; see `Rows.count`."""
        return max(self.n_rows, self.total_weight)

    @property
    def moments(self) -> Moments:
        """Mean and deviation of the columns."""
        return self.summary.moments.counted_as(self.count)

    @cached_property
    def without_X(self) -> Rows:
        """Every row's target, as the user gave it, and its weight."""
        return self._together([rows for rows in self._map(_without_X, self.reader) if rows is not None])

    @property
    def y(self) -> np.ndarray:
        """Every row's target, as the user gave it."""
        return self.without_X.y

    @cached_property
    def X(self) -> Any:
        """Some of the rows, in the dtype of all."""
        return self.sample.X

    @cached_property
    def sample(self) -> Rows:
        """Up to 256 rows of up to 16 parts, evenly spaced."""
        filled = np.flatnonzero(self.lengths)
        some = filled[evenly_spaced_numbers(len(filled), SAMPLE_PARTS)].tolist()
        chosen = [self._evenly_spaced(i, -(-SAMPLE_ROWS // len(some))) for i in some]
        found = [rows for rows in self.parts.map(partial(_rows, self.reader), some, chosen) if rows is not None]
        return self._together(found)

    def level_inputs(self, columns: Columns) -> dict[int, np.ndarray]:
        """Return the inputs of each category's levels; see `Columns.level_inputs`."""
        factor = self.count / self.summary.weight
        inputs = {}
        for i, category in columns.categories.items():
            numbers, weights = self.summary.level_totals(i)
            inputs[i] = category.inputs(numbers, weights * factor, columns.min_weight(self.count))
        return inputs

    def pieces(self, columns: np.ndarray, n_bins: int) -> Pieces:
        """Return the pieces of columns between their quantiles, of the rows that one machine would take."""
        rows = self.collected(evenly_spaced_numbers(self.n_rows, MAX_ROWS))
        return quantile_pieces(rows.X, raw_weights(rows), columns, n_bins)

    def weighted_by(self, class_weights: ClassWeights) -> PartedRows:
        """Return the rows weighted by their classes as well, without those of zero weight."""
        return PartedRows(self.parts, replace(self.reader, class_weights=class_weights))

    def take(self, index: np.ndarray) -> PartedRows:
        """Return some of the rows, whose numbers among all rise."""
        return PartedRows(self.parts, self.reader, self._selected(index))

    def collected(self, index: np.ndarray, *, with_X: bool = True) -> Rows:
        """Return some of the rows, whose numbers among all rise, in one place, perhaps without columns."""
        selections = self._selected(index)
        some = [i for i, selection in enumerate(selections) if len(selection)]
        work = partial(_rows if with_X else _without_X, self.reader)
        found = self.parts.map(work, some, [selections[i] for i in some])
        return self._together([rows for rows in found if rows is not None])

    def encoder(self, targets: Any, dtype: np.dtype) -> Encoder:
        """Return how the rows become what the core takes."""
        _, exponent = np.frexp(self.summary.weight / self.n_rows)
        return Encoder(targets, dtype, self.summary.weighted, float(np.ldexp(1.0, exponent)))

    def _map(self, work: Callable[..., R], reader: Reader) -> list[R]:
        return self.parts.map(partial(work, reader), range(len(self.parts)), self.selections)

    def _selected(self, index: np.ndarray) -> list[np.ndarray]:
        cuts = cut(index, self.lengths)
        return [own if before is None else before[own] for own, before in zip(cuts, self.selections, strict=True)]

    def _together(self, found: Sequence[Rows]) -> Rows:
        parts = [rows.X.astype(self.summary.dtype, copy=False) for rows in found]
        X = sp.vstack(parts, format="csr") if sp.issparse(parts[0]) else np.concatenate(parts)
        weights = np.concatenate([raw_weights(rows) for rows in found])
        return Rows(X, np.concatenate([rows.y for rows in found]), weights if self.summary.weighted else None)

    def _evenly_spaced(self, part: int, n_rows: int) -> np.ndarray:
        length, selection = self.lengths[part], self.selections[part]
        some = np.unique(evenly_spaced_numbers(length, n_rows))
        return some if selection is None else selection[some]


def cut(index: np.ndarray, lengths: Sequence[int] | np.ndarray) -> list[np.ndarray]:
    """Return the rows of each part among some whose numbers among all rise, numbered from the part's first row on."""
    ends = np.cumsum(lengths)
    cuts = np.split(index, np.searchsorted(index, ends[:-1]))
    return [own - first for own, first in zip(cuts, [0, *ends[:-1]], strict=True)]


def _rows(reader: Reader, block: Block, selection: np.ndarray | None) -> Rows | None:
    found = reader.read(block, selection)
    return None if found is None else found[0]


def _without_X(reader: Reader, block: Block, selection: np.ndarray | None) -> Rows | None:
    rows = _rows(reader, block, selection)
    return None if rows is None else replace(rows, X=np.empty((rows.n_rows, 0)))
