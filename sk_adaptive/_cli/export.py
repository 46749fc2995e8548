"""`sk-adaptive export`: write a saved model as ONNX."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _files, _models, _reading

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

    from sk_adaptive._data.columns import Category, Columns


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser of all commands."""
    summary = "write a saved model as an ONNX file, for runtimes without Python"
    parser = subparsers.add_parser("export", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    _models.add_argument(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the .onnx file to write")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="TABLE",
        help="a table that tells the columns' types, for a pipeline without an example row",
    )
    _files.add_force(parser)
    _reading.add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Load, convert and write."""
    from sk_adaptive.onnx import to_onnx

    inputs = [args.model, *([args.data] if args.data is not None else [])]
    _files.check_output(args.output, (".onnx",), force=args.force, inputs=inputs)
    model = _models.load(args.model)
    graph = to_onnx(model, _rows(model, args))
    with _files.replacing(args.output) as unfinished:
        unfinished.write_bytes(graph.SerializeToString())
    print(f"wrote {args.output}; its inputs are {', '.join(value.name for value in graph.graph.input)}")


def _rows(model: BaseEstimator, args: argparse.Namespace) -> Any:
    """Return a row that tells the types of the features; numbers are float32 where that rounds no level."""
    import numpy as np

    from . import _tables

    names = getattr(model, "feature_names_in_", None)
    columns = _tables.columns_of(model)
    if columns is not None:
        rows = _typical_row(columns, names)
    elif args.data is not None:
        rows = _tables.features_of(model, _reading.read(args.data, args), args.data)
    elif names is None:
        rows = np.zeros((1, model.n_features_in_))
    else:
        rows = _example(args.model, names)
    categories = {} if columns is None else columns.categories
    if names is None:
        held = all(each.rounded_by(np.float32) is None for each in categories.values())
        return rows.astype(np.float32 if held else np.float64) if rows.dtype.kind in "iuf" else rows
    numbers = [(i, name) for i, name in enumerate(rows.columns) if rows[name].dtype.kind in "iuf"]
    return rows.astype({name: _dtype(categories[i]) if i in categories else np.float32 for i, name in numbers})


def _dtype(category: Category) -> type:
    """Return the narrowest type of numbers that rounds no level of a category."""
    import numpy as np

    floats = (dtype for dtype in (np.float32, np.float64) if category.rounded_by(dtype) is None)
    return next(floats, np.int64)


def _typical_row(columns: Columns, names: Sequence[str] | None) -> Any:
    """Return a row of zeros and first levels."""
    import numpy as np
    import pandas as pd

    categories = columns.categories
    cells = [(*categories[i].levels, "")[0] if i in categories else 0.0 for i in range(columns.n_columns)]
    cells = [cell if isinstance(cell, str) else float(cell) for cell in cells]
    if names is not None:
        return pd.DataFrame([cells], columns=names)
    return np.array([cells], dtype=object if any(isinstance(cell, str) for cell in cells) else float)


def _example(path: Path, names: Sequence[str]) -> Any:
    import pandas as pd

    from sk_adaptive._persistence import read_header

    example = read_header(path)["example"]
    if example is None:
        raise ValueError(f"{path} has no example row: tell the columns' types with --data")
    row = example if isinstance(example, dict) else dict(zip(names, example, strict=True))
    return pd.DataFrame([row], columns=names)
