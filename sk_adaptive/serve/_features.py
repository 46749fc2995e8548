"""Features of a model: names, allowed values, and an example row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from ._columns import Column, columns_of
from ._errors import RequestError
from ._json import kind, plain


@dataclass(frozen=True)
class Feature:
    """One column of the rows.

    Parameters
    ----------
    name : str
        Its name, "x0", "x1", ... when the model was fitted without names.
    column : Column
        What training left of it.
    example : float, str or None
        A value to begin with.
    """

    name: str
    column: Column
    example: Any

    @property
    def is_category(self) -> bool:
        """Whether values are categories, not numbers."""
        return self.column.levels is not None

    @cached_property
    def options(self) -> tuple[Any, ...]:
        """The categories that the model knows, as JSON values; empty for numbers and free text."""
        return () if self.column.levels is None else tuple(plain(self.column.levels))

    @cached_property
    def holds_text(self) -> bool:
        """Whether values may be strings: free text or categories."""
        return self.is_category and (not self.options or any(isinstance(option, str) for option in self.options))

    @cached_property
    def holds_numbers(self) -> bool:
        """Whether values may be numbers; categories can be strings, numbers or both."""
        return not self.is_category or any(not isinstance(option, str) for option in self.options)

    def checked(self, value: Any, row: int) -> Any:
        """Return the value of a cell: a string or a finite number, as the feature requires; None if it is missing.

        Raises
        ------
        RequestError
            If the value is of the wrong kind, not finite, or not Unicode.
        """
        if value is None:
            return None
        if self.holds_text and (isinstance(value, str) or not self.holds_numbers):
            return self._checked_text(value, row)
        if type(value) is float and math.isfinite(value):  # what most cells are
            return value
        if not isinstance(value, (int, float)):
            raise RequestError(f"row {row}: feature {self.name!r} must be a number, got {kind(value)}")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise RequestError(f"row {row}: feature {self.name!r} is not a finite number")
        return number if number == value else value  # a large whole number may be a category, which has every digit

    def from_text(self, text: str, row: int) -> Any:
        """Return the value of a text from a form or a CSV file; an empty text gives None, unless it is a category.

        Raises
        ------
        RequestError
            If the feature is a number and the text is not.
        """
        if text in self._by_text:
            return self._by_text[text]
        if not text.strip():
            return None
        if self.holds_text:
            return text
        try:
            return float({"true": "1", "false": "0"}.get(text.strip().lower(), text))
        except ValueError:
            raise RequestError(f"row {row}: feature {self.name!r} must be a number, got {text[:40]!r}") from None

    def array(self, cells: Sequence[Any]) -> np.ndarray:
        """Return checked cells as a column of the dtype in training, float or object."""
        if self.column.levels is not None or self.column.missing is not math.nan:
            cells = [self._trained.get(cell, cell) for cell in cells]
        as_float = self._is_numeric and not (self.is_category and any(type(cell) is int for cell in cells))
        return np.array(cells, dtype=float if as_float else object)  # None becomes NaN

    @cached_property
    def _by_text(self) -> dict[str, Any]:
        return {str(option): option for option in self.options}

    @cached_property
    def _is_numeric(self) -> bool:
        levels, missing = self.column.levels, self.column.missing
        return isinstance(missing, (int, float)) and (levels is None or levels.dtype.kind in "biuf")

    @cached_property
    def _trained(self) -> dict[Any, Any]:
        """Values of JSON that the table of the model represents differently, and their values there."""
        levels: Iterable = [] if self.column.levels is None else self.column.levels
        return {None: self.column.missing, **dict(zip(self.options, levels, strict=True))}

    def _checked_text(self, value: Any, row: int) -> str:
        if not isinstance(value, str):
            raise RequestError(f"row {row}: feature {self.name!r} must be a string, got {kind(value)}")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise RequestError(f"row {row}: feature {self.name!r} contains half of a surrogate pair") from None
        return value


def describe(model: BaseEstimator, example: Sequence | Mapping | None) -> tuple[Feature, ...]:
    """Return the features of a fitted model.

    Parameters
    ----------
    model : estimator
        A fitted estimator with `n_features_in_`.
    example : sequence, mapping or None
        One row; None begins with zeros and first categories.

    Raises
    ------
    ValueError
        If the example is not a row of the model's features, or a name cannot be sent.
    """
    columns = columns_of(model)
    given = getattr(model, "feature_names_in_", None)
    names = [f"x{i}" for i in range(len(columns))] if given is None else [str(name) for name in given]
    unsendable = next((name for name in names if plain(name) != name), None)
    if unsendable is not None:
        raise ValueError(f"the feature name {unsendable!r} contains half of a surrogate pair: no request can send it")
    values = _values(example, names)
    return tuple(map(_feature, names, columns, values))


def _feature(name: str, column: Column, value: Any) -> Feature:
    """Return a feature with an example value; a string makes an unknown column free text."""
    is_missing = value is None or (isinstance(value, (float, np.floating)) and np.isnan(value))
    value = None if is_missing else plain(value)
    if isinstance(value, str) and column.levels is None:
        column = Column(np.array([], dtype=object), column.missing)
    feature = Feature(name, column, value)
    first = feature.options[0] if feature.options else "" if feature.holds_text else 0.0
    return replace(feature, example=first) if is_missing else feature


def _values(example: Sequence | Mapping | None, names: Sequence[str]) -> list[Any]:
    if example is None:
        return [None] * len(names)
    if isinstance(example, Mapping):
        if set(example) != set(names):
            raise ValueError(f"the example row must have the features {names}, got {list(example)}")
        return [example[name] for name in names]
    if len(example) != len(names):
        raise ValueError(f"the example row has {len(example)} values, but the model has {len(names)} features")
    return list(example)
