"""`sk-adaptive train --chunked`: a Parquet file that is larger than memory."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _columns, _reading, _tables

if TYPE_CHECKING:
    import pandas as pd

    from sk_adaptive._estimators.base import BaseAdaptiveMLP
    from sk_adaptive.chunks import Chunks


@dataclass(frozen=True)
class ChunkedTable:
    """A Parquet file as chunks of rows to train on, and chunks of rows to test on.

    Parameters
    ----------
    chunks : Chunks
        The columns to learn from and the target, as the file holds them.
    regression : bool
        Whether the target is a number to predict.
    categories : sequence of str
        The columns that are categories.
    test : float
        The part of the rows to test on.
    seed : int
        Draws them.
    """

    chunks: Chunks
    regression: bool
    categories: Sequence[str]
    test: float
    seed: int

    def part(self, *, tested: bool) -> Chunks:
        """Return the rows to test on, or those to train on."""
        from sk_adaptive.chunks import Chunks

        return Chunks([partial(self._read, number, tested) for number in range(len(self.chunks))])

    def _read(self, number: int, tested: bool) -> tuple[pd.DataFrame, np.ndarray]:
        X, y = self.chunks[number]
        y = _tables.plain(y.to_frame()).iloc[:, 0]
        drawn = np.random.default_rng([self.seed, number]).random(len(y)) < self.test
        chosen = y.notna().to_numpy() & (drawn == tested)
        X, y = X[chosen], y[chosen]
        X = _tables.with_categories(X, self.categories)
        return X, _tables.targets(y, regression=self.regression)


class ByChunk:
    """A model whose predictions for a table are made chunk by chunk."""

    def __init__(self, model: BaseAdaptiveMLP) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def __sklearn_tags__(self) -> Any:
        return self._model.__sklearn_tags__()

    def predict(self, chunks: Chunks) -> np.ndarray:
        """Return the predictions of all rows."""
        return self._concatenated(self._model.predict, chunks)

    def predict_proba(self, chunks: Chunks) -> np.ndarray:
        """Return the probabilities of all rows."""
        return self._concatenated(self._model.predict_proba, chunks)

    @staticmethod
    def _concatenated(predict: Any, chunks: Chunks) -> np.ndarray:
        return np.concatenate([predict(X) for X, _ in chunks if len(X)])


def open_table(args: argparse.Namespace) -> ChunkedTable:
    """Return the table that a command names; print what its columns are taken for.

    Raises
    ------
    ValueError
        If it is no Parquet file, or lacks a column.
    """
    from sk_adaptive.chunks import parquet_chunks

    if args.data.suffix.lower() not in _reading.PARQUET:
        raise ValueError(f"--chunked reads Parquet files, not {args.data}: write the table as one, with row groups")
    if args.target in args.drop:
        raise ValueError(f"--drop: {args.target!r} is the target")
    first, _ = parquet_chunks(args.data, args.target)[0]
    _tables.columns(first, args.drop, args.data)
    described = _columns.describe(first.drop(columns=args.drop))
    left_out = [_columns.Column(name, "left out", "--drop") for name in args.drop]
    print(f"{args.data}: columns as its first {len(first)} rows have them")
    print(_columns.report([*described, *left_out]))
    used = [each.name for each in described if each.kind != "left out"]
    if not used:
        raise ValueError(f"{args.data} has no column to learn from")
    categories = [each.name for each in described if each.kind == "category"]
    chunks = parquet_chunks(args.data, args.target, columns=used)
    regression = args.task == "regression" or (args.task == "auto" and _is_quantity(args))
    return ChunkedTable(chunks, regression, categories, args.test, args.seed)


def _is_quantity(args: argparse.Namespace) -> bool:
    """Tell whether the target is a number to predict; see `_tables.is_quantity`."""
    import pandas as pd

    from sk_adaptive.chunks import parquet_chunks

    values = pd.Series(dtype=float)
    for _, y in parquet_chunks(args.data, args.target, columns=[]):
        values = pd.concat([each for each in (values, y.drop_duplicates()) if len(each)]).drop_duplicates()
        if values.dtype.kind not in "iuf" or _tables.is_quantity(values):
            break
    return _tables.is_quantity(values)
