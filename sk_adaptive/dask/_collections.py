"""Dask collections as parts: the same rows of X, y and weights in each."""

from __future__ import annotations

from typing import Any

import dask.array as da
import dask.dataframe as dd
import numpy as np

FRAMES = (dd.DataFrame, dd.Series, dd.Index)


def is_collection(rows: Any) -> bool:
    """Return whether something is a Dask array, dataframe or series."""
    return isinstance(rows, (da.Array, *FRAMES))


def partitions(X: Any, y: Any, sample_weight: Any = None, names: str = "X, y and sample_weight") -> list[tuple]:
    """Return the delayed partitions (X, y, sample_weight) of collections; without weights the last is None.

    Parameters
    ----------
    X : dask Array or DataFrame of shape (n_samples, n_features)
        Rows.
    y : dask Array, Series or DataFrame of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.
    sample_weight : dask Array or Series of shape (n_samples,), default=None
        Their weights.
    names : str, default="X, y and sample_weight"
        What messages call them.

    Raises
    ------
    TypeError
        If one is no Dask collection.
    ValueError
        If they have different numbers of rows, or different partitions of unknown length.
    """
    given = [each for each in (X, y, sample_weight) if each is not None]
    for each in given:
        if not is_collection(each):
            raise TypeError(
                f"{names} must be Dask arrays, dataframes or series, got {type(each).__name__}: see "
                "dask.array.from_array, dask.dataframe.from_pandas, or fit the estimator of sk_adaptive itself"
            )
    first, *others = (_whole_rows(each) for each in given)
    parts = [_delayed(first), *(_delayed(_aligned(each, first, names)) for each in others)]
    if sample_weight is None:
        parts.append([None] * len(parts[0]))
    return list(zip(*parts, strict=True))


def _whole_rows(rows: Any) -> Any:
    """Return an array whose chunks hold whole rows."""
    return rows.rechunk({1: -1}) if isinstance(rows, da.Array) and rows.ndim > 1 and rows.numblocks[1] > 1 else rows


def _aligned(rows: Any, first: Any, names: str) -> Any:
    """Return a collection in the partitions of the first one."""
    if _is_known(rows) and _is_known(first):
        if rows.shape[0] != first.shape[0]:
            raise ValueError(f"{names} must have the same number of rows, got {first.shape[0]} and {rows.shape[0]}")
        return rows if rows.chunks[0] == first.chunks[0] else rows.rechunk({0: first.chunks[0]})
    framed = isinstance(rows, FRAMES) and isinstance(first, FRAMES) and rows.divisions != first.divisions
    if framed and rows.known_divisions and first.known_divisions:
        return rows.repartition(divisions=first.divisions, force=True)
    if _n_parts(rows) != _n_parts(first):
        raise ValueError(
            f"{names} have {_n_parts(first)} and {_n_parts(rows)} partitions of unknown length: repartition one of "
            "them, or call compute_chunk_sizes() on the arrays"
        )
    return rows


def _is_known(rows: Any) -> bool:
    return isinstance(rows, da.Array) and not np.isnan(rows.chunks[0]).any()


def _n_parts(rows: Any) -> int:
    return int(rows.numblocks[0] if isinstance(rows, da.Array) else rows.npartitions)


def _delayed(rows: Any) -> list:
    parts = rows.to_delayed()
    return parts.ravel().tolist() if isinstance(parts, np.ndarray) else list(parts)
