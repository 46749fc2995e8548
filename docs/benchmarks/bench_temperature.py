"""The temperature that validation rows set: each fit is judged with it, and with its outputs as they were trained.

Classifiers with early_stopping=True on the development tables, numeric and raw; at most 5000 training rows, two splits;
the best epoch is that of the least loss, or of the greatest accuracy.
Figures are means over the fits: the log-loss, the Brier score (of all classes), the calibration error of the predicted
class in ten bins (arXiv:1706.04599) and the error rate; the ratio of log-losses is a geometric mean over the tables.
The calibration curve puts the test rows of all fits into these bins, each fit with the same total weight.

Run: python docs/benchmarks/bench_temperature.py NUMERIC_FOLDER RAW_FOLDER
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from bench_calibration import BINS, by_bin, judge
from development_tables import HALVES, Parts, load
from report import Table, publish, seeded
from threadpoolctl import threadpool_limits

from sk_adaptive import AdaptiveMLPClassifier

MOST_ROWS = 5000
SEEDS = (0, 1)
SCORINGS = ("loss", "accuracy")
MANY = 1500  # training rows, a tenth of which validates
WAYS = ("as trained", "with the temperature")


class Fit(NamedTuple):
    """A fit: its table, and for each of `WAYS` figures of the test rows and sums of them by bin."""

    source: str
    scoring: str
    half: str
    n_rows: int
    figures: np.ndarray  # log-loss, Brier score, calibration error, error rate
    curve: np.ndarray  # (ways, 3, bins): share of the rows; of it, their mean probability and share of hits


def measure(parts: Parts, scoring: str, seed: int) -> Fit:
    """Fit, and judge the probabilities of the test rows."""
    model = AdaptiveMLPClassifier(early_stopping=True, scoring=scoring, random_state=seed)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        model.fit(parts.X, parts.y)
        scaled = np.asarray(model.predict_proba(parts.X_test), dtype=np.float64)
        for each in (model.coefs_[-1], model.intercepts_[-1]):  # views into the parameters
            each *= model.temperature_
        trained = np.asarray(model.predict_proba(parts.X_test), dtype=np.float64)
    y = np.searchsorted(model.classes_, parts.y_test)
    ways = trained, scaled
    figures, curve = np.array([judge(p, y) for p in ways]), np.array([by_bin(p, y) for p in ways])
    return Fit(parts.source, scoring, parts.half, len(parts.y), figures, curve)


def lines(label: str, fits: list[Fit]) -> list[list[str]]:
    """Return the rows of the table for some fits."""
    figures = np.array([fit.figures for fit in fits])
    logs = np.log(figures[:, 1, 0] / figures[:, 0, 0])
    sources = np.array([fit.source for fit in fits])
    ratio = np.exp(np.mean([logs[sources == source].mean() for source in np.unique(sources)]))
    means = [[f"{value:.4f}" for value in each] for each in figures.mean(axis=0)]
    more = "", f"{ratio:.3f}"
    return [[label, f"{len(fits)}", way, *mean, end] for way, mean, end in zip(WAYS, means, more, strict=True)]


def summary(fits: list[Fit]) -> Table:
    """Return the table of figures."""
    header = ["best epoch by", "fits", "outputs", "log-loss", "Brier score", "calibration error", "error rate", "ratio"]
    groups = {
        f"{scoring}: half that {half}s": [fit for fit in fits if (fit.scoring, fit.half) == (scoring, half)]
        for scoring in SCORINGS
        for half in HALVES
    }
    by_loss = [fit for fit in fits if fit.scoring == "loss"]
    groups[f"loss: {MANY} training rows or more"] = [fit for fit in by_loss if fit.n_rows >= MANY]
    groups["loss: fewer"] = [fit for fit in by_loss if fit.n_rows < MANY]
    return Table(header, [line for label, some in groups.items() for line in lines(label, some)])


def curve(fits: list[Fit]) -> Table:
    """Return the calibration curve of the greatest probability."""
    share, sure, right = np.moveaxis(np.mean([fit.curve for fit in fits], axis=0), 1, 0)
    header = ["probability"] + [f"{what}, {way}" for way in WAYS for what in ("rows", "mean", "hits")]
    rows = []
    for b in np.flatnonzero((share >= 0.002).all(axis=0)):
        cells = [[share[w, b], sure[w, b] / share[w, b], right[w, b] / share[w, b]] for w in range(len(WAYS))]
        rows.append([f"{b / BINS:.1f} to {(b + 1) / BINS:.1f}", *(f"{value:.3f}" for each in cells for value in each)])
    return Table(header, rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("numeric", type=Path)
    parser.add_argument("raw", type=Path)
    options = parser.parse_args()
    fits = [
        measure(parts, scoring, seed)
        for scoring in SCORINGS
        for seed in SEEDS
        for parts in load(options.numeric, options.raw, seed, MOST_ROWS)
        if parts.task == "clf" and parts.fits_in
    ]
    publish("temperature", summary(fits), seeded(SEEDS))
    publish("calibration_curve", curve([fit for fit in fits if fit.scoring == "loss"]), "Best epoch by loss.")


if __name__ == "__main__":
    main()
