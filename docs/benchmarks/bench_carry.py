"""Do learned shapes carry over? Splines that start as the shapes of the same table, and of another one.

Units start as shapes that units of the same layer learned in a fit of bench_shapes.py with another seed, drawn by what
they contribute; the other table is the next one of its task. Each start is tried with shapes that are learned further,
and frozen. Losses are over that of the default, on the same rows and with the same seed.

Run: python docs/benchmarks/bench_carry.py OUTPUT.csv SHAPES NUMERIC RAW
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from bench_distilled import DEFAULT, line, measured
from bench_shapes import ROWS, errors, estimator
from development_tables import Parts, load
from distilled import Shapes, of_silu_size
from measurements import append
from paired import print_table
from report import Table, fragment, machine
from shape_fits import FOLDER
from threadpoolctl import threadpool_limits

from sk_adaptive.activations import Spline

EVERY = 2  # so manieth table
UNITS = 128  # drawn for a layer


def bank(shapes: Path, table: str) -> list[np.ndarray]:
    """Return the knots of units of each layer that a fit of the table with seed 1 has learned."""
    saved = np.load(shapes / f"{table}.base.1.npz")
    random = np.random.default_rng(0)
    found = []
    for layer in np.unique(saved["layer"]):
        chosen = saved["layer"] == layer
        weights = saved["bent"][chosen] / saved["bent"][chosen].sum()
        found.append(of_silu_size(saved["p"][chosen][random.choice(len(weights), UNITS, p=weights)].T))
    return found


def activations(shapes: Path, own: str, other: str) -> dict[str, Any]:
    """Return what is compared."""
    banks = {"own": bank(shapes, own), "another table's": bank(shapes, other)}
    found: dict[str, Any] = {DEFAULT: DEFAULT, "silu, frozen": Spline(trainable=False)}
    for name, layers in banks.items():
        found[name] = [Shapes(knots) for knots in layers]
        found[f"{name}, frozen"] = [Shapes(knots, trainable=False) for knots in layers]
    return found


def run(path: Path, shapes: Path, tables: list[Parts]) -> None:
    """Add to the file what it lacks."""
    done = {row["table"] for row in measured(path)}
    for i, parts in enumerate(tables):
        other = next(t for t in tables[i + 1 :] + tables[:i] if t.task == parts.task and t.source != parts.source)
        if parts.name in done or i % EVERY:
            continue
        rows: list[dict[str, Any]] = []
        for name, activation in activations(shapes, parts.name, other.name).items():
            network = estimator(parts.task, activation=activation, n_members=8, random_state=0)
            loss, error = errors(network.fit(parts.X[:ROWS], parts.y[:ROWS]), parts)
            about = {"table": parts.name, "source": parts.source, "task": parts.task, "other": other.name}
            rows.append({**about, "activation": name, "loss": loss, "error": error})
        append(path, rows)


def main() -> None:
    """Measure what is missing, and print what there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("folders", type=Path, nargs="*", help="of shapes, of numeric and of raw tables")
    options = parser.parse_args()
    if options.folders:
        shapes, numeric, raw = options.folders
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run(options.output, shapes, list(load(numeric, raw)))
    by_name: dict[str, dict[str, float]] = {}
    for row in measured(options.output):
        by_name.setdefault(row["activation"], {})[row["table"]] = row["loss"]
    default = by_name.pop(DEFAULT)
    lines = [[name, *line(np.array([np.log(of[t] / default[t]) for t in of]))] for name, of in by_name.items()]
    table = Table(["start", "loss over the default's", "standard error", "wins", "p", "effect"], lines)
    print_table(table.header, table.rows)
    (FOLDER / "carry.inc").write_text(fragment(table, f"{machine()}."))


if __name__ == "__main__":
    main()
