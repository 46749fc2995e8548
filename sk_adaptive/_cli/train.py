"""`sk-adaptive train`: fit a network to a table, say how good it is, and save it."""

from __future__ import annotations

import argparse
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from sk_adaptive._estimators.base import BaseAdaptiveMLP


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser of all commands."""
    summary = "fit a network to the columns of a CSV or Parquet file, and save it"
    parser = subparsers.add_parser("train", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    parser.add_argument("data", type=Path, help="the table; its columns are numbers or categories, cells may be empty")
    parser.add_argument("--target", required=True, metavar="COLUMN", help="the column to predict")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="MODEL", help="the .skops file to write")
    parser.add_argument("--drop", nargs="+", default=[], metavar="COLUMN", help="columns to leave out")
    parser.add_argument(
        "--task",
        choices=("auto", "classification", "regression"),
        default="auto",
        help="auto: regression if the target has more than 20 different numbers",
    )
    parser.add_argument("--activation", default="spline", metavar="NAME", help="default: %(default)s")
    parser.add_argument(
        "--hidden", type=_sizes, default=(128, 128), metavar="N,N", help="units a layer (default: 128,128)"
    )
    parser.add_argument("--solver", choices=("adam", "lbfgs", "sgd"), default="adam", help="default: %(default)s")
    parser.add_argument("--learning-rate", type=float, metavar="RATE", help="default: the estimator's")
    parser.add_argument("--max-iter", type=int, metavar="N", help="most epochs (default: the estimator's)")
    parser.add_argument("--early-stopping", action="store_true", help="stop by a tenth of the training rows")
    parser.add_argument(
        "--test", type=float, default=0.2, metavar="PART", help="rows to test on (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="splits the rows, draws the weights (default: %(default)s)")
    parser.add_argument("--no-example", action="store_true", help="keep no row of the table in the model's file")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Fit, print, draw and save."""
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline

    import sk_adaptive

    from . import _pictures, _scores, _tables

    if not args.output.parent.is_dir():  # before the work, not after it
        raise ValueError(f"there is no folder {args.output.parent}")
    X, y = _tables.split_target(_tables.read(args.data), args.target, args.data)
    _tables.columns(X, args.drop, args.data)
    X = X.drop(columns=args.drop)
    regression = args.task == "regression" or (args.task == "auto" and _tables.is_quantity(y))
    labels = y.to_numpy(dtype=float) if regression else _tables.labels(y)
    X_train, X_test, y_train, y_test = train_test_split(
        X,
        labels,
        test_size=args.test,
        random_state=args.seed,
        stratify=None if regression or y.value_counts().min() < 2 else labels,
    )
    print(f"{args.data}: {len(X_train)} rows to train on, {len(X_test)} to test, {X.shape[1]} features")
    network = _network(args, regression)
    model = make_pipeline(_tables.preparation(X), network)
    _fit(model, X_train, y_train)
    print(_describe(network))
    print(_scores.text({"train": _scores.of(model, X_train, y_train), "test": _scores.of(model, X_test, y_test)}))
    for number, learned in enumerate(network.activations_, start=1):
        unit = ", unit 0" if learned.activation.scope == "neuron" else ""
        print(f"hidden layer {number}{unit}: f(x) = {learned.formula()}")
    sk_adaptive.save(model, args.output, example=None if args.no_example else _tables.example_of(X_train))
    print(f"wrote {args.output}")
    _draw(network, args.output, _pictures)


def _network(args: argparse.Namespace, regression: bool) -> BaseAdaptiveMLP:
    from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor, activations

    activations.resolve(args.activation)
    kind = AdaptiveMLPRegressor if regression else AdaptiveMLPClassifier
    given = {"learning_rate_init": args.learning_rate, "max_iter": args.max_iter}
    return kind(
        hidden_layer_sizes=args.hidden,
        activation=args.activation,
        solver=args.solver,
        **{name: value for name, value in given.items() if value is not None},
        early_stopping=args.early_stopping,
        random_state=args.seed,
    )


def _fit(model: Pipeline, X: Any, y: Any) -> None:
    """Fit under a progress bar, where scikit-learn (1.9) and rich have one, and print warnings as notes."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with_bar = hasattr(model, "set_callbacks") and find_spec("rich") is not None
    if with_bar:
        from sklearn.callback import ProgressBar

        model.set_callbacks(ProgressBar())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The estimator .* does not support callbacks")  # only the network has epochs
        model.fit(X, y)
    if with_bar:
        model.set_callbacks()  # which are not to be saved
    for warning in caught:
        print(f"note: {warning.message}")


def _describe(network: BaseAdaptiveMLP) -> str:
    sizes = [*(coef.shape[-2] for coef in network.coefs_), network.n_outputs_]
    return f"network {'-'.join(map(str, sizes))}, {network.n_iter_} epochs"


def _draw(network: BaseAdaptiveMLP, output: Path, pictures: Any) -> None:
    """Write the loss curve and the activations beside the model."""
    curves = {"train": network.loss_curve_}
    if network.validation_loss_curve_ is not None:
        curves["validation"] = network.validation_loss_curve_
    pictures.write(output.with_suffix(".loss.png"), partial(pictures.draw_losses, curves=curves))
    shapes = partial(pictures.draw_shapes, learned=network.activations_)
    pictures.write(output.with_suffix(".activations.png"), shapes, width=4 * len(network.activations_))


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(","))
