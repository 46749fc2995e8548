"""One part's rows: as the user gave them, validated, and as the core takes them."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sk_adaptive._data.columns import Columns
from sk_adaptive._data.rows import Rows, check_rows
from sk_adaptive._data.weights import ClassWeights, checked_weights
from sk_adaptive._training.state import Data


@dataclass(frozen=True)
class Block:
    """A part of the rows, as the user gave it."""

    X: Any
    y: Any
    sample_weight: Any = None


@dataclass(frozen=True)
class Reader:
    """How every part is read.

    Parameters
    ----------
    estimator : BaseAdaptiveMLP
        The estimator that is fitted, without a network. Once the columns are known it has their number and names.
    columns : Columns or None
        What the columns are; None finds it out for each part by itself.
    class_weights : ClassWeights or None
        What the classes multiply the weights with.
    name : str
        What messages call the weights.
    new_levels : bool
        Whether levels that `columns` does not know are found.
    """

    estimator: Any
    columns: Columns | None = None
    class_weights: ClassWeights | None = None
    name: str = "sample_weight"
    new_levels: bool = False

    def read(self, block: Block, selection: np.ndarray | None = None) -> tuple[Rows, Columns, Any] | None:
        """Return a part's validated rows, their columns and their names; None if none is of positive weight.

        Parameters
        ----------
        block : Block
            The part.
        selection : ndarray of int, default=None
            Which of the rows of positive weight to return; None is all.
        """
        weights = block.sample_weight
        if len_of(block.X) != len_of(block.y) or (weights is not None and len_of(weights) != len_of(block.X)):
            lengths = [len_of(each) for each in (block.X, block.y, weights) if each is not None]
            raise ValueError(f"X, y and {self.name} must have the same rows in each part, got {lengths} in one")
        if not len_of(block.X) or _are_zero(weights, self.name):
            return None
        estimator = copy.copy(self.estimator)  # validation sets attributes
        rows, columns = check_rows(
            estimator,
            block.X,
            block.y,
            weights,
            columns=self.columns,
            numeric=estimator._numeric_y,
            name=self.name,
            new_levels=self.new_levels,
            check_text=False,
        )
        if self.class_weights is not None:
            factors = self.class_weights.factors(rows.y)
            if not factors.any():
                return None
            rows = rows.with_factors(factors)
        rows = rows if selection is None else rows.take(selection)
        return (rows, columns, getattr(estimator, "feature_names_in_", None)) if rows.n_rows else None


@dataclass(frozen=True)
class Encoder:
    """How validated rows become what the core takes."""

    targets: Any
    dtype: np.dtype
    weighted: bool
    unit: float  # what weights are divided by: only their ratios matter to a mean

    def encode(self, rows: Rows) -> Data:
        """Return the rows as the core takes them."""
        weights = raw_weights(rows) / self.unit if self.weighted else None
        return Data(
            rows.X, self.targets.encode(rows.y, self.dtype), None if weights is None else weights.astype(self.dtype)
        )


def raw_weights(rows: Rows) -> np.ndarray:
    """Return sample weights times the factors of the classes."""
    given = [each for each in (rows.sample_weight, rows.factors) if each is not None]
    return np.prod(given, axis=0) if given else np.ones(rows.n_rows)


def len_of(rows: Any) -> int:
    """Return the number of rows of an array, table, series or sparse matrix."""
    return int(rows.shape[0]) if hasattr(rows, "shape") else len(rows)


def fitted_view(estimator: Any, n_features: int, names: np.ndarray | None) -> Any:
    """Return a copy of an estimator that knows the columns of X."""
    view = copy.copy(estimator)
    view.n_features_in_ = n_features
    if names is not None:
        view.feature_names_in_ = names
    return view


def with_columns(reader: Reader, columns: Columns, names: np.ndarray | None) -> Reader:
    """Return a reader for which the columns are known."""
    view = fitted_view(reader.estimator, columns.n_columns, names)
    return replace(reader, columns=columns, new_levels=False, estimator=view)


def _are_zero(weights: Any, name: str) -> bool:
    """Whether all weights of a part are zero, which is fine if those of another are not."""
    if weights is None or np.asarray(weights).any():
        return False
    checked_weights(np.asarray(weights) + 1, len_of(weights), name)
    return True
