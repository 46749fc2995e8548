"""What the columns of a table give to the first layer, as ONNX nodes."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Number
from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx.common.data_types import (
    BooleanTensorType,
    DoubleTensorType,
    Float16TensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
    guess_data_type,
)

from sk_adaptive._data.columns import Category, Columns
from sk_adaptive._data.inputs import NONE, Inputs
from sk_adaptive._data.values import column_of, is_missing, is_whole, values_of

from ._graphs import Graph

ML = "ai.onnx.ml"
MISSING = ("", "nan", "None", "<NA>")  # an ONNX string cannot be: onnxruntime makes these of NaN, None and pandas' NA
NUMBERS = ("int", "uint", "float", "decimal")  # how dtypes' names begin


class Table:
    """Draws the columns that a network reads: all in one tensor, or each in one of its own.

    Parameters
    ----------
    g : Graph
        What they are drawn in.
    inputs : sequence of object
        skl2onnx's variables.
    columns : Columns
        What the network knows of its columns.

    Raises
    ------
    ValueError
        If there are neither one tensor nor as many as columns.
    """

    def __init__(self, g: Graph, inputs: Sequence[Any], columns: Columns) -> None:
        if len(inputs) not in (1, columns.n_columns):
            raise ValueError(f"the network reads {columns.n_columns} columns, got {len(inputs)} inputs")
        self._g = g
        self._inputs = inputs
        self._columns = columns

    def product(self, coef: np.ndarray, inputs: Inputs) -> str:
        """Add what the columns give to the first layer.

        Parameters
        ----------
        coef : ndarray of shape (..., n_inputs, n_units)
            Weights, scaled by member and input.
        inputs : Inputs
            How the columns are read.

        Returns
        -------
        str
            The name of the sum.
        """
        g, n = self._g, inputs.n_numbers
        z = self._product_of_numbers(coef[..., :n, :], inputs) if n else g.constant(np.zeros(coef.shape[-1]))
        for each in inputs.levels:
            code = self._is_present(each.column) if each.is_missing else self._level(each.column)
            given = [*each.inputs, NONE] if each.is_missing else each.inputs
            weights = np.stack([np.zeros_like(coef[..., 0, :]) if i == NONE else coef[..., i, :] for i in given], -2)
            flat = g("Reshape", code, g.constant(np.array([-1])))
            z = g("Add", z, g("Gather", weights, flat, axis=weights.ndim - 2))
        shift = inputs.shift
        return z if shift is None else g("Add", z, shift[:, None] if coef.ndim == 3 else shift[0])

    def _product_of_numbers(self, coef: np.ndarray, inputs: Inputs) -> str:
        g = self._g
        numbers = self._numbers(inputs.columns)
        factor = np.minimum(inputs.factor, np.finfo(g.dtype).max)
        z = g("Mul", g("Sub", numbers, inputs.centre), factor)
        if np.isfinite(inputs.lower).any():
            z = g("Min", g("Max", z, inputs.lower), inputs.upper)
        return g("MatMul", g("Where", g("IsNaN", numbers), inputs.missing, z), coef)

    def _numbers(self, columns: np.ndarray) -> str:
        g = self._g
        for i in columns:
            if isinstance(self._type(i), StringTensorType):
                raise ValueError(f"column {self._columns.names[i]} holds numbers: its ONNX input cannot be of strings")
        if len(self._inputs) > 1:
            return g("Concat", *(g.cast(self._inputs[i].full_name) for i in columns), axis=1)
        name = self._inputs[0].full_name
        everything = np.array_equal(columns, np.arange(self._columns.n_columns))
        return g.cast(name if everything else self._picked(columns))

    def _picked(self, columns: Any) -> str:
        return self._g("Gather", self._inputs[0].full_name, self._g.constant(np.asarray(columns)), axis=1)

    def _column(self, i: int) -> tuple[str, Any]:
        """Return the name of a column and its type."""
        return self._inputs[i].full_name if len(self._inputs) > 1 else self._picked([i]), self._type(i)

    def _type(self, i: int) -> Any:
        return self._inputs[i if len(self._inputs) > 1 else 0].type

    def _is_present(self, i: int) -> str:
        """Return 0 where a number is missing, 1 where it is not."""
        g = self._g
        return g("Cast", g("Not", g("IsNaN", g.cast(self._column(i)[0]))), to=TensorProto.INT64)

    def _level(self, i: int) -> str:
        """Return the number of each row's level, as `Category.numbers` does."""
        category = self._columns.categories[i]
        name, kind = self._column(i)
        is_text = isinstance(kind, StringTensorType)
        if category.is_text:
            if not is_text:
                raise ValueError(f"column {category.name} holds text: its ONNX input must be of strings, got {kind}")
            return self._level_of_text(name, category)
        if any(isinstance(level, str) for level in category.levels):
            raise ValueError(f"column {category.name} holds numbers and text, which no ONNX input does")
        if is_text:
            raise ValueError(f"levels of column {category.name} are numbers: its ONNX input cannot be of strings")
        if isinstance(kind, Float16TensorType):  # each is a number of float32 as well
            name, kind = self._g.with_dtype(np.float32).cast(name), FloatTensorType()
        if isinstance(kind, (FloatTensorType, DoubleTensorType)):
            return self._level_of_float(name, category, is_double=isinstance(kind, DoubleTensorType))
        return self._level_of_integer(self._g("Cast", name, to=TensorProto.INT64), category)

    def _level_of_text(self, name: str, category: Category) -> str:
        unsendable = next((level for level in category.levels if not _is_unicode(level)), None)
        if unsendable is not None:
            raise ValueError(
                f"column {category.name} has the level {unsendable!r}, half of a surrogate pair: no Unicode"
            )
        levels = dict.fromkeys(MISSING, len(category.levels)) | {
            level: code for code, level in enumerate(category.levels)
        }
        return self._encoded(name, category, keys_strings=list(levels), values_int64s=list(levels.values()))

    def _level_of_integer(self, name: str, category: Category) -> str:
        large = next((level for level in category.levels if is_whole(level) and not _is_int64(level)), None)
        if large is not None:
            raise ValueError(f"column {category.name} has the level {large!r}, which is no int64")
        codes = {int(level): code for code, level in enumerate(category.levels) if is_whole(level)}
        if not codes:
            raise ValueError(f"column {category.name} has no whole number as level: its ONNX input must be of floats")
        return self._encoded(name, category, keys_int64s=list(codes), values_int64s=list(codes.values()))

    def _level_of_float(self, x: str, category: Category, *, is_double: bool) -> str:
        g = self._g.with_dtype(np.float64 if is_double else np.float32)
        rounded = category.rounded_by(g.dtype)
        if rounded is not None:
            wider = "float64 or whole numbers" if g.dtype == np.float32 else "whole numbers"
            raise ValueError(
                f"column {category.name} has the level {rounded!r}, which {g.dtype} rounds: its ONNX input must be of "
                f"{wider}"
            )
        missing, unseen = (np.array(len(category.levels) + more) for more in (0, 1))
        if all(_is_int64(level) for level in category.levels):
            whole = g("Cast", x, to=TensorProto.INT64)
            code = g("Where", g("Equal", g.cast(whole), x), self._level_of_integer(whole, category), unseen)
        else:
            code = self._level_of_single(g("Cast", x, to=TensorProto.FLOAT), category)
            if is_double:  # x may differ from the level by less than a float32 tells
                exact = g("Gather", np.array([*category.levels, np.nan, np.nan], dtype=np.float64), code)
                code = g("Where", g("Equal", exact, x), code, unseen)
        return g("Where", g("IsNaN", x), missing, code)

    def _level_of_single(self, x: str, category: Category) -> str:
        with np.errstate(over="ignore"):
            keys = np.array(category.levels, dtype=np.float32)  # LabelEncoder knows no float64
        if len(np.unique(keys)) < len(keys):
            raise ValueError(f"levels of column {category.name} are numbers that float32 does not tell apart")
        return self._encoded(x, category, keys_floats=keys.tolist(), values_int64s=list(range(len(keys))))

    def _encoded(self, name: str, category: Category, **levels: list) -> str:
        return self._g("LabelEncoder", name, domain=ML, op_version=2, default_int64=len(category.levels) + 1, **levels)


def types_of(X: Any, columns: Columns | None = None) -> list[tuple[str, Any]]:
    """Return skl2onnx's types of the columns of a DataFrame.

    skl2onnx itself goes by the first row, where a value may be missing, and reads pandas' tables only.

    Parameters
    ----------
    X : DataFrame
        The rows.
    columns : Columns, default=None
        What a network that reads them knows, where it is alone.

    Raises
    ------
    ValueError
        If a column holds dates or other values that are neither numbers nor text; the message names it.
    """
    known = columns if columns is not None and columns.n_columns == len(X.columns) else None
    types = []
    for i, name in enumerate(X.columns):
        is_text = None if known is None else i in known.categories and known.categories[i].is_text
        types.append((str(name), _type_of(column_of(X, i), name, is_text)))
    for _, kind in types:
        kind.shape = [None, 1]
    return types


def _type_of(column: Any, name: Any, is_text: bool | None) -> Any:
    """Return the type of a column, which the network reads as text or as something else; None if nobody knows."""
    dtype = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "biuf":
        return guess_data_type(np.empty((1, 1), np.float64 if dtype.itemsize > 8 else dtype))[0][1]
    values = (value.item() if isinstance(value, np.generic) else value for value in values_of(column))
    present = [value for value in values if not is_missing(value)]
    kinds = {type(value) for value in present}
    if not kinds and is_text is not None:
        return StringTensorType() if is_text else DoubleTensorType()
    if _are(kinds, str) and not str(dtype).lower().startswith(NUMBERS):
        return StringTensorType()
    if not _are(kinds, Number):
        if is_text and str(dtype).lower().startswith("category"):
            return StringTensorType()  # of levels such as intervals, as text
        raise ValueError(f"column {name} of X holds {dtype}: an ONNX input is of numbers or of text")
    if "float32" in str(dtype).lower():
        return FloatTensorType()
    if len(present) < len(column) or not all(_is_int64(value) and isinstance(value, Integral) for value in present):
        return DoubleTensorType()  # only floats can be missing
    return BooleanTensorType() if kinds == {bool} else Int64TensorType()


def _are(kinds: set[type], kind: type) -> bool:
    return all(issubclass(each, kind) for each in kinds)


def _is_int64(level: Any) -> bool:
    return is_whole(level) and -(2**63) <= level < 2**63


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
