"""`sk-adaptive evaluate`: say how good a saved model is on a table."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import _models, _reading


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser of all commands."""
    summary = "score a saved model on the rows of a CSV or Parquet file"
    parser = subparsers.add_parser("evaluate", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    _models.add_argument(parser)
    parser.add_argument("data", type=Path, help="a table with the model's features and the target")
    parser.add_argument("--target", required=True, metavar="COLUMN", help="the column that the model predicts")
    _reading.add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Load, predict and print the scores."""
    from sklearn.base import is_classifier

    from . import _scores, _tables

    model = _models.load(args.model)
    X, y = _tables.split_target(_reading.read(args.data, args, _tables.text_of(model)), args.target, args.data)
    X = _tables.features_of(model, X, args.data)
    labels = _tables.labels(y) if is_classifier(model) else _tables.numbers(y).to_numpy(dtype=float)
    print(f"{args.data}: {len(X)} rows")
    print(_scores.text({"": _scores.measure(model, X, labels)}))
