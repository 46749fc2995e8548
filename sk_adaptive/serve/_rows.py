"""Conversion of JSON rows to the model's input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._errors import RequestError
from ._features import Feature
from ._json import kind
from ._limits import Limits


def check_size(n_rows: int, n_features: int, limits: Limits) -> None:
    """Raise an error if there are no rows, or more rows or cells than the limits allow."""
    if n_rows == 0:
        raise RequestError("there are no rows")
    if n_rows > limits.max_rows:
        raise RequestError(f"{n_rows} rows are too many, the limit is {limits.max_rows} per request", 413)
    if n_rows * n_features > limits.max_cells:
        raise RequestError(
            f"{n_rows} rows of {n_features} features are too many, the limit is {limits.max_cells} cells per request",
            413,
        )


def checked_rows(rows: Any, features: Sequence[Feature], limits: Limits, field: str) -> list[list[Any]]:
    """Return rows as lists in the order of the features, after a check of every cell.

    Parameters
    ----------
    rows : object
        What the request holds: it should be a list of lists, or of objects by feature name.
    features : sequence of Feature
        What the model reads.
    limits : Limits
        What one request may ask for.
    field : str
        Where the rows stand in the request, for messages.

    Raises
    ------
    RequestError
        If anything but rows of the model's features is found; the message names the row and the feature.
    """
    if not isinstance(rows, list):
        raise RequestError(f"{field!r} must be an array of rows, got {kind(rows)}")
    check_size(len(rows), len(features), limits)
    return [
        [feature.checked(cell, i) for feature, cell in zip(features, _cells(row, features, i), strict=True)]
        for i, row in enumerate(rows)
    ]


def as_table(rows: list[list[Any]], features: Sequence[Feature], named: bool) -> Any:
    """Return checked rows as the input of the model: a pandas DataFrame if its features have names, else an array."""
    columns = [feature.array(cells) for feature, cells in zip(features, zip(*rows, strict=True), strict=True)]
    if not named:
        return np.stack(columns, axis=1)
    import pandas as pd

    # A series keeps its dtype where a frame would guess one from the values of the request.
    series = [pd.Series(column, dtype=column.dtype) for column in columns]
    return pd.DataFrame(dict(zip((feature.name for feature in features), series, strict=True)))


def _cells(row: Any, features: Sequence[Feature], number: int) -> list[Any]:
    if isinstance(row, list):
        if len(row) != len(features):
            raise RequestError(f"row {number} has {len(row)} values, but the model has {len(features)} features")
        return row
    if not isinstance(row, dict):
        raise RequestError(f"row {number} must be an array or an object, got {kind(row)}")
    for feature in features:
        if feature.name not in row:
            raise RequestError(f"row {number}: feature {feature.name!r} is missing")
    if len(row) > len(features):
        unknown = next(iter(row.keys() - {feature.name for feature in features}))
        raise RequestError(f"row {number}: the model has no feature {unknown!r}")
    return [row[feature.name] for feature in features]
