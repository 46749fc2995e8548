"""What a model reads of a table, and rows to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def columns_of(model: Any) -> tuple[list[str], dict[str, Any]]:
    """Return the columns that a network reads as numbers, and those that it reads as categories with their levels.

    Of a model that was prepared in another way, nothing is known.
    """
    from sk_adaptive._estimators.base import BaseAdaptiveMLP

    if not isinstance(model, BaseAdaptiveMLP):
        return [], {}
    columns = model._columns
    categories = {each.name: each.levels for each in columns.categories.values()}
    return [name for name in columns.names if name not in categories], categories


def single(X: pd.DataFrame) -> pd.DataFrame:
    """Return features with numbers in float32, which every ONNX runtime computes with."""
    return X.astype({name: "float32" for name in X.columns if X[name].dtype.kind in "iuf"})


def example_of(X: pd.DataFrame) -> list[Any]:
    """Return the first row without missing values, or the first row, in Python's own types."""
    whole = X.dropna()
    row = (whole if len(whole) else X).iloc[0]
    return [None if value != value or value is None else getattr(value, "item", lambda v=value: v)() for value in row]
