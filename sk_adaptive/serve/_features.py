"""The features that a model reads: their names, which of them are categories, and a row to begin with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from ._errors import RequestError
from ._json import kind


@dataclass(frozen=True)
class Feature:
    """One column of the rows.

    Parameters
    ----------
    name : str
        Its name, "x0", "x1", ... when the model was fitted without names.
    options : tuple or None
        The categories that the model knows; None for a number.
    example : float, str or None
        A value to begin with.
    """

    name: str
    options: tuple[Any, ...] | None
    example: Any

    @property
    def is_category(self) -> bool:
        """Whether values are names rather than numbers."""
        return self.options is not None

    def checked(self, value: Any, row: int) -> Any:
        """Return a cell's value as the model takes it; None becomes NaN, a missing value.

        Raises
        ------
        RequestError
            If the value is of the wrong kind, or not finite.
        """
        if type(value) is float and self.options is None and math.isfinite(value):  # what most cells are
            return value
        if value is None:
            return math.nan
        if self.options is not None:
            if not isinstance(value, (str, int, float)):
                raise RequestError(f"row {row}: feature {self.name!r} must be a string, got {kind(value)}")
            return value
        if not isinstance(value, (int, float)):
            raise RequestError(f"row {row}: feature {self.name!r} must be a number, got {kind(value)}")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise RequestError(f"row {row}: feature {self.name!r} is not a finite number")
        return number

    def from_text(self, text: str, row: int) -> Any:
        """Return the value that a form or a CSV file gives as text; blank is None.

        Raises
        ------
        RequestError
            If the feature is a number and the text is not.
        """
        if not text.strip():
            return None
        if self.options is not None:
            return next((option for option in self.options if str(option) == text), text)
        try:
            return float({"true": "1", "false": "0"}.get(text.strip().lower(), text))
        except ValueError:
            raise RequestError(f"row {row}: feature {self.name!r} must be a number, got {text[:40]!r}") from None


def describe(model: BaseEstimator, example: Sequence | Mapping | None) -> tuple[Feature, ...]:
    """Return what a fitted model reads, from the model itself.

    Parameters
    ----------
    model : estimator
        A fitted estimator with `n_features_in_`.
    example : sequence, mapping or None
        One row; None begins with zeros and first categories.

    Raises
    ------
    ValueError
        If the example is not a row of the model's features.
    """
    n_features = int(model.n_features_in_)
    given = getattr(model, "feature_names_in_", None)
    names = [f"x{i}" for i in range(n_features)] if given is None else [str(name) for name in given]
    options = dict(_options(model, names))
    values = _values(example, names)
    return tuple(
        Feature(name, options.get(name, () if isinstance(value, str) else None), _begin(value, options.get(name)))
        for name, value in zip(names, values, strict=True)
    )


def _values(example: Sequence | Mapping | None, names: Sequence[str]) -> list[Any]:
    if example is None:
        return [None] * len(names)
    if isinstance(example, Mapping):
        if set(example) != set(names):
            raise ValueError(f"the example row must have the features {names}, got {list(example)}")
        return [example[name] for name in names]
    if len(example) != len(names):
        raise ValueError(f"the example row has {len(example)} values, the model reads {len(names)}")
    return list(example)


def _begin(value: Any, options: tuple[Any, ...] | None) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is not None and value == value:
        return value
    return options[0] if options else 0.0


def _options(model: BaseEstimator, names: Sequence[str]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the columns that an encoder turns into numbers, and the categories it knows."""
    first = getattr(model, "best_estimator_", model)
    while isinstance(first, Pipeline):
        first = first.steps[0][1]
    parts = first.transformers_ if isinstance(first, ColumnTransformer) else [("", first, list(range(len(names))))]
    for _, transformer, columns in parts:
        steps = [step for _, step in transformer.steps] if isinstance(transformer, Pipeline) else [transformer]
        categories = next((step.categories_ for step in steps if hasattr(step, "categories_")), None)
        if categories is not None:
            for column, known in zip(columns, categories, strict=True):
                name = column if isinstance(column, str) else names[column]
                yield name, tuple(option for option in known.tolist() if option is not None and option == option)
