"""`sk-adaptive export`: write a saved model as ONNX."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _files, _models, _reading

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser of all commands."""
    summary = "write a saved model as an ONNX file, for runtimes without Python"
    parser = subparsers.add_parser("export", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    _models.add_argument(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the .onnx file to write")
    parser.add_argument(
        "--data", type=Path, metavar="TABLE", help="a table that tells the columns' types, if the model has no example"
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
    """Return a row that tells the types of the features."""
    import numpy as np

    from sk_adaptive._persistence import read_header

    from . import _preparation, _tables

    names = getattr(model, "feature_names_in_", None)
    if args.data is not None:
        rows = _tables.features_of(model, _reading.read(args.data, args), args.data)
    elif names is None:
        return np.zeros((1, model.n_features_in_), dtype=np.float32)
    else:
        example = read_header(args.model)["example"]
        if example is None:
            raise ValueError(f"{args.model} has no example row: tell the columns' types with --data")
        import pandas as pd

        row = example if isinstance(example, dict) else dict(zip(names, example, strict=True))
        rows = pd.DataFrame([row], columns=names)
    return _preparation.single(rows) if names is not None else rows.astype(np.float32)
