"""`sk-adaptive reproduce`: run the two reports again."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from . import _arguments

WHY = (
    "Why: the features reach the output through the square of the k1 that both layers share, which is never negative:\n"
    "if the random weights point the wrong way, as half of them do, k1 decays to 0; a k1 per layer can change its sign."
)
NOISE = (
    "The reported 1.1193 at epoch 400 is worse than ln 3 = 1.0986, the loss of calling the classes equally likely.\n"
    "The labels are random: a lower training loss is noise learned by heart, paid for on new rows with more than ln 3."
)


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser of all commands."""
    summary = "run one of the two reports that this package grew from"
    parser = subparsers.add_parser("reproduce", help=summary, description=summary.capitalize() + ".")
    parser.add_argument("report", choices=sorted(REPORTS), help="report-1: iris; report-2: random labels")
    parser.add_argument("--seed", type=int, default=0, help="of the run that is shown (default: %(default)s)")
    parser.add_argument(
        "--seeds",
        type=_arguments.count,
        default=100,
        metavar="N",
        help="runs that report-1 counts (default: %(default)s)",
    )
    parser.add_argument(
        "--output", type=Path, default=Path(), metavar="FOLDER", help="where the plot goes (default: current folder)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Run the report that was asked for."""
    REPORTS[args.report](args)


def run_report_1(args: argparse.Namespace) -> None:
    """Print and draw one run, then count the runs that stay at ln 3."""
    from sk_adaptive._cli._reports import report_1

    from . import _pictures, _text

    report = report_1(seed=args.seed)
    k0, k1 = report.k[-1, 0]
    print("iris, 4-10-5-3, g(x) = k0 + k1 x shared by both hidden layers, plain SGD at 0.01, batch 32, 2000 epochs")
    print(_text.scores(report.scores))
    print(f"final k0        {k0:.4f}")
    print(f"final k1        {k1:.4f}")
    curves = {"train": report.train_loss_curve, "test": report.test_loss_curve}
    losses = partial(_pictures.draw_losses, curves=curves, name=_pictures.loss_name(report.model))
    _pictures.write(args.output / "report-1-loss.png", losses)
    print_counts(args.seeds)


def print_counts(n_seeds: int) -> None:
    """Print how many runs stay at ln 3 as reported, and with one parameter per layer around the identity."""
    from sk_adaptive._cli._reports import AS_REPORTED, PER_LAYER_IDENTITY, count_stuck

    print(f"\n{f'k0 ~ N(0, 0.1), k1 as follows; {n_seeds} seeds':44}{'stay at ln 3':>14}{'loss of the others':>20}")
    for variant in (AS_REPORTED, PER_LAYER_IDENTITY):
        count = count_stuck(variant, n_seeds)
        print(f"{variant.name:44}{count.n_stuck:14}{count.escaped_loss:20.4f}", flush=True)
    print(WHY)


def run_report_2(args: argparse.Namespace) -> None:
    """Print the losses beside that of the class frequencies."""
    from sk_adaptive._cli._reports import REPORT_2_EPOCHS, report_2

    report = report_2(args.seed)
    print("100 rows of 10 random features and a random class of 3; 5 hidden units, SGD at 0.01, 500 epochs")
    print(f"{'training loss':20}{'step per epoch':>16}{'step per row':>16}{'class frequencies':>20}")
    for epoch in REPORT_2_EPOCHS:
        losses = f"{report.full_batch[epoch]:16.4f}{report.per_row[epoch]:16.4f}{report.frequencies:20.4f}"
        print(f"{f'epoch {epoch}':20}{losses}")
    print(f"{'loss on new rows':20}{report.new_rows[0]:16.4f}{report.new_rows[1]:16.4f}")
    print(NOISE)


REPORTS = {"report-1": run_report_1, "report-2": run_report_2}
