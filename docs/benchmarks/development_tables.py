"""The development tables, numeric and raw, split into training and test rows, and into the halves of a study.

A table that comes in both folders (churn, car, titanic, the two on credit) is one source: both versions are in the
same half, and count once where tables are compared. Sources are sorted by name; of two neighbours the first chooses
and the second judges.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import bench_accuracy
import bench_tables
import numpy as np
from sklearn.model_selection import train_test_split

MOST_ROWS = 2000
SAME_SOURCE = {"credit-data": "credit-scoring"}
HALVES = ("choose", "judge")


class Parts(NamedTuple):
    """A table that is split: columns as the estimators take them."""

    name: str
    source: str
    half: str
    task: str  # "clf" or "reg"
    X: Any
    X_test: Any
    y: np.ndarray
    y_test: np.ndarray

    @property
    def fits_in(self) -> bool:
        """Whether every class of the test rows is one of the training rows."""
        return self.task == "reg" or bool(np.isin(self.y_test, self.y).all())


def source(name: str) -> str:
    """Return the name of the data that a table is a version of."""
    plain = name.replace("_", "-")
    return SAME_SOURCE.get(plain, plain)


def halves(numeric: Path, raw: Path) -> dict[str, str]:
    """Return the half that each source is in."""
    names = sorted({source(name) for folder in (numeric, raw) for name in _names(folder)})
    return {name: HALVES[i % 2] for i, name in enumerate(names)}


def load(numeric: Path, raw: Path, split: int = 0, most_rows: int = MOST_ROWS) -> Iterator[Parts]:
    """Yield every table, with at most so many rows of training and of testing; raw ones have `_raw` in their name."""
    of_half = halves(numeric, raw)
    for task in ("clf", "reg"):
        for name, X, y in bench_accuracy.load(numeric, task):
            stratify = y if task == "clf" else None
            parts = train_test_split(X, y, test_size=0.3, random_state=split, stratify=stratify)
            yield Parts(name, source(name), of_half[source(name)], task, *(part[:most_rows] for part in parts))
    for name, task, parts in bench_tables.load(raw, most_rows, split):
        kind = "reg" if task == "reg" else "clf"
        yield Parts(f"{name}_raw", source(name), of_half[source(name)], kind, *parts)


def _names(folder: Path) -> list[str]:
    with (folder / "INDEX.tsv").open() as index:
        return [row["name"] for row in csv.DictReader(index, delimiter="\t")]
