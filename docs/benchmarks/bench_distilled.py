"""What the atlas is good for: new fixed functions and new starts of splines, beside the known ones and the default.

The shapes come from the half of the development tables that chooses; `--half choose` compares all candidates there.
The chosen ones, CHOSEN, are then compared on the half that judges, with other seeds and splits. At equal time each
function has as many epochs as fit into the processor time of the default, by its median time of an epoch on the tables
of the run at equal epochs. Measurements are added to a CSV file, so that a run can be continued; without folders what
the file holds is summarised.

Run: python docs/benchmarks/bench_distilled.py judge.csv --half judge --splits 2 --folders NUMERIC RAW
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from bench_shapes import errors, estimator
from development_tables import HALVES, Parts, load
from distilled import CHOSEN, FUNCTIONS, SPLINES, STARTS, Shapes, frozen
from evidence import p_value, wins
from measurements import append, read
from paired import print_table
from report import Table, fragment, machine
from shape_fits import FOLDER
from threadpoolctl import threadpool_limits

from sk_adaptive.activations import Activation

ROWS = 500  # of training, at most
DEFAULT = "spline"
FIXED = ("relu", "silu", "mish", "selu", "gelu")
BUDGETS = ("epochs", "time")
NUMBERS = {"split": int, "epochs": int, "epoch_cpu": float, "loss": float, "error": float}


def activation(name: str) -> str | Activation:
    """Return what a name stands for."""
    if name in FUNCTIONS:
        return frozen(FUNCTIONS[name])
    return Shapes(STARTS[name]) if name in STARTS else SPLINES.get(name, name)


def is_spline(name: str) -> bool:
    """Return whether a name stands for learned splines, an epoch of which takes as long as the default's."""
    return name not in FIXED and name not in FUNCTIONS


def fit(parts: Parts, name: str, split: int, **parameters: Any) -> dict[str, Any]:
    """Return the figures of one fit."""
    network = estimator(parts.task, activation=activation(name), n_members=8, random_state=split, **parameters)
    began = time.process_time()
    network.fit(parts.X[:ROWS], parts.y[:ROWS])
    epoch_cpu = (time.process_time() - began) / network.n_iter_
    loss, error = errors(network, parts)
    return {"epochs": network.n_iter_, "epoch_cpu": epoch_cpu, "loss": loss, "error": error}


def measured(path: Path) -> list[dict[str, Any]]:
    """Return the measurements of a file, none if there is none."""
    return [{key: NUMBERS.get(key, str)(value) for key, value in row.items()} for row in read(path)]


def run(path: Path, tables: list[Parts], names: Iterable[str], split: int, budget: str) -> None:
    """Add to the file what it lacks of one split and budget."""
    rows = measured(path)
    done = {(row["table"], row["split"], row["budget"], row["activation"]) for row in rows}
    for parts in tables:
        for name in names:
            if (parts.name, split, budget, name) in done or (budget == "time" and is_spline(name)):
                continue
            more = {} if budget == "epochs" else {"max_iter": epochs_in_time(rows, parts.name, name)}
            about = {"table": parts.name, "source": parts.source, "task": parts.task, "split": split}
            append(path, [about | {"budget": budget, "activation": name} | fit(parts, name, split, **more)])


def epochs_in_time(rows: list[dict[str, Any]], table: str, name: str) -> int:
    """Return the epochs that take as long as the default's on a table; a new function would take mish's time."""
    as_fast_as = "mish" if name in FUNCTIONS else name
    cpu = {(r["table"], r["split"], r["activation"]): r["epoch_cpu"] for r in rows if r["budget"] == "epochs"}
    ratios = [cpu[t, s, DEFAULT] / cpu[t, s, who] for t, s, who in cpu if who == as_fast_as and (t, s, DEFAULT) in cpu]
    mine = next(r["epochs"] for r in rows if (r["table"], r["activation"]) == (table, DEFAULT))
    return max(1, round(mine * float(np.median(ratios))))


def log_ratios(rows: list[dict[str, Any]], name: str, other: str, budget: str, figure: str) -> np.ndarray:
    """Return the mean log of a figure of one activation over that of another, one for each source of data.

    Learned splines have what they have at equal epochs in both budgets.
    """
    found: dict[tuple[str, str, int], dict[str, float]] = {}
    for row in rows:
        if row["budget"] == ("epochs" if is_spline(row["activation"]) else budget):
            found.setdefault((row["source"], row["table"], row["split"]), {})[row["activation"]] = row[figure]
    by_source: dict[str, list[float]] = {}
    for (source, _, _), values in found.items():
        if name in values and other in values:
            by_source.setdefault(source, []).append(float(np.log(values[name] / values[other])))
    return np.array([np.mean(values) for values in by_source.values()])


def line(ratios: np.ndarray) -> list[str]:
    """Return the geometric mean, its standard error, the wins, p and the effect size of log ratios."""
    spread = ratios.std(ddof=1)
    effect = ratios.mean() / spread if spread > 0 else 0.0
    return [
        f"{np.exp(ratios.mean()):.3f}",
        f"{spread / np.sqrt(len(ratios)):.3f}",
        f"{wins(ratios):g}/{len(ratios)}",
        f"{p_value(ratios):.3f}",
        f"{effect:+.2f}",
    ]


HEADER = ["activation", "beside", "budget", "loss over its", "standard error", "wins", "p", "effect", "error over its"]


def summary(rows: list[dict[str, Any]], names: Iterable[str], others: Iterable[str]) -> list[list[str]]:
    """Return the lines of a table that compares some activations with others."""
    lines = []
    present = {row["activation"] for row in rows}
    for name in names:
        for other in others:
            for budget in BUDGETS:
                ratios = log_ratios(rows, name, other, budget, "loss")
                twice = budget == "time" and is_spline(name) and is_spline(other)
                if name != other and not twice and {name, other} <= present and len(ratios) > 1:
                    error = np.exp(log_ratios(rows, name, other, budget, "error").mean())
                    lines.append([name, other, budget, *line(ratios), f"{error:.3f}"])
    return lines


def main() -> None:
    """Measure what is missing, and print what there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--half", choices=HALVES, default="judge")
    parser.add_argument("--folders", type=Path, nargs=2, help="of numeric and of raw tables")
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--fixed", nargs="+", choices=FIXED, default=FIXED)
    parser.add_argument("--tables", nargs="+", help="these only")
    parser.add_argument("--budgets", nargs="+", choices=BUDGETS, default=BUDGETS)
    options = parser.parse_args()
    candidates = CHOSEN if options.half == "judge" else (*FUNCTIONS, *STARTS, *SPLINES)
    if options.folders:
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            first = 0 if options.half == "choose" else 10  # other splits and seeds than those of the atlas
            for budget in options.budgets:
                for split in range(first, first + options.splits):
                    tables = [parts for parts in load(*options.folders, split) if parts.half == options.half]
                    tables = [parts for parts in tables if parts.name in (options.tables or [parts.name])]
                    run(options.output, tables, (DEFAULT, *options.fixed, *candidates), split, budget)
    rows = measured(options.output)
    table = Table(HEADER, summary(rows, (*candidates, DEFAULT), (DEFAULT, *FIXED)))
    print_table(table.header, table.rows)
    (FOLDER / f"{options.half}.inc").write_text(fragment(table, f"{machine()}."))


if __name__ == "__main__":
    main()
