"""What each default is worth: the default recipe with one thing changed, beside the recipe as it is.

Each data set is split as bench_accuracy.py does it, and at most 1000 rows are trained on. The table goes to
docs/benchmarks/results/defaults.csv, which the documentation includes.

Run: python docs/benchmarks/bench_defaults.py FOLDER [--splits 2] [--jobs 2]
"""

from __future__ import annotations

import argparse
import csv
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from bench_accuracy import Effort, ours, run, table
from paired import print_table
from report import RESULTS, machine

from sk_adaptive.activations import Spline
from sk_adaptive.solvers import Adam

RECIPE = "the recipe"


class Change(NamedTuple):
    """Parameters that differ from the defaults, of both estimators or of one alone."""

    parameters: dict[str, Any]
    task: str | None = None


CHANGES: dict[str, Change] = {
    RECIPE: Change({}),
    "one member": Change({"n_members": 1}),
    "4 members": Change({"n_members": 4}),
    "16 members": Change({"n_members": 16}),
    "relu, 8 members": Change({"activation": "relu", "n_members": 8}),
    "relu, one member": Change({"activation": "relu"}),
    "silu, 8 members": Change({"activation": "silu", "n_members": 8}),
    "swish with a learned beta": Change({"activation": "swish"}),
    "one spline per layer": Change({"activation": Spline(scope="layer")}),
    "spline of 7 knots": Change({"activation": Spline(7)}),
    "spline of 25 knots": Change({"activation": Spline(25)}),
    "spline parameters at 0.3 of the rate": Change({"activation": Spline(learning_rate_factor=0.3)}),
    "two layers of 64": Change({"hidden_layer_sizes": (64, 64)}),
    "two layers of 256": Change({"hidden_layer_sizes": (256, 256)}),
    "three layers of 128": Change({"hidden_layer_sizes": (128, 128, 128)}),
    "25 epochs": Change({"max_iter": 25}),
    "100 epochs": Change({"max_iter": 100}),
    "a third of the learning rate": Change({"learning_rate_init": 0.007 / 3}, "clf"),
    "three times the learning rate": Change({"learning_rate_init": 0.021}, "clf"),
    "a third of the learning rate, regression": Change({"learning_rate_init": 0.015 / 3}, "reg"),
    "three times the learning rate, regression": Change({"learning_rate_init": 0.045}, "reg"),
    "constant learning rate": Change({"learning_rate": "constant"}),
    "coslog4 schedule": Change({"learning_rate": "coslog4"}),
    "Adam's beta_2 of 0.999": Change({"solver": Adam(beta_2=0.999)}),
    "batches of 256": Change({"batch_size": 256}),
    "alpha 0": Change({"alpha": 0.0}),
    "alpha 0.3": Change({"alpha": 0.3}),
    "alpha 3": Change({"alpha": 3.0}),
    "dropout 0.1": Change({"dropout": 0.1}),
    "no label smoothing": Change({"label_smoothing": 0.0}, "clf"),
    "label smoothing 0.05": Change({"label_smoothing": 0.05}, "clf"),
    "inputs not clipped": Change({"clip_inputs": None}),
    "learned input scales": Change({"learn_scales": True}),
    "init as scikit-learn's": Change({"init": "glorot"}),
}


def figures(folder: Path, task: str, effort: Effort) -> dict[str, tuple[float, float, float]]:
    """Return each change's error over the recipe's, its mean log-loss and its time over the recipe's."""
    factories = {
        name: partial(ours, **change.parameters) for name, change in CHANGES.items() if change.task in (None, task)
    }
    rows = run(folder, task, factories, effort)
    names, errors = table(rows, "error")
    losses, seconds = table(rows, "loss")[1], table(rows, "seconds")[1]
    over = np.exp(np.mean(np.log(errors / errors[:, :1]), axis=0))
    time_over = np.exp(np.median(np.log(seconds / seconds[:, :1]), axis=0))
    return {name: (over[i], losses[:, i].mean(), time_over[i]) for i, name in enumerate(names)}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=1, help="fits at a time, on one thread each")
    options = parser.parse_args()
    effort = Effort(options.splits, training_rows=1000, jobs=options.jobs)
    clf, reg = (figures(options.folder, task, effort) for task in ("clf", "reg"))
    header = ["changed", "classification: error", "log-loss", "regression: error", "time"]
    rows = []
    for name in CHANGES:
        error, loss, time = clf.get(name, (None, None, None))
        error_reg, _, time_reg = reg.get(name, (None, None, None))
        figures_of = (error, "{:.2f}"), (loss, "{:.3f}"), (error_reg, "{:.2f}"), (time or time_reg, "{:.1f}")
        rows.append([name, *("" if value is None else form.format(value) for value, form in figures_of)])
    print(f"{machine()}\n")
    print_table(header, rows)
    with (RESULTS / "defaults.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


if __name__ == "__main__":
    main()
