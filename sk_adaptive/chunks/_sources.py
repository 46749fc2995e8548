"""Sequences of chunks: of arrays, of a Parquet file, of Dask collections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from numbers import Integral
from os import PathLike
from typing import Any

CHUNK_BYTES = 2**26
NUMBER_BYTES = 8


class Chunks(Sequence[tuple]):
    """A sequence of chunks, each read when it is asked for.

    Parameters
    ----------
    loaders : sequence of callable
        Each returns a chunk: ``(X, y)`` or ``(X, y, sample_weight)``.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_adaptive.chunks import Chunks
    >>> len(Chunks([lambda: (np.load("X0.npy"), np.load("y0.npy")), lambda: (np.load("X1.npy"), np.load("y1.npy"))]))
    2
    """

    def __init__(self, loaders: Sequence[Callable[[], tuple]]) -> None:
        self._loaders = list(loaders)

    def __len__(self) -> int:
        return len(self._loaders)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return Chunks(self._loaders[number])
        return self._loaders[number]()

    def map(self, change: Callable[..., tuple]) -> Chunks:
        """Return chunks that are changed as they are read.

        Parameters
        ----------
        change : callable
            Takes the elements of a chunk, returns those of another.

        Returns
        -------
        Chunks
            The changed chunks.
        """
        return Chunks([partial(_changed, change, loader) for loader in self._loaders])


def array_chunks(X: Any, y: Any, sample_weight: Any = None, *, chunk_size: int | None = None) -> Chunks:
    """Return chunks of arrays, such as those that `numpy.memmap` or `numpy.load` with `mmap_mode="r"` returns.

    Parameters
    ----------
    X : array of shape (n_samples, n_features)
        Rows; anything with `shape` whose stretches of rows can be sliced.
    y : array of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.
    sample_weight : array of shape (n_samples,), default=None
        Their weights.
    chunk_size : int, default=None
        Rows of a chunk; None makes chunks of about 64 MB.

    Returns
    -------
    Chunks
        The chunks.

    Raises
    ------
    ValueError
        If the arrays have different numbers of rows.
    """
    arrays = [X, y] if sample_weight is None else [X, y, sample_weight]
    lengths = [len(each) if not hasattr(each, "shape") else each.shape[0] for each in arrays]
    if len(set(lengths)) > 1:
        raise ValueError(f"X, y and sample_weight must have the same number of rows, got {lengths}")
    size = _chunk_size(chunk_size, X.shape[1])
    return Chunks([partial(_slices, arrays, slice(first, first + size)) for first in range(0, lengths[0], size)])


def parquet_chunks(
    path: str | PathLike | Sequence[str | PathLike],
    target: str,
    sample_weight: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    chunk_size: int | None = None,
) -> Chunks:
    """Return chunks of Parquet files: row groups, small ones together.

    Needs pandas and pyarrow: ``pip install sk_adaptive[data]``.

    Parameters
    ----------
    path : path or sequence of paths
        The files.
    target : str
        The column to predict.
    sample_weight : str, default=None
        The column of weights.
    columns : sequence of str, default=None
        The columns to learn from; None is all others.
    chunk_size : int, default=None
        Rows of a chunk; None makes chunks of about 64 MB. A row group is read whole: a larger one is a chunk.

    Returns
    -------
    Chunks
        The chunks.

    Raises
    ------
    ValueError
        If a column is not there.
    """
    from pyarrow.parquet import ParquetFile

    loaders: list[Callable[[], tuple]] = []
    for each in [path] if isinstance(path, (str, PathLike)) else path:
        with ParquetFile(each) as file:
            names = file.schema_arrow.names
            wanted = [name for name in names if name not in (target, sample_weight)] if columns is None else [*columns]
            missing = [name for name in (*wanted, target, sample_weight) if name is not None and name not in names]
            if missing:
                raise ValueError(f"{each} has no column {missing[0]!r}; it has {', '.join(names)}")
            lengths = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        size = _chunk_size(chunk_size, len(wanted))
        loaders += [partial(_read, each, groups, wanted, target, sample_weight) for groups in _together(lengths, size)]
    return Chunks(loaders)


def dask_chunks(X: Any, y: Any, sample_weight: Any = None) -> Chunks:
    """Return the partitions of Dask arrays or dataframes as chunks, computed when they are read.

    Needs Dask: ``pip install sk_adaptive[dask]``.

    Parameters
    ----------
    X : dask Array or DataFrame of shape (n_samples, n_features)
        Rows.
    y : dask Array, Series or DataFrame of shape (n_samples,) or (n_samples, n_outputs)
        Their targets, in as many partitions.
    sample_weight : dask Array or Series of shape (n_samples,), default=None
        Their weights.

    Returns
    -------
    Chunks
        The chunks.

    Raises
    ------
    ValueError
        If the collections cannot be brought into the same partitions.
    """
    from sk_adaptive.dask._collections import partitions

    return Chunks([partial(_computed, each) for each in partitions(X, y, sample_weight)])


def _changed(change: Callable[..., tuple], loader: Callable[[], tuple]) -> tuple:
    return change(*loader())


def _slices(arrays: Sequence[Any], rows: slice) -> tuple:
    return tuple(each[rows] for each in arrays)


def _read(path: Any, groups: Sequence[int], wanted: Sequence[str], target: str, weight: str | None) -> tuple:
    from pyarrow.parquet import ParquetFile

    names = list(dict.fromkeys([*wanted, target, *([] if weight is None else [weight])]))
    with ParquetFile(path) as file:
        table = file.read_row_groups(list(groups), columns=names, use_threads=False).to_pandas(self_destruct=True)
    X, y = table[list(wanted)], table[target]
    return (X, y) if weight is None else (X, y, table[weight])


def _computed(blocks: Sequence[Any]) -> tuple:
    import dask

    found = dask.compute(*blocks)
    return found if found[2] is not None else found[:2]


def _chunk_size(given: Any, n_columns: int) -> int:
    if given is None:
        return max(1, CHUNK_BYTES // (NUMBER_BYTES * max(1, n_columns)))
    if not isinstance(given, Integral) or given < 1:
        raise ValueError(f"chunk_size must be an integer >= 1 or None, got {given!r}")
    return int(given)


def _together(lengths: Sequence[int], size: int) -> list[list[int]]:
    """Return the numbers of consecutive groups that have at most `size` rows together, at least one each."""
    together: list[list[int]] = []
    rows = 0
    for number, length in enumerate(lengths):
        if together and rows + length <= size:
            together[-1].append(number)
            rows += length
        else:
            together.append([number])
            rows = length
    return together
