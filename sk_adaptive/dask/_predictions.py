"""Lazy predictions: collections of the input's kind, whose tasks share one copy of the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dask.array as da
import numpy as np
import pandas as pd
from distributed import Future

Predict = Callable[[Any, Any], np.ndarray]  # of a model and rows


def lazy(model: Future, predict: Predict, X: Any, sample: np.ndarray, names: Any = None) -> Any:
    """Return the predictions for the rows of a collection.

    Parameters
    ----------
    model : Future
        The fitted model, on the cluster.
    predict : callable
        Returns predictions, of a model and rows.
    X : dask Array or DataFrame
        Rows.
    sample : ndarray
        Predictions for a row, of the right dtype and shape.
    names : array-like, default=None
        Names of the columns of two-dimensional predictions for a dataframe.

    Returns
    -------
    dask Array, Series or DataFrame
        An array for an array; for a dataframe a series or a dataframe with its index.
    """
    empty = sample[:0]
    if isinstance(X, da.Array):
        X = X.rechunk({1: -1}) if X.numblocks[1] > 1 else X
        chunks = (X.chunks[0], *((size,) for size in sample.shape[1:]))
        return da.map_blocks(
            _of_block,
            X,
            model,
            predict=predict,
            empty=empty,
            chunks=chunks,
            meta=empty,
            drop_axis=[1] if sample.ndim == 1 else [],
        )
    meta = _framed(empty, X._meta.index[:0], names)
    return X.map_partitions(_of_partition, model, predict=predict, empty=empty, names=names, meta=meta)


def _of_block(X: Any, model: Any, *, predict: Predict, empty: np.ndarray) -> np.ndarray:
    return predict(model, X) if X.shape[0] else empty


def _of_partition(X: pd.DataFrame, model: Any, *, predict: Predict, empty: np.ndarray, names: Any) -> Any:
    return _framed(predict(model, X) if len(X) else empty, X.index, names)


def _framed(predicted: np.ndarray, index: Any, names: Any) -> Any:
    return pd.Series(predicted, index) if predicted.ndim == 1 else pd.DataFrame(predicted, index, columns=names)
