"""Does learning the activation help? The default recipe, learned, beside the same recipe with each fixed function.

Same data, splits, members and seed; once at equal epochs, once at equal time: each fixed function is then given as many
epochs as fit into the processor time of the learned ones. The best fixed function is that with the smallest geometric
mean of errors over all data sets of a task. Measurements are added to a CSV file, so that a run can be continued;
without FOLDER what the file holds is summarised.

Run: python docs/benchmarks/bench_thesis.py OUTPUT.csv FOLDER [--most-rows 2500] [--splits 1]
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from bench_accuracy import ALL, FIXED, load, measure, ours, per_set, table
from evidence import p_value, wins
from paired import print_table
from threadpoolctl import threadpool_limits

N_MEMBERS = 8  # "auto" is 8 with learned activations only
FEW_COLUMNS = 10
LEARNED = "learned"
TASKS = {"clf": "classification", "reg": "regression"}
NUMBERS = {"n": int, "d": int, "split": int, "epochs": int, "epoch_cpu": float, "error": float, "loss": float}


def fit(task: str, X: np.ndarray, y: np.ndarray, split: int, **parameters: Any) -> dict[str, Any]:
    """Return the figures of one fit, the epochs that it was given and the processor seconds of one."""
    estimator = ours(task, split, n_members=N_MEMBERS, **parameters)
    began = time.process_time()
    figures = measure(estimator, task, X, y, split)
    network = estimator[-1]
    return {
        "epochs": network.max_iter,
        "epoch_cpu": (time.process_time() - began) / network.n_iter_,
        "error": figures["error"],
        "loss": figures["loss"],
    }


def compare(task: str, X: np.ndarray, y: np.ndarray, split: int) -> Iterator[dict[str, Any]]:
    """Yield the learned recipe, then each fixed function at equal epochs and at equal time."""
    learned = fit(task, X, y, split)
    yield {"estimator": LEARNED, "budget": "epochs", **learned}
    for name in FIXED:
        fixed = fit(task, X, y, split, activation=name)
        yield {"estimator": name, "budget": "epochs", **fixed}
        epochs = max(1, round(learned["epochs"] * learned["epoch_cpu"] / fixed["epoch_cpu"]))
        yield {"estimator": name, "budget": "time", **fit(task, X, y, split, activation=name, max_iter=epochs)}


def read(path: Path) -> list[dict[str, Any]]:
    """Return the measurements of a file, none if there is none."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [{key: NUMBERS.get(key, str)(value) for key, value in row.items()} for row in csv.DictReader(file)]


def run(folder: Path, path: Path, splits: int, most_rows: int) -> None:
    """Add to the file what it lacks, a data set and split at a time."""
    done = {(row["task"], row["data"], row["split"]) for row in read(path)}
    for task in TASKS:
        for name, X, y in load(folder, task):
            for split in range(splits if len(X) <= most_rows else 0):
                if (task, name, split) not in done:
                    about = {"task": task, "data": name, "n": len(X), "d": X.shape[1], "split": split}
                    append(path, [about | row for row in compare(task, X, y, split)])


def append(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows at the end of the file."""
    begins = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        if begins:
            writer.writeheader()
        writer.writerows(rows)


def log_ratios(rows: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Return, for each fixed function, the log of the learned recipe's error over its, one per data set."""
    names, errors = table(rows, "error")
    logs = np.log(errors)
    return {name: logs[:, names.index(LEARNED)] - logs[:, names.index(name)] for name in FIXED}


def line(rows: list[dict[str, Any]], name: str) -> list[str]:
    """Return the figures of the learned recipe beside one fixed function."""
    ratios = log_ratios(rows)[name]
    names, losses = table(rows, "loss")
    mine, its = (f"{losses[:, names.index(each)].mean():.3f}" for each in (LEARNED, name))
    return [
        f"{ratios.mean():+.3f}",
        f"{np.exp(ratios.mean()):.2f}",
        f"{wins(ratios):g}/{len(ratios)}",
        f"{p_value(ratios):.3f}",
        mine,
        its,
    ]


def summarise(rows: list[dict[str, Any]], title: str) -> None:
    """Print every fixed function on all data sets, and the best one by the number of columns."""
    ratios = log_ratios(rows)
    best = max(ratios, key=lambda name: ratios[name].mean())
    groups = {
        f"the best, {best}: up to {FEW_COLUMNS} columns": [row for row in rows if row["d"] <= FEW_COLUMNS],
        f"the best, {best}: more columns": [row for row in rows if row["d"] > FEW_COLUMNS],
    }
    lines = [[name, *line(rows, name)] for name in FIXED]
    lines += [[label, *line(group, best)] for label, group in groups.items() if group]
    print(f"\n{title}\n")
    print_table(["learned beside", "mean log ratio", "error over its", "wins", "p", "loss", "its loss"], lines)


def main() -> None:
    """Measure what is missing, and print what there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--splits", type=int, default=1)
    parser.add_argument("--most-rows", type=int, default=ALL, help="leave larger data sets out")
    options = parser.parse_args()
    if options.folder:
        with threadpool_limits(1):
            run(options.folder, options.output, options.splits, options.most_rows)
    for task, word in TASKS.items():
        mine = [row for row in read(options.output) if row["task"] == task]
        for budget in ("epochs", "time") if mine else ():
            rows = [row for row in mine if row["budget"] == budget or row["estimator"] == LEARNED]
            summarise(rows, f"{word.capitalize()}, equal {budget}")
            per_set(rows)


if __name__ == "__main__":
    main()
