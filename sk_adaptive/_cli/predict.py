"""`sk-adaptive predict`: predict the rows of a table with a saved model."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import _files, _models, _reading

ENDINGS = (".csv", ".csv.gz", *_reading.PARQUET)


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser of all commands."""
    summary = "predict the rows of a CSV or Parquet file with a saved model"
    parser = subparsers.add_parser("predict", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    _models.add_argument(parser)
    parser.add_argument("data", type=Path, help="a table with the model's features; other columns are left out")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="the .csv or .parquet file to write"
    )
    parser.add_argument("--probabilities", action="store_true", help="add a column with the probability of each class")
    _files.add_force(parser)
    _reading.add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Load, predict and write."""
    import numpy as np
    import pandas as pd

    from . import _tables

    _files.check_output(args.output, ENDINGS, force=args.force, inputs=[args.model, args.data])
    model = _models.load(args.model)
    if args.probabilities and not hasattr(model, "predict_proba"):
        raise ValueError("--probabilities: this model has none, it predicts numbers or was fitted without them")
    X = _tables.features_of(model, _reading.read(args.data, args, _tables.text_of(model)), args.data)
    predicted = np.asarray(model.predict(X))
    names = ["prediction"] if predicted.ndim == 1 else [f"prediction_{i}" for i in range(predicted.shape[1])]
    answers = pd.DataFrame(predicted.reshape(len(X), -1), columns=names)
    if args.probabilities:
        answers[[f"probability_{label}" for label in model.classes_]] = model.predict_proba(X)
    write = answers.to_parquet if args.output.suffix.lower() in _reading.PARQUET else answers.to_csv
    with _files.replacing(args.output) as unfinished:
        write(unfinished, index=False)
    print(f"wrote {args.output}: {len(answers)} rows")
