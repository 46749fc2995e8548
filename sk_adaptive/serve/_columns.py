"""Columns of a model's input, from its fitted steps: categories and missing values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import SelectorMixin
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags

from sk_adaptive._estimators.base import BaseAdaptiveMLP

# Attributes in which searches, transformed targets, thresholds and transformers keep the model that they use.
HOLDERS = ("best_estimator_", "regressor_", "estimator_")

Found = Sequence[dict[str, Any]]  # per column of the table
Origins = list[int | None]  # the column of the table that each column of a step repeats, None if it repeats none


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
    _trace(model, list(range(model.n_features_in_)), found)
    return [Column(**known) for known in found]


@singledispatch
def _trace(step: Any, origins: Origins, found: Found) -> Origins | None:
    """Note what a fitted step knows of the columns that it reads; return the origins of its outputs.

    They are None if the outputs are other columns than the inputs, or nobody knows which.
    """
    if step == "passthrough":
        return origins
    if hasattr(step, "column_to_kind_"):
        return _trace_table_vectorizer(step, origins, found)
    inner = list(_inner(step))
    for model in inner:
        _trace(model, origins, found)
    if not inner:
        _note_encoder(step, origins, found)
    return None


@_trace.register
def _(step: BaseAdaptiveMLP, origins: Origins, found: Found) -> None:
    for i, category in step._columns.categories.items():
        _note(found, origins[i], {"levels": _array(category.levels)})


@_trace.register
def _(step: SimpleImputer, origins: Origins, found: Found) -> Origins:
    for origin in origins:
        _note(found, origin, {"missing": _mark(step.missing_values)})
    return _named_alike(step, origins, step.get_feature_names_out())


@_trace.register
def _(step: SelectorMixin, origins: Origins, found: Found) -> Origins:
    return [origins[i] for i in step.get_support(indices=True)]


@_trace.register
def _(step: FunctionTransformer, origins: Origins, found: Found) -> Origins:
    return origins


@_trace.register
def _(step: FeatureUnion, origins: Origins, found: Found) -> Origins | None:
    traced = [_trace(part, origins, found) for _, part in step.transformer_list if part != "drop"]
    known = [part for part in traced if part is not None]
    return [origin for part in known for origin in part] if len(known) == len(traced) else None


@_trace.register
def _(step: Pipeline, origins: Origins, found: Found) -> Origins | None:
    traced: Origins | None = origins
    before = None
    for _name, part in step.steps:
        if isinstance(before, FunctionTransformer) and traced is not None:
            traced = _named_alike(before, traced, getattr(part, "feature_names_in_", None))
        if traced is None or len(traced) != getattr(part, "n_features_in_", len(traced)):
            return None
        traced, before = _trace(part, traced, found), part
    return traced


@_trace.register
def _(step: ColumnTransformer, origins: Origins, found: Found) -> Origins:
    # scikit-learn has resolved slices, masks, patterns and callables; nothing public gives the result.
    selected = step._transformer_to_input_indices
    outputs: Origins = []
    for name, part, _columns in step.transformers_:
        where = step.output_indices_.get(name, slice(0, 0))
        n_outputs = where.stop - where.start
        traced = None if part == "drop" else _trace(part, [origins[i] for i in selected[name]], found)
        outputs += traced if traced is not None and len(traced) == n_outputs else [None] * n_outputs
    return outputs


def _trace_table_vectorizer(step: Any, origins: Origins, found: Found) -> Origins:
    """Trace skrub's TableVectorizer, which reads dates from text and has one encoder per column."""
    names = list(map(str, step.feature_names_in_))
    repeated: dict[str, int | None] = {}
    for name, origin in zip(names, origins, strict=True):
        encoder = step.transformers_.get(name)
        _note_encoder(encoder, [origin], found)
        if step.column_to_kind_.get(name) in ("datetime", "high_cardinality"):
            _note(found, origin, {"levels": np.array([], dtype=object)})
        outputs = step.input_to_outputs_.get(name, ())
        repeated |= {output: origin if len(outputs) == 1 else None for output in outputs}
    return [repeated.get(output) for output in step.all_outputs_]


def _inner(model: Any) -> Iterator[Any]:
    """Yield the models inside another that read the same columns."""
    if type(model).__name__ == "FrozenEstimator":  # since scikit-learn 1.6
        yield model.estimator
    yield from (getattr(model, holder) for holder in HOLDERS if isinstance(getattr(model, holder, None), BaseEstimator))
    for each in getattr(model, "calibrated_classifiers_", ()):
        yield each.estimator
    if not hasattr(model, "estimators_features_"):  # bagging may give each model other columns
        yield from (each for each in getattr(model, "estimators_", ()) if isinstance(each, BaseEstimator))


def _note(found: Found, origin: int | None, known: dict[str, Any]) -> None:
    """Note what is known of a column of the table; the step that came first has read it as it is."""
    if origin is not None:
        found[origin].update({what: value for what, value in known.items() if what not in found[origin]})


def _note_encoder(step: Any, origins: Origins, found: Found) -> None:
    # There are fewer categories if an imputer dropped empty columns.
    if hasattr(step, "categories_") and len(step.categories_) >= len(origins):
        for origin, levels in zip(origins, step.categories_, strict=False):
            _note(found, origin, _levels(levels))
    elif isinstance(step, BaseEstimator) and get_tags(step).input_tags.string and len(origins) == 1:
        _note(found, origins[0], {"levels": np.array([], dtype=object)})  # a vectorizer of text


def _named_alike(step: Any, origins: Origins, outputs: Sequence[str] | None) -> Origins:
    """Return the origins of the outputs that have the name of an input; of all where there are no names."""
    names = getattr(step, "feature_names_in_", [f"x{i}" for i in range(len(origins))])
    origin_of = dict(zip(names, origins, strict=True))
    return origins if outputs is None else [origin_of.get(name) for name in outputs]


def _mark(value: Any) -> Any:
    """Return the value that an imputer treats as missing; NaN includes pandas' NA."""
    return value if value is None or (isinstance(value, (str, int, float)) and value == value) else math.nan


def _levels(learned: np.ndarray) -> dict[str, Any]:
    """Return the categories of an encoder, and the missing value that is one of them."""
    present = [level is not None and bool(level == level) for level in learned]
    missing = [None if level is None else math.nan for level in learned if level is None or level != level]
    return {"levels": learned[present]} | ({"missing": missing[0]} if missing else {})


def _array(levels: Sequence[Any]) -> np.ndarray:
    """Return levels as an array of objects, each as it is."""
    array = np.empty(len(levels), dtype=object)
    array[:] = levels
    return array
