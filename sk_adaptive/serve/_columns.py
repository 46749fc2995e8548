"""Columns of a model's input as its fitted steps know them: the levels of categories, the mark of a missing value."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags

from sk_adaptive._estimators.base import BaseAdaptiveMLP

Found = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Column:
    """What training left of one column.

    Parameters
    ----------
    levels : ndarray or None, default=None
        The categories that an encoder has learned, without missing ones; empty for free text; None for a number.
    missing : object, default=nan
        What stands for a missing value in the table that the model reads.
    """

    levels: np.ndarray | None = None
    missing: Any = math.nan


def columns_of(model: BaseEstimator) -> list[Column]:
    """Return the columns that a fitted model reads, in their order."""
    found: list[dict[str, Any]] = [{} for _ in range(model.n_features_in_)]
    for position, known in _known(_first(model), np.arange(model.n_features_in_)):
        found[position] |= known
    return [Column(**known) for known in found]


def _first(model: Any) -> Any:
    """Return what reads the columns: the model inside of searches and transformed targets."""
    while (inner := getattr(model, "best_estimator_", None) or getattr(model, "regressor_", None)) is not None:
        model = inner
    return model


def _known(step: Any, positions: np.ndarray) -> Iterator[Found]:
    """Yield what a fitted step knows of the columns at these positions of the table."""
    if isinstance(step, BaseAdaptiveMLP):
        for i, category in step._columns.categories.items():
            yield positions[i], {"levels": np.array(category.levels, dtype=object), "missing": None}
    elif isinstance(step, Pipeline):
        for _, inner in step.steps:
            yield from _known(inner, positions)
            if not isinstance(inner, (SimpleImputer, FunctionTransformer)) and inner != "passthrough":
                break  # the next step reads other columns
    elif isinstance(step, ColumnTransformer):
        # scikit-learn has resolved slices, masks, patterns and callables; nothing public gives the result.
        selected = step._transformer_to_input_indices
        for name, part, _ in step.transformers_:
            yield from _known(part, positions[selected[name]])
    elif isinstance(step, SimpleImputer):
        yield from ((position, {"missing": _mark(step.missing_values)}) for position in positions)
    else:
        yield from _known_to_encoder(step, positions)


def _known_to_encoder(step: Any, positions: np.ndarray) -> Iterator[Found]:
    # There are fewer categories if an imputer dropped empty columns.
    if hasattr(step, "categories_") and len(step.categories_) >= len(positions):
        yield from ((position, _levels(levels)) for position, levels in zip(positions, step.categories_, strict=False))
    elif isinstance(step, BaseEstimator) and get_tags(step).input_tags.string and len(positions) == 1:
        yield positions[0], {"levels": np.array([], dtype=object)}  # a vectorizer of text


def _mark(value: Any) -> Any:
    """Return an imputer's mark of missing values; NaN serves pandas' NA as well."""
    return value if value is None or (isinstance(value, (str, int, float)) and value == value) else math.nan


def _levels(learned: np.ndarray) -> dict[str, Any]:
    """Return an encoder's levels, and None as the mark of a missing value if it learned that one."""
    present = [level is not None and bool(level == level) for level in learned]
    return {"levels": learned[present]} | ({"missing": None} if any(level is None for level in learned) else {})
