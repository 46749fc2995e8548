"""`sk-adaptive train`: fit a network to a table, say how good it is, and save it."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _files, _reading

if TYPE_CHECKING:
    import pandas as pd

    from sk_adaptive._estimators.base import BaseAdaptiveMLP

    from ._split import Parts


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser of all commands."""
    summary = "fit a network to the columns of a CSV or Parquet file, and save it"
    parser = subparsers.add_parser("train", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    parser.add_argument("data", type=Path, help="the table; its columns are numbers or categories, cells may be empty")
    parser.add_argument("--target", required=True, metavar="COLUMN", help="the column to predict")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="MODEL", help="the .skops file to write")
    _files.add_force(parser)
    parser.add_argument("--drop", nargs="+", default=[], metavar="COLUMN", help="columns to leave out")
    parser.add_argument(
        "--task",
        choices=("auto", "classification", "regression"),
        default="auto",
        help="auto: regression if the target has more than 20 different numbers",
    )
    parser.add_argument("--activation", default="spline", metavar="NAME", help="default: %(default)s")
    parser.add_argument(
        "--hidden", type=_sizes, default=(128, 128), metavar="N,N", help="units per layer (default: 128,128)"
    )
    parser.add_argument("--solver", choices=("adam", "lbfgs", "lm", "sgd"), default="adam", help="default: %(default)s")
    parser.add_argument("--learning-rate", type=float, metavar="RATE", help="default: the estimator's")
    parser.add_argument("--max-iter", type=int, metavar="N", help="most epochs (default: the estimator's)")
    parser.add_argument("--max-time", type=float, metavar="SECONDS", help="seconds of training (default: no limit)")
    parser.add_argument("--early-stopping", action="store_true", help="stop by a tenth of the training rows")
    parser.add_argument(
        "--test", type=_part, default=0.2, metavar="PART", help="rows to test on, 0 for none (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="splits the rows, draws the weights (default: %(default)s)")
    parser.add_argument("--chunked", action="store_true", help="read a Parquet file chunk by chunk, not into memory")
    parser.add_argument("--no-example", action="store_true", help="keep no row of the table in the model's file")
    _reading.add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Fit, print, draw and save.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupts; then nothing has been written.
    """
    try:
        _run(args)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"interrupted: nothing is written to {args.output}") from None


def _run(args: argparse.Namespace) -> None:
    import sk_adaptive

    from . import _progress, _split, _tables

    _files.check_output(args.output, (".skops",), force=args.force, inputs=[args.data])
    pictures = [args.output.with_suffix(f".{what}.png") for what in ("loss", "activations")]
    for picture in pictures:
        _files.check_output(picture, (".png",), force=args.force)
    if args.chunked:
        _train_chunked(args, pictures)
        return
    X, y = _tables.split_target(_reading.read(args.data, args), args.target, args.data)
    regression = args.task == "regression" or (args.task == "auto" and _tables.is_quantity(y))
    network = _network(args, regression)
    labels = _tables.targets(y, regression=regression)
    X = _features(X, args)
    parts = _split.split(X, labels, test=args.test, seed=args.seed, classes=not regression)
    n_test = 0 if parts.y_test is None else len(parts.y_test)
    print(f"{args.data}: {len(parts.y_train)} rows to train on, {n_test} to test, {X.shape[1]} features")
    _progress.fit(network, partial(network.fit, parts.X_train, parts.y_train))
    _print_results(network, parts)
    example = None if args.no_example else _example(parts.X_train)
    sk_adaptive.save(network, args.output, example=example)
    print(f"wrote {args.output}")
    _draw(network, *pictures)


def _train_chunked(args: argparse.Namespace, pictures: list[Path]) -> None:
    import numpy as np

    import sk_adaptive
    from sk_adaptive.chunks import fit_chunks

    from . import _chunked, _progress, _scores, _text

    table = _chunked.open_table(args)
    network = _network(args, table.regression)
    chunks = table.part(tested=False)
    print(f"{len(chunks)} chunks")
    _progress.fit(network, partial(fit_chunks, network, chunks))
    print(_text.network(network))
    if args.test:
        tested = table.part(tested=True)
        y = np.concatenate([y for _, y in tested if len(y)])
        print(_scores.text({"test": _scores.measure(_chunked.ByChunk(network), tested, y)}))
    else:
        print("no test score: every row was trained on")
    print(_text.formulas(network))
    example = None if args.no_example else _example(chunks[0][0])
    sk_adaptive.save(network, args.output, example=example)
    print(f"wrote {args.output}")
    _draw(network, *pictures)


def _features(X: pd.DataFrame, args: argparse.Namespace) -> pd.DataFrame:
    """Return the columns to learn from, categories by their dtype; print what each is taken for."""
    from . import _columns, _tables

    if args.target in args.drop:
        raise ValueError(f"--drop: {args.target!r} is the target")
    _tables.columns(X, args.drop, args.data)
    X = X.drop(columns=args.drop)
    described = _columns.describe(X)
    print(_columns.report([*described, *(_columns.Column(name, "left out", "--drop") for name in args.drop)]))
    used = [each.name for each in described if each.kind != "left out"]
    if not used:
        raise ValueError(f"{args.data} has no column to learn from")
    return _tables.with_categories(X[used], [each.name for each in described if each.kind == "category"])


def _network(args: argparse.Namespace, regression: bool) -> BaseAdaptiveMLP:
    from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor, activations

    activations.resolve(args.activation)
    kind = AdaptiveMLPRegressor if regression else AdaptiveMLPClassifier
    given = {"learning_rate_init": args.learning_rate, "max_iter": args.max_iter}
    return kind(
        max_time=args.max_time,
        hidden_layer_sizes=args.hidden,
        activation=args.activation,
        solver=args.solver,
        **{name: value for name, value in given.items() if value is not None},
        early_stopping=args.early_stopping,
        random_state=args.seed,
    )


def _example(X: pd.DataFrame) -> list[Any]:
    """Return the first row without missing values, or the first row, in Python's own types."""
    whole = X.dropna()
    row = (whole if len(whole) else X).iloc[0]
    return [_cell(value) for value in row.astype(object)]


def _cell(value: Any) -> Any:
    """Return a value of a column of numbers or categories as JSON has it."""
    from sk_adaptive._data.values import is_missing

    if is_missing(value):
        return None
    value = getattr(value, "item", lambda: value)()
    return value if isinstance(value, (str, int, float)) else float(value)  # a decimal number


def _print_results(network: BaseAdaptiveMLP, parts: Parts) -> None:
    """Print the network, its scores and what it learned."""
    from . import _scores, _text

    print(_text.network(network))
    scores = {"train": _scores.measure(network, parts.X_train, parts.y_train)}
    if parts.y_test is None:
        print("no test score: every row was trained on")
    else:
        scores["test"] = _scores.measure(network, parts.X_test, parts.y_test)
    print(_scores.text(scores))
    print(_text.formulas(network))


def _draw(network: BaseAdaptiveMLP, loss: Path, activations: Path) -> None:
    """Write the loss curve and the activations beside the model."""
    from . import _pictures

    curves = {"train": network.loss_curve_}
    if network.validation_loss_curve_ is not None:
        curves["validation"] = network.validation_loss_curve_
    name = _pictures.loss_name(network)
    _pictures.write(loss, partial(_pictures.draw_losses, curves=curves, name=name))
    shapes = partial(_pictures.draw_shapes, learned=network.activations_)
    _pictures.write(activations, shapes, width=4 * len(network.activations_))


def _sizes(text: str) -> tuple[int, ...]:
    sizes = text.split(",")
    if not all(size.isdecimal() and int(size) for size in sizes):
        raise argparse.ArgumentTypeError(f"must be whole numbers of at least 1 such as 64,32, got {text!r}")
    return tuple(int(size) for size in sizes)


def _part(text: str) -> float:
    try:
        part = float(text)
    except ValueError:
        part = -1
    if not 0 <= part < 1:
        raise argparse.ArgumentTypeError(f"must be a part of the rows, from 0 to less than 1, got {text!r}")
    return part
