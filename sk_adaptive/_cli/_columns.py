"""Types of a table's columns: number, category or unused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FEW = 10  # values that may all differ in a category
MAX_LINES = 50  # of the report
NUMBERS = ("boolean", "integer", "floating", "decimal", "mixed-integer-float", "empty")
WORDS = ("string", "mixed-integer", "mixed")
DATES = ("date", "datetime", "datetime64", "time", "period", "timedelta", "timedelta64")
ID = re.compile(r"(.*[\W_])?(id|uuid|guid|index|key)", re.IGNORECASE)
UNNAMED = re.compile(r"Unnamed: \d+|__index_level_\d+__")
DATE = r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?"
NUMBER = r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*"
FORMATTED = r"\s*[-+]?\s*[€$£]?\s*\d[\d.,'\s]*[%€$£]?\s*"  # 12%, 1,234.50, $ 5


@dataclass(frozen=True)
class Column:
    """What a column is taken for.

    Parameters
    ----------
    name : str
        Its name.
    kind : {"number", "category", "left out"}
        What the model does with it.
    note : str
        How many levels, or why it is left out.
    """

    name: str
    kind: str
    note: str = ""


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose columns are NumPy numbers, or objects with NaN where a value is missing."""
    import pandas as pd

    columns = {name: _plain(column) for name, column in table.items()}
    return pd.DataFrame(columns, index=table.index)


def _plain(column: pd.Series) -> pd.Series:
    import pandas as pd

    if column.dtype.kind in "iuf" and not pd.api.types.is_extension_array_dtype(column.dtype):
        return column
    column = column.astype(object).where(column.notna(), float("nan"))
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in NUMBERS:
        return column.astype("float64" if kind != "boolean" or column.isna().any() else "int64")
    return column


def describe(table: pd.DataFrame) -> list[Column]:
    """Return what the columns of a plain table are taken for.

    Raises
    ------
    ValueError
        If a column holds numbers that are not written as numbers, or a few words among numbers.
    """
    return [_describe(str(name), column) for name, column in table.items()]


def _describe(name: str, column: pd.Series) -> Column:
    import pandas as pd

    values = column.dropna()
    if UNNAMED.fullmatch(name):
        return Column(name, "left out", "a column without a name")
    if not len(values):
        return Column(name, "left out", "empty")
    kind = pd.api.types.infer_dtype(values)
    if kind in NUMBERS:
        if ID.fullmatch(name) and values.is_unique:
            return Column(name, "left out", "an id, different in each row")
        return Column(name, "number")
    if kind in DATES or (kind == "string" and values.str.fullmatch(DATE).mean() > 0.5):
        return Column(name, "left out", "dates: give what matters of them as numbers")
    if kind not in WORDS or not values.map(lambda value: isinstance(value, (str, int, float))).all():
        return Column(name, "left out", f"neither numbers nor categories, but {type(values.iloc[0]).__name__}")
    values = values.astype(str)
    _check_numbers(name, values)
    return _category(name, values)


def _check_numbers(name: str, values: pd.Series) -> None:
    """Refuse words among numbers and numbers with signs around them: as levels they would be learned by heart."""
    number, formatted = (values.str.fullmatch(pattern, case=False) for pattern in (NUMBER, FORMATTED))
    if formatted.mean() <= 0.5:
        return
    others = values[~number].unique()
    if not len(others):
        return  # text on purpose: codes in a Parquet file
    found = ", ".join(map(repr, others[:3]))
    remedy = "write plain numbers, and leave missing ones empty (see also --decimal and --drop)"
    raise ValueError(f"column {name!r} is numbers, but for {found} in {(~number).sum()} rows: {remedy}")


def _category(name: str, values: pd.Series) -> Column:
    levels, rows = values.nunique(), len(values)
    if levels > max(FEW, rows / 2):
        return Column(name, "left out", f"{levels} different values in {rows} rows: ids or free text")
    return Column(name, "category", f"{levels} levels")


def report(columns: Sequence[Column]) -> str:
    """Return a line per column; of a wide table those of numbers are only counted."""
    shown = [each for each in columns if len(columns) <= MAX_LINES or each.kind != "number"][:MAX_LINES]
    width = max((len(each.name) for each in shown), default=0)
    lines = [f"  {each.name:<{width}}  {each.kind}{': ' if each.note else ''}{each.note}" for each in shown]
    if len(shown) < len(columns):
        lines.append(f"  ... and {len(columns) - len(shown)} more")
    return "\n".join(lines)
