"""Columns of a model's input, from its fitted steps: categories and missing values."""

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
from sk_adaptive._estimators.hidden_layer_transformer import HiddenLayerTransformer

Found = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Column:
    """Column as seen in training.

    Parameters
    ----------
    levels : ndarray or None, default=None
        Categories that an encoder or the network has learned, no missing one; empty for free text; None for a number.
    missing : object, default=nan
        What stands for a missing value in the table that the model reads.
    """

    levels: np.ndarray | None = None
    missing: Any = math.nan


def columns_of(model: BaseEstimator) -> list[Column]:
    """Return the input columns of a fitted model, in order."""
    found: list[dict[str, Any]] = [{} for _ in range(model.n_features_in_)]
    for position, known in _known(_first(model), np.arange(model.n_features_in_)):
        found[position] |= known
    return [Column(**known) for known in found]


def _first(model: Any) -> Any:
    """Return the model inside searches and transformed targets, which processes the columns."""
    while (inner := getattr(model, "best_estimator_", None) or getattr(model, "regressor_", None)) is not None:
        model = inner
    return model


def _known(step: Any, positions: np.ndarray) -> Iterator[Found]:
    """Yield the information of a fitted step on the columns at these positions of the table."""
    step = step.estimator_ if isinstance(step, HiddenLayerTransformer) else step
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
    """Return the value that an imputer treats as missing; NaN includes pandas' NA."""
    return value if value is None or (isinstance(value, (str, int, float)) and value == value) else math.nan


def _levels(learned: np.ndarray) -> dict[str, Any]:
    """Return the categories of an encoder, and None as missing value if it learned that category."""
    present = [level is not None and bool(level == level) for level in learned]
    return {"levels": learned[present]} | ({"missing": None} if any(level is None for level in learned) else {})
