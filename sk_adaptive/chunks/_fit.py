"""The function that fits an estimator to chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sklearn.base import clone

from sk_adaptive._core import engine
from sk_adaptive._estimators.base import BaseAdaptiveMLP
from sk_adaptive._network.plan import Plan
from sk_adaptive._parts.fit import fit_parts
from sk_adaptive._parts.rows import PartedRows
from sk_adaptive._sklearn import fit_context, with_callbacks
from sk_adaptive._training.callbacks import FitTask

from ._data import ChunkData, ChunkParts

E = TypeVar("E", bound=BaseAdaptiveMLP)


@with_callbacks
@fit_context(prefer_skip_nested_validation=True)
def fit_chunks(estimator: E, chunks: Sequence[tuple], validation: Sequence[tuple] | None = None) -> E:
    """Fit an estimator to chunks of rows, one of which is in memory at a time.

    The means and deviations of the columns, the levels of categories and the classes are those of all chunks: a first
    pass reads them. Each epoch then reads the chunks in a new random order, and visits the rows of each in a new random
    order; a batch has rows of one chunk. "lbfgs" and "lm" read all chunks for each gradient. If a file lists its rows
    by class or by date, write it once in random order: chunks of one class each train poorly. ``max_iter="auto"`` holds
    back rows as `fit` does: one more pass reads these, and another the targets where outputs are shrunk.

    Parameters
    ----------
    estimator : AdaptiveMLPClassifier or AdaptiveMLPRegressor
        What is fitted, in place.
    chunks : sequence of tuple
        Element i is ``(X, y)`` or ``(X, y, sample_weight)``, the same at each access.
    validation : sequence of tuple, default=None
        Chunks to validate on: training stops by their score, and the best epoch is kept. A `scoring` of your own gets
        None for X: what the estimator predicts is for the validation rows.

    Returns
    -------
    AdaptiveMLPClassifier or AdaptiveMLPRegressor
        The estimator.

    Raises
    ------
    ValueError
        If the chunks are malformed or do not fit together. The estimator stays as it was.

    See Also
    --------
    array_chunks : Chunks of arrays.
    parquet_chunks : Chunks of a Parquet file.
    dask_chunks : Chunks of Dask collections.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sk_adaptive import AdaptiveMLPClassifier
    >>> from sk_adaptive.chunks import array_chunks, fit_chunks
    >>> X, y = load_iris(return_X_y=True)
    >>> model = AdaptiveMLPClassifier((16,), random_state=0)
    >>> fit_chunks(model, array_chunks(X, y, chunk_size=50)).score(X, y) > 0.9
    True
    """

    def make_data(rows: PartedRows, plan: Plan, targets: Any, network: engine.Network) -> ChunkData:
        return ChunkData.of(rows, targets, network.dtype)

    held_out = None if validation is None else ChunkParts(validation)
    task = FitTask(estimator, chunks, None, None)
    fit_parts(estimator, clone(estimator), ChunkParts(chunks), held_out, make_data, task, lambda rows, state: False)
    return estimator
