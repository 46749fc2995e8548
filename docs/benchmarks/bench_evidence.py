"""The defaults beside other libraries' defaults on all development tables, by the number of training rows.

Raw tables are taken as they are by the estimators that can (bench_tables.py), and behind imputation, one-hot columns
and standardisation by MLPClassifier and MLPRegressor, unless that makes more than 1000 columns. Figures are ours over
theirs, geometric means over the tables: the loss (log-loss of classes, RMSE of numbers), 1 - AUC of two classes, and
the processor time of the fit; one thread.

Measurements are added to a CSV file, so that a run can be continued; the table of the guide is written from it.

Run: python docs/benchmarks/bench_evidence.py OUTPUT.csv [NUMERIC_FOLDER RAW_FOLDER] [--most-rows 15000] [--only NAME]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from bench_tables import FACTORIES, measure, without_many_levels
from development_tables import HALVES, Parts, load
from evidence import p_value, wins
from measurements import append, read
from report import Table, publish, seeded

OURS = "table"  # the estimators' name in bench_tables.py
PEERS = {
    "boosting": "HistGradientBoosting",
    "lightgbm": "LightGBM",
    "catboost": "CatBoost",
    "mlp": "MLPClassifier, MLPRegressor",
    "realmlp": "RealMLP-TD",
    "tabm": "TabM-D",
}
SIZES = {"less than 1500 rows": (0, 1500), "1500 to 9999 rows": (1500, 10_000), "10,000 rows and more": (10_000, 10**9)}
SEED = 0
MOST_COLUMNS = 1000


def figures(parts: Parts, name: str) -> dict[str, Any]:
    """Return the loss, 1 - AUC (empty unless there are two classes) and the time of a fit."""
    n_classes = len(np.unique(parts.y)) if parts.task == "clf" else 0
    task = {0: "reg", 2: "binary"}.get(n_classes, "multiclass")
    X, X_test = (part if hasattr(part, "columns") else _as_table(part) for part in (parts.X, parts.X_test))
    if name == "boosting":
        X, X_test = without_many_levels(X, X_test)
    found = measure(FACTORIES[name](parts.task == "clf", SEED), task, [X, X_test, parts.y, parts.y_test])
    loss = next(value for figure, value in found.items() if figure not in ("1 - AUC", "seconds"))
    return {"loss": loss, "1 - AUC": found.get("1 - AUC", ""), "seconds": found["seconds"]}


def _width(parts: Parts) -> int:
    """Return the number of columns with one for each level."""
    names = parts.X.select_dtypes("category").columns if hasattr(parts.X, "columns") else ()
    return int(parts.X.shape[1] + sum(parts.X[name].nunique() for name in names))


def _as_table(X: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])


def run(path: Path, numeric: Path, raw: Path, most_rows: int, names: list[str]) -> None:
    """Add to the file what it lacks."""
    done = {(row["data"], row["estimator"]) for row in read(path)}
    for parts in load(numeric, raw, SEED, most_rows):
        for name in names if parts.fits_in else ():
            if (parts.name, name) not in done and not (name == "mlp" and _width(parts) > MOST_COLUMNS):
                about = {"data": parts.name, "half": parts.half, "task": parts.task, "n": len(parts.y)}
                append(path, [{**about, "estimator": name, **figures(parts, name)}])


def ratios(rows: list[dict[str, str]], peer: str, figure: str) -> np.ndarray:
    """Return the log of our figure over the peer's for each table that has both."""
    of = {(row["data"], row["estimator"]): row[figure] for row in rows}
    names = dict.fromkeys(row["data"] for row in rows)
    both = [(of.get((name, OURS)), of.get((name, peer))) for name in names]
    return np.log([float(mine) / float(its) for mine, its in both if mine and its])


def line(rows: list[dict[str, str]], peer: str) -> list[str]:
    """Return the figures of some tables beside a peer."""
    losses, areas, seconds = (ratios(rows, peer, figure) for figure in ("loss", "1 - AUC", "seconds"))
    mean = [f"{np.exp(each.mean()):.3f}" if len(each) else "" for each in (losses, areas, seconds)]
    return [f"{len(losses)}", mean[0], f"{wins(losses):g}", f"{p_value(losses):.3f}", mean[1], f"{len(areas)}", mean[2]]


def summary(rows: list[dict[str, str]]) -> Table:
    """Return the table of the guide."""
    binary = {row["data"] for row in rows if row["1 - AUC"]}
    groups = {label: lambda row, ends=ends: ends[0] <= int(row["n"]) < ends[1] for label, ends in SIZES.items()}
    groups |= {f"half that {half}s": lambda row, half=half: row["half"] == half for half in HALVES}
    groups |= {
        "two classes": lambda row: row["data"] in binary,
        "more classes": lambda row: row["task"] == "clf" and row["data"] not in binary,
        "numbers to predict": lambda row: row["task"] == "reg",
        "raw tables": lambda row: row["data"].endswith("_raw"),
        "all": lambda row: True,
    }
    header = ["beside", "which", "number", "loss over its", "wins", "p", "1 - AUC over its", "number", "time over its"]
    lines = [
        [title, label, *line([row for row in rows if belongs(row)], peer)]
        for peer, title in PEERS.items()
        for label, belongs in groups.items()
    ]
    return Table(header, lines)


def main() -> None:
    """Measure what is missing, and write the table of what there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--most-rows", type=int, default=15_000, help="of training, and of testing")
    parser.add_argument("--only", nargs="+", default=[OURS, *PEERS])
    options = parser.parse_args()
    if options.folders:
        run(options.output, *options.folders, options.most_rows, options.only)
    publish("evidence", summary(read(options.output)), seeded([SEED]))


if __name__ == "__main__":
    main()
