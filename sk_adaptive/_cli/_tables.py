"""Tables from files, and the preparation of their columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.compose import ColumnTransformer

MOST_CATEGORIES = 1000  # of one column: beyond, it is a name or free text
MOST_CLASSES = 20  # of a column of numbers: beyond, it is a quantity


def read(path: Path) -> pd.DataFrame:
    """Return the table in a CSV file (with a header, also compressed) or a Parquet file.

    Raises
    ------
    ImportError
        If pandas is not installed.
    ValueError
        If the file is neither, or has no rows.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError("reading tables needs pandas: pip install 'sk_adaptive[data]'") from error
    try:
        table = pd.read_parquet(path) if path.suffix in (".parquet", ".pq") else pd.read_csv(path)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    if not len(table):
        raise ValueError(f"{path} has no rows")
    return table


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
        If a column is missing, or there are more or fewer than the model reads.
    """
    names = getattr(model, "feature_names_in_", None)
    return table.to_numpy() if names is None else _plain(columns(table, names, path))


def split_target(table: pd.DataFrame, target: str, path: Path) -> tuple[pd.DataFrame, pd.Series]:
    """Return the rows that have a target: features and target.

    Raises
    ------
    ValueError
        If the column is not there.
    """
    y = columns(table, [target], path)[target]
    table, y = table[y.notna()], y[y.notna()]
    return _plain(table.drop(columns=target)), y


def _plain(X: pd.DataFrame) -> pd.DataFrame:
    """Return features with true and false as 1 and 0."""
    return X.astype({name: "int64" for name in X.columns if X[name].dtype.kind == "b"})


def is_quantity(y: pd.Series) -> bool:
    """Tell whether a target is a number to predict rather than a class: it has many different values."""
    return y.dtype.kind in "iuf" and y.nunique() > MOST_CLASSES


def labels(y: pd.Series) -> Any:
    """Return classes as an array of strings, integers or booleans."""
    if y.dtype.kind == "f" and (y == y.round()).all():
        return y.to_numpy(dtype="int64")  # integers that missing values had made floats
    return y.to_numpy() if y.dtype.kind in "iufb" else y.astype(str).to_numpy(dtype=object)


def preparation(X: pd.DataFrame) -> ColumnTransformer:
    """Return what turns the columns into standardised numbers: medians for missing ones, one-hot categories.

    Raises
    ------
    ValueError
        If a column is neither numbers nor categories, or has too many categories.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [name for name in X.columns if X[name].dtype.kind in "iuf"]
    categories = [name for name in X.columns if name not in numbers]
    strange = [name for name in categories if X[name].dtype.kind not in "OUT"]
    if strange:
        kind = X[strange[0]].dtype
        raise ValueError(f"column {strange[0]!r} is of type {kind}, neither numbers nor categories: see --drop")
    many = [name for name in categories if X[name].nunique() > MOST_CATEGORIES]
    if many:
        raise ValueError(f"column {many[0]!r} has more than {MOST_CATEGORIES} categories: see --drop")
    scaled = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    encoded = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer([("numbers", scaled, numbers), ("categories", encoded, categories)])


def single(X: pd.DataFrame) -> pd.DataFrame:
    """Return features with numbers in float32, which every ONNX runtime computes with."""
    return X.astype({name: "float32" for name in X.columns if X[name].dtype.kind in "iuf"})


def example_of(X: pd.DataFrame) -> list[Any]:
    """Return the first row without missing values, or the first row, in Python's own types."""
    whole = X.dropna()
    row = (whole if len(whole) else X).iloc[0]
    return [None if value != value or value is None else getattr(value, "item", lambda v=value: v)() for value in row]
