"""Error, log-loss and fit time of estimators on a folder of data sets, with fixed splits.

The folder holds NAME.npz (X: float32, NaN where missing; y) and INDEX.tsv, whose columns `name` and `task` ("clf" or
"reg") are read. Networks see mean-imputed, standardised columns; trees see the data as it is. A split's number also
seeds the estimators. Every fit has one thread.

Run: python docs/benchmarks/bench_accuracy.py FOLDER --task clf --estimators ours mlp boosting forest --splits 3
"""

from __future__ import annotations

import argparse
import csv
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from evidence import p_value, wins
from joblib import Parallel, delayed
from paired import print_table
from scipy.stats import rankdata
from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor

SMALL = 1500  # rows: smaller sets are reported apart
ALL = 10**9  # rows
FIXED = ("relu", "silu", "mish", "selu", "tanh")


def network(estimator: BaseEstimator) -> BaseEstimator:
    """Return the network behind mean imputation and standardisation."""
    return make_pipeline(SimpleImputer(), StandardScaler(), estimator)


def real_mlp(task: str, seed: int) -> BaseEstimator:
    """Return RealMLP-TD of pytabkit, if it is installed."""
    from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

    cls = RealMLP_TD_Classifier if task == "clf" else RealMLP_TD_Regressor
    return make_pipeline(SimpleImputer(), cls(random_state=seed, device="cpu", n_threads=1))


def ours(task: str, seed: int, **parameters: Any) -> BaseEstimator:
    """Return our estimator with its defaults, but for what is given."""
    cls = AdaptiveMLPClassifier if task == "clf" else AdaptiveMLPRegressor
    return network(cls(random_state=seed, **parameters))


def mlp(task: str, seed: int) -> BaseEstimator:
    """Return scikit-learn's network with its defaults."""
    return network((MLPClassifier if task == "clf" else MLPRegressor)(random_state=seed))


def mlp_scaled(task: str, seed: int) -> BaseEstimator:
    """Return scikit-learn's network with its target standardised."""
    if task == "clf":
        return mlp(task, seed)
    return TransformedTargetRegressor(mlp(task, seed), transformer=StandardScaler())


def boosting(task: str, seed: int) -> BaseEstimator:
    """Return scikit-learn's histogram gradient boosting."""
    return (HistGradientBoostingClassifier if task == "clf" else HistGradientBoostingRegressor)(random_state=seed)


def forest(task: str, seed: int) -> BaseEstimator:
    """Return scikit-learn's random forest."""
    cls = RandomForestClassifier if task == "clf" else RandomForestRegressor
    return make_pipeline(SimpleImputer(), cls(random_state=seed))


Factory = Callable[[str, int], BaseEstimator]
ESTIMATORS: dict[str, Factory] = {
    "ours": ours,
    "mlp": mlp,
    "mlp_scaled": mlp_scaled,
    "boosting": boosting,
    "forest": forest,
    "real_mlp": real_mlp,
    **{f"ours_{name}": lambda task, seed, name=name: ours(task, seed, activation=name) for name in FIXED},
}


def load(folder: Path, task: str) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield each data set of the task: name, X, y."""
    with (folder / "INDEX.tsv").open() as index:
        names = [row["name"] for row in csv.DictReader(index, delimiter="\t") if row["task"] == task]
    for name in names:
        data = np.load(folder / f"{name}.npz", allow_pickle=False)
        yield name, data["X"], data["y"]


class Effort(NamedTuple):
    """How much of the data to measure on."""

    splits: int = 1
    most_rows: int = ALL  # larger data sets are left out
    training_rows: int = ALL  # at most so many are trained on
    jobs: int = 1


def measure(
    estimator: BaseEstimator, task: str, X: np.ndarray, y: np.ndarray, split: int, most: int = ALL
) -> dict[str, float]:
    """Fit on 70 % of the rows, but at most `most`, and return error, loss and seconds; one error for regression."""
    X_fit, X_test, y_fit, y_test = train_test_split(X, y, test_size=0.3, **_seeded(task, y, split))
    if len(X_fit) > most:
        X_fit, _, y_fit, _ = train_test_split(X_fit, y_fit, train_size=most, **_seeded(task, y_fit, split))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        began = time.perf_counter()
        estimator.fit(X_fit, y_fit)
        seconds = time.perf_counter() - began
        if task == "reg":
            error = float(np.sqrt(np.mean((estimator.predict(X_test) - y_test) ** 2)) / np.std(y_test))
            return {"error": error, "loss": error, "seconds": seconds}
        probabilities = estimator.predict_proba(X_test)
        error = float(np.mean(estimator.classes_[probabilities.argmax(axis=1)] != y_test))
    clipped = np.clip(np.asarray(probabilities, dtype=np.float64), 1e-15, 1)
    loss = float(log_loss(y_test, clipped / clipped.sum(axis=1, keepdims=True), labels=estimator.classes_))
    return {"error": max(error, 0.5 / len(y_test)), "loss": loss, "seconds": seconds}


def _seeded(task: str, y: np.ndarray, split: int) -> dict[str, Any]:
    return {"random_state": split, "stratify": y if task == "clf" else None}


def run(folder: Path, task: str, factories: dict[str, Factory], effort: Effort) -> list[dict[str, Any]]:
    """Measure every estimator on every data set and split, the estimators in turns, on one thread each."""

    def one(name: str, X: np.ndarray, y: np.ndarray, split: int) -> list[dict[str, Any]]:
        about = {"data": name, "n": len(X), "d": X.shape[1], "split": split}
        with threadpool_limits(1):
            return [
                {**about, "estimator": each, **measure(make(task, split), task, X, y, split, effort.training_rows)}
                for each, make in factories.items()
            ]

    data = [(name, X, y) for name, X, y in load(folder, task) if len(X) <= effort.most_rows]
    jobs = (delayed(one)(*each, split) for each in data for split in range(effort.splits))
    return [row for rows in Parallel(effort.jobs)(jobs) for row in rows]


def table(rows: list[dict[str, Any]], figure: str) -> tuple[list[str], np.ndarray]:
    """Return the estimators' names and the mean over splits, (n_data, n_estimators)."""
    names = list(dict.fromkeys(row["estimator"] for row in rows))
    data = list(dict.fromkeys(row["data"] for row in rows))
    means = [
        [np.mean([r[figure] for r in rows if r["data"] == one and r["estimator"] == name]) for name in names]
        for one in data
    ]
    return names, np.array(means)


def summary(rows: list[dict[str, Any]], title: str) -> None:
    """Print each estimator beside the first."""
    if not rows:
        return
    names, errors = table(rows, "error")
    losses, seconds = table(rows, "loss")[1], table(rows, "seconds")[1]
    ranks = np.array([rankdata(row) for row in errors])
    printed = []
    for i, name in enumerate(names):
        ratios = np.log(errors[:, 0] / errors[:, i])
        printed.append(
            [
                name,
                f"{errors[:, i].mean():.4f}",
                f"{losses[:, i].mean():.4f}",
                f"{ranks[:, i].mean():.2f}",
                f"{np.exp(ratios.mean()):.3f}",
                f"{wins(ratios):g}/{len(errors)}",
                f"{p_value(ratios):.3f}",
                f"{np.median(seconds[:, i]):.2f}",
                f"{seconds[:, i].max():.1f}",
            ]
        )
    print(f"\n{title}: {len(errors)} data sets\n")
    print_table(
        ["estimator", "error", "log-loss", "rank", "ours over its error", "our wins", "p", "fit s", "longest"], printed
    )


def per_set(rows: list[dict[str, Any]]) -> None:
    """Print every data set's errors."""
    names, errors = table(rows, "error")
    data = list(dict.fromkeys(row["data"] for row in rows))
    print()
    print_table(["data", *names], [[d, *(f"{e:.4f}" for e in row)] for d, row in zip(data, errors, strict=True)])


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--task", choices=["clf", "reg"], default="clf")
    parser.add_argument("--estimators", nargs="+", choices=ESTIMATORS, default=["ours", "mlp", "boosting"])
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--most-rows", type=int, default=ALL, help="leave larger data sets out")
    parser.add_argument("--training-rows", type=int, default=ALL, help="train on so many at most")
    parser.add_argument("--jobs", type=int, default=1, help="fits at a time")
    parser.add_argument("--output", type=Path, help="write every measurement to this CSV file")
    options = parser.parse_args()
    factories = {name: ESTIMATORS[name] for name in options.estimators}
    effort = Effort(options.splits, options.most_rows, options.training_rows, options.jobs)
    rows = run(options.folder, options.task, factories, effort)
    if options.output:
        with options.output.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    per_set(rows)
    summary(rows, "All")
    summary([row for row in rows if row["n"] < SMALL], f"Fewer than {SMALL} rows")
    summary([row for row in rows if row["n"] >= SMALL], f"{SMALL} rows and more")


if __name__ == "__main__":
    main()
