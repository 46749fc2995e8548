"""`sk-adaptive predict`: predict the rows of a table with a saved model."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser of all commands."""
    summary = "predict the rows of a CSV or Parquet file with a saved model"
    parser = subparsers.add_parser("predict", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    parser.add_argument("model", type=Path, help="a .skops file that `train` or sk_adaptive.save wrote")
    parser.add_argument("data", type=Path, help="a table with the model's features; other columns are left out")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="the .csv or .parquet file to write"
    )
    parser.add_argument("--probabilities", action="store_true", help="add a column with the probability of each class")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Load, predict and write."""
    import numpy as np
    import pandas as pd

    import sk_adaptive

    from . import _tables

    model = sk_adaptive.load(args.model)
    X = _tables.features_of(model, _tables.read(args.data), args.data)
    predicted = np.asarray(model.predict(X))
    names = ["prediction"] if predicted.ndim == 1 else [f"prediction_{i}" for i in range(predicted.shape[1])]
    answers = pd.DataFrame(predicted.reshape(len(X), -1), columns=names)
    if args.probabilities:
        if not hasattr(model, "predict_proba"):
            raise ValueError("--probabilities: this model predicts numbers, not classes")
        answers[[f"probability_{label}" for label in model.classes_]] = model.predict_proba(X)
    if args.output.suffix in (".parquet", ".pq"):
        answers.to_parquet(args.output, index=False)
    else:
        answers.to_csv(args.output, index=False)
    print(f"wrote {args.output}: {len(answers)} rows")
