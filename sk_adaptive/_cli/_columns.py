"""What the columns of a file are taken for.

The estimator decides. A file adds what it has no dtypes for: ids, columns without a name, numbers in other notations.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FEW = 20  # different values that may be levels although most look like numbers: 0, 1, 2 and "3+"
MAX_LINES = 50  # of the report
ID = re.compile(r"(.*[\W_])?(id|uuid|guid|index|key)", re.IGNORECASE)
UNNAMED = re.compile(r"Unnamed: \d+|__index_level_\d+__")
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


def describe(table: pd.DataFrame) -> list[Column]:
    """Return what the columns of a table are taken for.

    Raises
    ------
    ValueError
        If a column holds numbers that are not written as numbers, or a few words among numbers.
    """
    return [_describe(str(name), column) for name, column in table.items()]


def _describe(name: str, column: pd.Series) -> Column:
    from sk_adaptive._data.columns import Columns

    values = column.dropna()
    if UNNAMED.fullmatch(name):
        return Column(name, "left out", "a column without a name")
    if not len(values):
        return Column(name, "left out", "empty")
    if holds_text(values):
        _check_numbers(name, values)
    try:
        categories = Columns.from_table(column.to_frame(name), "from_dtype").categories
    except ValueError as error:
        reason, _, _advice = str(error).removeprefix(f"column {name} of X ").partition(": ")
        return Column(name, "left out", reason)
    if categories:
        return Column(name, "category", f"{len(categories[0].levels)} levels")
    if ID.fullmatch(name) and values.is_unique:
        return Column(name, "left out", "an id, different in each row")
    return Column(name, "number")


def holds_text(column: pd.Series) -> bool:
    """Return whether a column is of text, which is no category by its dtype yet."""
    import pandas as pd

    return pd.api.types.infer_dtype(column) == "string"


def _check_numbers(name: str, values: pd.Series) -> None:
    """Refuse words among numbers and numbers with signs around them: as levels they would be learned by heart."""
    from sk_adaptive._data.values import DATE

    number, formatted, date = (values.str.fullmatch(each, case=False) for each in (NUMBER, FORMATTED, DATE.pattern))
    if number.all():
        raise ValueError(f"column {name!r} is numbers stored as text: store numbers, or a dictionary if they are names")
    if (formatted & ~date).mean() <= 0.5 or values.nunique() <= FEW:
        return
    found = ", ".join(map(repr, values[~number].unique()[:3]))
    remedy = "write plain numbers, and leave missing ones empty (see also --decimal and --drop)"
    raise ValueError(f"column {name!r} is numbers, but for {found} in {(~number).sum()} rows: {remedy}")


def report(columns: Sequence[Column]) -> str:
    """Return a line per column; of a wide table those of numbers are only counted."""
    shown = [each for each in columns if len(columns) <= MAX_LINES or each.kind != "number"][:MAX_LINES]
    width = max((len(each.name) for each in shown), default=0)
    lines = [f"  {each.name:<{width}}  {each.kind}{': ' if each.note else ''}{each.note}" for each in shown]
    if len(shown) < len(columns):
        lines.append(f"  ... and {len(columns) - len(shown)} more")
    return "\n".join(lines)
