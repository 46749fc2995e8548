"""`sk-adaptive demo`: fit a network to iris and show what it learned."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sk_adaptive import AdaptiveMLPClassifier
    from sk_adaptive._cli._reports import Split


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser of all commands."""
    summary = "fit a network with learned activations to iris, and show scores and what was learned"
    parser = subparsers.add_parser("demo", help=summary, description=summary.capitalize() + ".")
    parser.add_argument("--seed", type=int, default=0, help="draws the weights (default: %(default)s)")
    parser.add_argument(
        "--output", type=Path, default=Path(), metavar="FOLDER", help="where pictures go (default: current folder)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Fit, and print and draw what came of it."""
    from sk_adaptive._cli._reports import Scores, iris

    from . import _pictures, _text

    data = iris()
    model = fit(data, args.seed)
    print(f"iris: {len(data.X_train)} rows to train on, {len(data.X_test)} to test")
    print(_text.network(model))
    print(_text.scores(Scores.from_model(model, data)))
    print(_text.formulas(model))
    losses = partial(_pictures.draw_losses, curves={"train": model.loss_curve_}, name=_pictures.loss_name(model))
    _pictures.write(args.output / "demo-loss.png", losses)
    shapes = partial(_pictures.draw_shapes, learned=model.activations_)
    _pictures.write(args.output / "demo-activations.png", shapes, width=8)


def fit(data: Split, seed: int) -> AdaptiveMLPClassifier:
    """Return a small network whose two learned shapes are cubic, one per layer, and a single member."""
    from sk_adaptive import AdaptiveMLPClassifier
    from sk_adaptive.activations import Polynomial

    model = AdaptiveMLPClassifier(
        hidden_layer_sizes=(10, 5),
        activation=Polynomial(degree=3, scope="layer"),
        batch_size=32,
        learning_rate_init=0.01,
        n_members=1,
        label_smoothing=0,  # which would be in the curve and not in the scores
        random_state=seed,
    )
    return model.fit(data.X_train, data.y_train)
