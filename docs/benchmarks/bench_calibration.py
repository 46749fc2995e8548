"""Quality of probabilities on a folder of tables: the defaults, and a temperature from out-of-fold predictions.

The folder holds NAME.npz with X and y, and INDEX.tsv, as for bench_accuracy.py. Figures are means over the tables of
classes: the log-loss, the Brier score (of all classes), the expected calibration error of the predicted class in ten
bins (arXiv:1706.04599), the error rate, and the geometric mean of the processor time over that of the defaults. The
temperature is scikit-learn's; it needs scikit-learn 1.8. Tables with a class of fewer than 20 rows are left out.

Run: python docs/benchmarks/bench_calibration.py FOLDER --rows 1500
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from bench_accuracy import load
from paired import print_table
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from sk_adaptive import AdaptiveMLPClassifier

WAYS: dict[str, Callable[[], BaseEstimator]] = {
    "defaults": lambda: AdaptiveMLPClassifier(random_state=0),
    "label_smoothing=0": lambda: AdaptiveMLPClassifier(label_smoothing=0, random_state=0),
    "temperature": lambda: CalibratedClassifierCV(
        AdaptiveMLPClassifier(random_state=0), method="temperature", cv=5, ensemble=False
    ),
}
BINS = 10
MIN_ROWS_OF_CLASS = 20


def by_bin(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return for each bin of the greatest probability the share of the rows, and that of their sure and right parts."""
    sure, right = p.max(axis=1), p.argmax(axis=1) == y
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    return np.array([np.bincount(bins, weight, BINS) for weight in (np.ones(len(y)), sure, right)]) / len(y)


def judge(p: np.ndarray, y: np.ndarray) -> list[float]:
    """Return log-loss, Brier score, calibration error and error rate of probabilities.

    The calibration error is the mean distance between the probability of the predicted class and how often it is the
    right one.
    """
    brier = float(np.mean(((p - np.eye(p.shape[1])[y]) ** 2).sum(axis=1)))
    loss = log_loss(y, p / p.sum(axis=1, keepdims=True), labels=np.arange(p.shape[1]))
    _, sure, right = by_bin(p, y)
    return [loss, brier, float(np.abs(sure - right).sum()), float(np.mean(p.argmax(axis=1) != y))]


def measure(model: BaseEstimator, X: np.ndarray, y: np.ndarray, rows: int) -> list[float]:
    """Return log-loss, Brier score, calibration error, error rate and processor time of a fit."""
    X_fit, X_test, y_fit, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        began = time.process_time()
        model.fit(X_fit[:rows], y_fit[:rows])
        seconds = time.process_time() - began
        p = np.asarray(model.predict_proba(X_test), dtype=np.float64)
    return [*judge(p, np.searchsorted(model.classes_, y_test)), seconds]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10**9, help="train on so many rows at most")
    options = parser.parse_args()
    found: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    for _, X, y in load(options.folder, "clf"):
        if np.unique(y, return_counts=True)[1].min() < MIN_ROWS_OF_CLASS:
            continue
        for way, make in WAYS.items():
            found[way].append(measure(make(), X, y, options.rows))
    figures = {way: np.array(each) for way, each in found.items()}
    times = figures["defaults"][:, -1]
    rows = [
        [way, *(f"{v:.4f}" for v in each[:, :-1].mean(axis=0)), f"{np.exp(np.log(each[:, -1] / times).mean()):.2f}"]
        for way, each in figures.items()
    ]
    print_table(["way", "log-loss", "Brier score", "calibration error", "error rate", "time"], rows)


if __name__ == "__main__":
    main()
