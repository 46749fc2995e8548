"""Preparation of a table's columns for a network, and what a prepared model reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.compose import ColumnTransformer

NUMBERS, CATEGORIES = "numbers", "categories"  # the transformers' names


def preparation(numbers: Sequence[str], categories: Sequence[str]) -> ColumnTransformer:
    """Return what turns the columns into standardised numbers: medians for missing ones, one-hot categories."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    scaled = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    encoded = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer([(NUMBERS, scaled, list(numbers)), (CATEGORIES, encoded, list(categories))])


def columns_of(model: Any) -> tuple[list[str], dict[str, Any]]:
    """Return the columns that a model reads as numbers, and those that it reads as categories with their levels.

    Of a model that was prepared in another way, nothing is known unless it is a network itself.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    from sk_adaptive._estimators.base import BaseAdaptiveMLP

    if isinstance(model, BaseAdaptiveMLP):
        return list(getattr(model, "feature_names_in_", ())), {}
    first = model[0] if isinstance(model, Pipeline) else None
    if not isinstance(first, ColumnTransformer) or [step[0] for step in first.transformers] != [NUMBERS, CATEGORIES]:
        return [], {}
    (_, _, numbers), (_, encoder, categories) = first.transformers_[:2]
    return numbers, dict(zip(categories, encoder.categories_, strict=True)) if len(categories) else {}


def single(X: pd.DataFrame) -> pd.DataFrame:
    """Return features with numbers in float32, which every ONNX runtime computes with."""
    return X.astype({name: "float32" for name in X.columns if X[name].dtype.kind in "iuf"})


def example_of(X: pd.DataFrame) -> list[Any]:
    """Return the first row without missing values, or the first row, in Python's own types."""
    whole = X.dropna()
    row = (whole if len(whole) else X).iloc[0]
    return [None if value != value or value is None else getattr(value, "item", lambda v=value: v)() for value in row]
