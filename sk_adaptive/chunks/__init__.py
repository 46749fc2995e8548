"""Fits to more rows than memory holds: one pass for means, deviations and levels, then epochs over chunks.

Chunks are a sequence: its length is their number, and element `i` is read when it is needed, as ``(X, y)`` or
``(X, y, sample_weight)``. Three functions make one: of arrays (also memory-mapped), of a Parquet file, and of Dask
collections; a class with `__len__` and `__getitem__` is as good.
"""

from ._fit import fit_chunks
from ._sources import Chunks, array_chunks, dask_chunks, parquet_chunks

__all__ = ["Chunks", "array_chunks", "dask_chunks", "fit_chunks", "parquet_chunks"]
