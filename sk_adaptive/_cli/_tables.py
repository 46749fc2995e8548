"""Features and targets of tables, as a command needs them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _columns

if TYPE_CHECKING:
    import pandas as pd

    from sk_adaptive._data.columns import Category, Columns

NUMBERS = ("boolean", "integer", "floating", "decimal", "mixed-integer-float", "empty")
MAX_CLASSES = 20  # of a column of numbers: beyond, it is a quantity


def columns(table: pd.DataFrame, wanted: Sequence[str], path: Path) -> pd.DataFrame:
    """Return some columns of a table.

    Raises
    ------
    ValueError
        If one of them is not there.
    """
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise ValueError(f"{path} has no column {missing[0]!r}; it has {', '.join(map(str, table.columns))}")
    return table[list(wanted)]


def features_of(model: Any, table: pd.DataFrame, path: Path) -> Any:
    """Return what a model reads of a table: the columns of its names, or all as an array if it has no names.

    Raises
    ------
    ValueError
        If a column is missing, there are more or fewer than the model reads, or one of categories has none of them.
    """
    from sk_adaptive._data.values import numbers_of

    names = getattr(model, "feature_names_in_", None)
    X = table if names is None else columns(table, names, path)
    of_network = columns_of(model)
    if of_network is None:
        X = plain(X)
    categories = {} if of_network is None else of_network.categories
    X = X.assign(**{X.columns[i]: _levels(X.iloc[:, i], each) for i, each in categories.items() if i < X.shape[1]})
    if names is not None:
        return X
    numbers = {name: numbers_of(X[name], name) for i, name in enumerate(X.columns) if i not in categories}
    return X.assign(**numbers).to_numpy()


def text_of(model: Any) -> list[str]:
    """Return the names of the columns that a CSV file must be read as text for: a network knows them as text."""
    names = getattr(model, "feature_names_in_", None)
    known = columns_of(model)
    if names is None or known is None:
        return []
    return [str(names[i]) for i, each in known.categories.items() if each.is_text]


def columns_of(model: Any) -> Columns | None:
    """Return what a network knows of its columns; None of another model, whose steps read them."""
    from sk_adaptive._estimators.base import BaseAdaptiveMLP

    return model._columns if isinstance(model, BaseAdaptiveMLP) else None


def numbers(column: pd.Series) -> pd.Series:
    """Return a column of numbers as it is.

    Raises
    ------
    ValueError
        If it holds anything else.
    """
    import pandas as pd

    if column.dtype.kind in "iuf":
        return column
    read = pd.to_numeric(column.map(lambda value: value if isinstance(value, (int, float, str)) else "?"), "coerce")
    wrong = column[read.isna() & column.notna()]
    if len(wrong):
        row, value = wrong.index[0], wrong.iloc[0]
        raise ValueError(f"column {column.name!r} must hold numbers: row {row} (the first is 0) has {value!r}")
    return read.astype(float)


def _levels(column: pd.Series, category: Category) -> pd.Series:
    """Return a column of categories, as text where the model's are; it may be missing, but not unknown in every row."""
    known = category.levels
    if category.is_text:
        column = as_text(column)
    given = column[column.notna()]
    if len(given) and not set(given) & set(known):
        some = ", ".join(map(repr, sorted(known, key=str)[:5]))
        raise ValueError(
            f"column {column.name!r} has no category of the model, such as {some}: it has {given.iloc[0]!r}"
        )
    return column


def with_categories(X: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return a table in which columns of text are categories by their dtype."""
    text = [name for name in names if _columns.holds_text(X[name])]
    return X.assign(**{name: X[name].astype("category") for name in text})


def as_text(column: pd.Series) -> pd.Series:
    """Return categories as text; integers that missing values had made floats without their point."""

    def text(value: Any) -> str:
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

    return column.map(text, na_action="ignore").astype(object)


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose columns are NumPy numbers, or objects with NaN where a value is missing."""
    import pandas as pd

    return pd.DataFrame({name: _plain(column) for name, column in table.items()}, index=table.index)


def _plain(column: pd.Series) -> pd.Series:
    import pandas as pd

    if column.dtype.kind in "iuf" and not pd.api.types.is_extension_array_dtype(column.dtype):
        return column
    column = column.astype(object).where(column.notna(), float("nan"))
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in NUMBERS:
        return column.astype("float64" if kind != "boolean" or column.isna().any() else "int64")
    return column


def split_target(table: pd.DataFrame, target: str, path: Path) -> tuple[pd.DataFrame, pd.Series]:
    """Return the rows that have a target, features and target; print how many have none.

    Raises
    ------
    ValueError
        If the column is not there, or empty.
    """
    y = plain(columns(table, [target], path))[target]
    labelled = y.notna()
    if not labelled.any():
        raise ValueError(f"the target {target!r} is empty in every row of {path}")
    if not labelled.all():
        print(f"{path}: rows without {target!r}, left out: {(~labelled).sum()}")
    return table[labelled].drop(columns=target), y[labelled]


def is_quantity(y: pd.Series) -> bool:
    """Tell whether a target is a number to predict rather than a class: it has many different values."""
    return y.dtype.kind in "iuf" and y.nunique() > MAX_CLASSES


def targets(y: pd.Series, *, regression: bool) -> Any:
    """Return the numbers or the classes to learn as an array.

    Raises
    ------
    ValueError
        If they are none.
    """
    if regression:
        return numbers(y).to_numpy(dtype=float)
    fractions = y[y != y.round()] if y.dtype.kind == "f" else y[:0]
    if len(fractions):
        raise ValueError(
            f"column {y.name!r} has fractions, such as {fractions.iloc[0]:g}, which are no classes: see --task "
            "regression"
        )
    return labels(y)


def labels(y: pd.Series) -> Any:
    """Return classes as an array of strings or integers."""
    if y.dtype.kind == "f" and (y == y.round()).all():
        return y.to_numpy(dtype="int64")  # integers that missing values had made floats
    return y.to_numpy() if y.dtype.kind in "iuf" else y.astype(str).to_numpy(dtype=object)
