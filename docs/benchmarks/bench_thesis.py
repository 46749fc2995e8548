"""Does learning the activation help? The default recipe, learned, beside the same recipe with each fixed function.

Same rows, members and seed; once with the epochs of the learned network, once with its processor time: each fixed
function is then given as many epochs as fit into it. One half of the tables chooses the best fixed function, that with
the smallest geometric mean of errors at equal epochs; the other half judges (development_tables.py). A table that comes
in both folders, as numbers and raw, counts once. Noise is measured by the learned network: its loss on the test rows
over that of the best constant.

Measurements are added to a CSV file, so that a run can be continued; the tables of the page are written from it.

Run: python docs/benchmarks/bench_thesis.py OUTPUT.csv [NUMERIC_FOLDER RAW_FOLDER] [--most-rows 15000]
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from development_tables import HALVES, Parts, load
from evidence import p_value, wins
from measurements import append, read
from report import Table, publish, seeded
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_limits

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor

FIXED = ("relu", "silu", "mish", "selu", "gelu", "tanh", "tilted_abs")
LEARNED = "learned"
SEED = 0
FEW_COLUMNS, MANY_ROWS, NOISY = 10, 1500, 0.5
TEXT = {"source", "half", "task", "data", "estimator", "budget"}
Row = dict[str, Any]


def fit(parts: Parts, **knobs: Any) -> Row:
    """Return error, loss and size of a network, its epochs and the processor seconds of one."""
    classes = parts.task == "clf"
    model = (AdaptiveMLPClassifier if classes else AdaptiveMLPRegressor)(random_state=SEED, **knobs)
    began = time.process_time()
    model.fit(parts.X, parts.y)
    cost = {"epochs": model.n_iter_, "epoch_cpu": (time.process_time() - began) / model.n_iter_}
    cost |= {"parameters": model.theta_.size, "members": len(np.atleast_2d(model.intercepts_[-1]))}
    if not classes:
        error = float(np.sqrt(np.mean((model.predict(parts.X_test) - parts.y_test) ** 2)))
        return {**cost, "error": error, "loss": error, "constant": float(np.std(parts.y_test))}
    p = model.predict_proba(parts.X_test).astype(np.float64)
    p = np.clip(p, 1e-15, 1)
    shares = np.array([np.mean(parts.y == each) for each in model.classes_])
    return {
        **cost,
        "error": max(float(np.mean(model.classes_[p.argmax(axis=1)] != parts.y_test)), 0.5 / len(parts.y_test)),
        "loss": float(log_loss(parts.y_test, p / p.sum(axis=1, keepdims=True), labels=model.classes_)),
        "constant": float(log_loss(parts.y_test, np.tile(shares, (len(p), 1)), labels=model.classes_)),
    }


def compare(parts: Parts) -> Iterator[Row]:
    """Yield the learned network, then each fixed function at equal epochs and at equal time."""
    learned = fit(parts)
    yield {"estimator": LEARNED, "budget": "epochs", **learned}
    for name in FIXED:
        knobs = {"activation": name, "n_members": learned["members"]}
        fixed = fit(parts, **knobs, max_iter=learned["epochs"])
        yield {"estimator": name, "budget": "epochs", **fixed}
        epochs = max(1, round(learned["epochs"] * learned["epoch_cpu"] / fixed["epoch_cpu"]))
        yield {"estimator": name, "budget": "time", **fit(parts, **knobs, max_iter=epochs)}


def measured(path: Path) -> list[Row]:
    """Return the measurements of a file, none if there is none."""
    return [{key: value if key in TEXT else float(value) for key, value in row.items()} for row in read(path)]


def run(path: Path, numeric: Path, raw: Path, most_rows: int) -> None:
    """Add to the file the tables that it lacks."""
    done = {row["data"] for row in read(path)}
    for parts in load(numeric, raw, SEED, most_rows):
        if parts.name not in done and parts.fits_in:
            about = {"data": parts.name, "source": parts.source, "half": parts.half, "task": parts.task}
            about |= {"n": len(parts.y), "d": parts.X.shape[1]}
            append(path, [about | row for row in compare(parts)])


def log_ratios(rows: list[Row], name: str, budget: str, figure: str = "error") -> np.ndarray:
    """Return the log of the learned figure over that of a fixed function, one for each source of tables."""
    sources: dict[str, list[float]] = {}
    of = {(row["data"], row["estimator"], row["budget"]): row[figure] for row in rows}
    for row in rows:
        if row["estimator"] == LEARNED:
            sources.setdefault(row["source"], []).append(np.log(row[figure] / of[row["data"], name, budget]))
    return np.array([np.mean(each) for each in sources.values()])


def cells(rows: list[Row], name: str, budget: str) -> list[str]:
    """Return the figures of the learned network beside a fixed function, for a page."""
    errors, losses = (log_ratios(rows, name, budget, figure) for figure in ("error", "loss"))
    ratios = [f"{np.exp(each.mean()):.3f}" for each in (errors, losses)]
    return [*ratios, f"{wins(losses):g}/{len(losses)}", f"{p_value(errors):.3f}", f"{p_value(losses):.3f}"]


def kinds(rows: list[Row], best: str) -> dict[str, list[Row]]:
    """Return the tables in groups."""
    noise = {row["data"]: row["loss"] / row["constant"] for row in rows if row["estimator"] == LEARNED}
    groups: dict[str, Callable[[Row], bool]] = {
        "classes": lambda row: row["task"] == "clf",
        "numbers to predict": lambda row: row["task"] == "reg",
        f"up to {FEW_COLUMNS} columns": lambda row: row["d"] <= FEW_COLUMNS,
        "more columns": lambda row: row["d"] > FEW_COLUMNS,
        f"less than {MANY_ROWS} rows": lambda row: row["n"] < MANY_ROWS,
        "more rows": lambda row: row["n"] >= MANY_ROWS,
        f"loss below {NOISY} of a constant's": lambda row: noise[row["data"]] < NOISY,
        "noisier": lambda row: noise[row["data"]] >= NOISY,
        "raw tables": lambda row: row["data"].endswith("_raw"),
    }
    return {f"{best}: {label}": [row for row in rows if belongs(row)] for label, belongs in groups.items()}


def publish_all(rows: list[Row]) -> None:
    """Write the tables of the page."""
    halves = {half: [row for row in rows if row["half"] == half] for half in HALVES}
    best = max(FIXED, key=lambda name: log_ratios(halves[HALVES[0]], name, "epochs").mean())
    header = ["beside", "error over its", "loss over its", "wins by loss", "p of errors", "p of losses"]
    note = f"The best fixed function on the half that chooses is {best}."
    for budget in ("epochs", "time"):
        lines = [[f"{half}: {name}", *cells(of, name, budget)] for half, of in halves.items() for name in FIXED]
        publish(f"thesis_{budget}", Table(header, lines, note), seeded([SEED]))
    groups = kinds(rows, best)
    lines = [[label, *cells(of, best, budget), budget] for label, of in groups.items() for budget in ("epochs", "time")]
    publish("thesis_kinds", Table([*header, "equal"], lines), seeded([SEED]))
    publish("thesis_each", each_table(rows, best), seeded([SEED]))


def each_table(rows: list[Row], best: str) -> Table:
    """Return errors, parameters and relative time of an epoch, table by table."""
    of = {(row["data"], row["estimator"], row["budget"]): row for row in rows}
    lines = []
    for row in rows:
        if row["estimator"] == LEARNED:
            same, timed = (of[row["data"], best, budget] for budget in ("epochs", "time"))
            errors = [f"{each['error']:.4g}" for each in (row, same, timed)]
            losses = [f"{each['loss']:.4g}" for each in (row, same, timed)]
            size = [f"{each['parameters']:.0f}" for each in (row, same)]
            pace = f"{row['epoch_cpu'] / same['epoch_cpu']:.2f}"
            lines.append(
                [row["data"], row["half"], f"{row['n']:.0f}", f"{row['d']:.0f}", *errors, *losses, *size, pace]
            )
    names = [f"{figure}: {which}" for figure in ("error", "loss") for which in (LEARNED, best, f"{best}, equal time")]
    sizes = [f"parameters: {LEARNED}", f"parameters: {best}", "time of an epoch over its"]
    return Table(["table", "half", "rows", "columns", *names, *sizes], lines)


def main() -> None:
    """Measure what is missing, and write the tables of what there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--most-rows", type=int, default=15_000, help="of training, and of testing")
    options = parser.parse_args()
    if options.folders:
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            run(options.output, *options.folders, options.most_rows)
    publish_all(measured(options.output))


if __name__ == "__main__":
    main()
