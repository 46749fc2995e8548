"""Values of one column of a table, whatever library the table is of."""

from __future__ import annotations

import re
from collections.abc import Collection
from numbers import Number
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d.*)?")
MIN_ROWS_OF_TEXT = 50  # in fewer rows, values that are all different may still be levels
TEXT_SHARE = 0.9  # of values that are all different: names, identifiers, free text

# The beginnings of dtypes' names, in pandas (also those of Arrow) and in polars.
CATEGORIES = ("category", "categorical", "enum", "dictionary", "bool")
TEXTS = ("str", "string", "large_string", "utf8", "<u")
DATES = ("date", "time", "duration", "period", "month")
NESTED = ("list", "array", "struct", "binary", "map", "bytes")

Kind = Literal["number", "category", "text"]


def is_table(X: Any) -> bool:
    """Return whether X is a DataFrame, of pandas or polars or alike."""
    return hasattr(X, "columns") and hasattr(X, "dtypes") and hasattr(X, "shape")


def is_objects(X: Any) -> bool:
    """Return whether X is an array of Python objects, text or dates, which are read column by column."""
    return isinstance(X, np.ndarray) and X.dtype.kind in "OUmM"


def column_of(X: Any, i: int) -> Any:
    """Return column i of a DataFrame or an array.

    Raises
    ------
    ValueError
        If X is a sparse matrix, which holds no categories.
    """
    if sp.issparse(X):
        raise ValueError("X is a sparse matrix, but it had columns of categories in fit: give it as it was there")
    if hasattr(X, "iloc"):
        return X.iloc[:, i]
    return X.to_series(i) if hasattr(X, "to_series") else X[:, i]


def values_of(column: Any) -> list:
    """Return the values as Python objects; missing ones are None, NaN or pandas' NA."""
    if _is_categorical(column):  # pandas rounds whole levels where a value is missing
        levels = [*column.cat.categories.to_list(), None]
        return [levels[code] for code in column.cat.codes.tolist()]
    values: list = column.to_list() if hasattr(column, "to_list") else column.tolist()
    return values


def is_missing(value: Any) -> bool:
    """Return whether a value is None, NaN, NaT or pandas' NA, whose comparison has no truth."""
    try:
        return value is None or bool(value != value)
    except (TypeError, ArithmeticError):  # of pandas' NA, of a signaling NaN
        return True
    except ValueError:  # of an array in a cell
        return False


def is_whole(value: Any) -> bool:
    """Return whether a value is a whole number of Python, whatever its type."""
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


def numbers_of(column: Any, name: str) -> np.ndarray:
    """Return a column of numbers as float64, NaN where missing.

    Raises
    ------
    ValueError
        If it holds something else; the message names the column.
    """
    if _begins(column, DATES):
        raise ValueError(_date(name))
    if _begins(column, ("complex",)):
        raise ValueError(f"column {name} of X must hold numbers, complex ones are not supported: got {column.dtype}")
    if _is_categorical(column):  # levels may be dates, which NumPy would take for numbers
        return _numbers_one_by_one(values_of(column), name)
    try:
        if hasattr(column, "isna"):
            return column.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.asarray(column.to_numpy() if hasattr(column, "to_numpy") else column).astype(np.float64)
    except Exception:  # noqa: BLE001  # of each library its own: what follows finds the value
        return _numbers_one_by_one(values_of(column), name)


def _numbers_one_by_one(values: list, name: str) -> np.ndarray:
    numbers = np.full(len(values), np.nan)
    for row, value in enumerate(values):
        if is_missing(value):
            continue
        try:
            numbers[row] = float(value)
        except (TypeError, ValueError, OverflowError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(
                f"column {name} of X must hold numbers, but row {row} (the first is 0) has {value!r:.100}: {error}"
            ) from error
    return numbers


def kind_of(column: Any, name: str) -> Kind:
    """Return what a column is, by its dtype, or of objects by its values.

    Raises
    ------
    ValueError
        If it is none of these: dates, lists, a mixture.
    """
    if _begins(column, DATES):
        raise ValueError(_date(name))
    if _begins(column, NESTED):
        raise ValueError(f"column {name} of X holds {column.dtype}: numbers or categories are needed; drop it")
    if _begins(column, ("interval",)):
        raise ValueError(f"column {name} of X holds intervals: give it dtype category, or drop it")
    if _begins(column, CATEGORIES):
        return "category"
    if _begins(column, TEXTS):
        return "text"
    return _kind_of_objects(column, name) if _begins(column, ("object",)) else "number"


def check_levels(levels: Collection[Any], n_values: int, name: str) -> None:
    """Refuse texts that are hardly meant as categories: numbers, dates, free text.

    Parameters
    ----------
    levels : collection
        The different values, without missing ones.
    n_values : int
        How many values there are that are not missing.
    name : str
        The column's name, for messages.

    Raises
    ------
    ValueError
        If they are; the message names the column and says what to do.
    """
    if not levels:
        return
    if all(_is_number(text) for text in levels):
        raise ValueError(
            f"column {name} of X holds numbers stored as text, such as {next(iter(levels))!r}: convert it to numbers, "
            "or give it dtype category if they are names"
        )
    dates = sum(isinstance(text, str) and DATE.fullmatch(text.strip()) is not None for text in levels)
    if dates > len(levels) / 2:  # a few words may stand for unknown ones
        raise ValueError(_date(name))
    if n_values >= MIN_ROWS_OF_TEXT and len(levels) > TEXT_SHARE * n_values:
        raise ValueError(
            f"column {name} of X holds free text or identifiers ({len(levels)} different values in {n_values} "
            "rows): drop it, encode it with skrub.TableVectorizer, or give it dtype category"
        )


def _is_categorical(column: Any) -> bool:
    """Return whether a column is of pandas' dtype category."""
    return hasattr(column, "isna") and hasattr(column, "cat")


def _begins(column: Any, names: tuple[str, ...]) -> bool:
    return str(column.dtype).lower().startswith(names)


def _kind_of_objects(column: Any, name: str) -> Kind:
    kinds = {type(value) for value in values_of(column) if not is_missing(value)}
    if all(issubclass(kind, (bool, np.bool_)) for kind in kinds) and kinds:
        return "category"
    if all(issubclass(kind, str) for kind in kinds) and kinds:
        return "text"
    if all(issubclass(kind, Number) for kind in kinds):  # none at all: every value is missing
        return "number"
    names = ", ".join(sorted(kind.__name__ for kind in kinds))
    if any("date" in kind.__name__.lower() or "time" in kind.__name__.lower() for kind in kinds):
        raise ValueError(_date(name))
    raise ValueError(f"column {name} of X holds values of types {names}: make them all numbers, or all text")


def _date(name: str) -> str:
    return (
        f"column {name} of X holds dates or times: make numbers or categories of them, such as the year and the "
        "weekday, with skrub.TableVectorizer for example, or drop it"
    )


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return is_missing(value)
    return True
