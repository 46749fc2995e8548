"""Coverage of intervals between the 0.1 and 0.9 quantiles: the shift by rows held back, beside the same epochs without.

Every development table of numbers with enough rows, raw or not; 80 % of the test rows should lie inside.

Run: python docs/benchmarks/bench_intervals.py NUMERIC_FOLDER RAW_FOLDER [--rows 500]
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from development_tables import HALVES, Parts, load
from paired import print_table
from report import machine
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import mean_pinball_loss
from threadpoolctl import threadpool_limits

from sk_adaptive import AdaptiveMLPRegressor
from sk_adaptive.losses import Quantile

LOW, HIGH = 0.1, 0.9


def coverage_and_loss(parts: Parts, **knobs: Any) -> tuple[float, float]:
    """Return the share of test rows between the quantiles, and the sum of both pinball losses."""
    ends = []
    for quantile in (LOW, HIGH):
        model = AdaptiveMLPRegressor(loss=Quantile(quantile), random_state=0, **knobs)
        ends.append(model.fit(parts.X, parts.y).predict(parts.X_test))
    inside = np.mean((ends[0] <= parts.y_test) & (parts.y_test <= ends[1]))
    losses = [mean_pinball_loss(parts.y_test, end, alpha=q) for end, q in zip(ends, (LOW, HIGH), strict=True)]
    return float(inside), float(sum(losses))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("numeric", type=Path)
    parser.add_argument("raw", type=Path)
    parser.add_argument("--rows", type=int, default=500)
    options = parser.parse_args()
    rows, figures = [], {half: [] for half in HALVES}
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        for table in load(options.numeric, options.raw):
            if table.task != "reg" or len(table.y) < options.rows:
                continue
            parts = table._replace(X=table.X[: options.rows], y=table.y[: options.rows])
            (shifted, loss), (plain, plain_loss) = coverage_and_loss(parts), coverage_and_loss(parts, max_iter=50)
            figures[table.half].append([plain, shifted, np.log(loss / plain_loss)])
            rows.append([table.name, table.half, f"{plain:.2f}", f"{shifted:.2f}", f"{loss / plain_loss:.2f}"])
    for half, of_half in figures.items():
        plain, shifted, log_ratio = np.mean(of_half, axis=0)
        rows.append([f"mean of {half}", "", f"{plain:.2f}", f"{shifted:.2f}", f"{np.exp(log_ratio):.2f}"])
    print(f"{machine()}\n")
    print_table(["table", "half", "coverage, max_iter=50", "coverage, defaults", "pinball loss, ratio"], rows)


if __name__ == "__main__":
    main()
