"""Which shapes do networks choose? Fits on all development tables, and what each unit has learned.

Every table is fitted in several ways: three seeds on at most 1000 training rows; fewer and more rows; noise added to
the targets; splines that start as another function; other families. Each fit's units go to a file of their own in
OUTPUT, so that a run can be continued, and never into the repository: `shape_report.py` reads them.

Run: python docs/benchmarks/bench_shapes.py OUTPUT NUMERIC RAW [--tables iris car_raw]
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from development_tables import Parts, load
from shape_units import units_of
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_limits

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.activations import Spline
from sk_adaptive.inspection import symbolic

ROWS = 1000
EPOCHS = (1, 2, 5, 10, 20)  # looked at besides the last
NAMED_UNITS = 3  # of a layer, compared with named functions
FEW_TABLES = 6  # every so manieth table is fitted with the other families
FAMILIES = ("rational", "polynomial", "blend", "swish", "snake")


class Study(NamedTuple):
    """One way to fit a table."""

    name: str
    seed: int = 0
    rows: int = ROWS
    activation: Any = "spline"
    noise: float = 0.0


ALL_TABLES = (
    *(Study("base", seed) for seed in range(3)),
    Study("rows_250", rows=250),
    Study("rows_2000", rows=2000),
    Study("noise", noise=0.3),
    Study("knots_25", activation=Spline(25)),
    Study("from_identity", activation=Spline(start="identity")),
    Study("from_tanh", activation=Spline(start="tanh")),
)
SOME_TABLES = tuple(Study(family, activation=family) for family in FAMILIES)


class Snapshots:
    """A callback of scikit-learn that keeps the units as they are after some epochs."""

    def __init__(self, X: Any) -> None:
        self._X = X
        self.units: dict[int, dict[str, np.ndarray]] = {}
        self._epoch = 0

    def setup(self, estimator: Any, context: Any) -> None:
        """Do nothing."""

    def teardown(self, estimator: Any, context: Any) -> None:
        """Do nothing."""

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Do nothing."""

    def on_fit_task_end(self, estimator: Any, context: Any, *, fitted_estimator: Any = None) -> None:
        """Keep the units if this epoch is one of EPOCHS."""
        if context.task_name == "epoch" and fitted_estimator is not None:
            self._epoch += 1
            if self._epoch in EPOCHS:
                self.units[self._epoch] = units_of(fitted_estimator, self._X)


def rows_of(parts: Parts, study: Study) -> tuple[Any, np.ndarray]:
    """Return the training rows of a study, with noise in the targets if it has any.

    Noise 0.3 changes 30 % of the labels to those of other rows, or adds to numbers 0.3 of their variance.
    """
    X, y = parts.X[: study.rows], parts.y[: study.rows].copy()
    random = np.random.default_rng(study.seed)
    if study.noise and parts.task == "clf":
        changed = random.random(len(y)) < study.noise
        y[changed] = random.permutation(y)[changed]
    elif study.noise:
        y = y + np.sqrt(study.noise) * y.std() * random.standard_normal(len(y))
    return X, y


def estimator(task: str, **parameters: Any) -> Any:
    """Return our estimator with its defaults, but for what is given."""
    return (AdaptiveMLPClassifier if task == "clf" else AdaptiveMLPRegressor)(**parameters)


def errors(network: Any, parts: Parts) -> tuple[float, float]:
    """Return loss and error on the test rows: log-loss and error rate, or the RMSE over the deviation of y, twice."""
    if parts.task == "reg":
        error = float(np.sqrt(np.mean((network.predict(parts.X_test) - parts.y_test) ** 2)) / np.std(parts.y_test))
        return error, error
    known = np.isin(parts.y_test, network.classes_)
    y = parts.y_test[known]
    p = np.clip(network.predict_proba(parts.X_test[known]).astype(np.float64), 1e-15, 1)
    error = float(np.mean(network.classes_[p.argmax(axis=1)] != y))
    loss = float(log_loss(y, p / p.sum(axis=1, keepdims=True), labels=network.classes_))
    return loss, max(error, 0.5 / len(y))


def measure(parts: Parts, study: Study) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the units of one fit, those after some epochs if it is the first one, and how well it predicts."""
    X, y = rows_of(parts, study)
    network = estimator(parts.task, activation=study.activation, n_members=8, random_state=study.seed)
    first = study == ALL_TABLES[0]
    snapshots = Snapshots(X)
    if first:
        network.set_callbacks(snapshots)
    network.fit(X, y)
    for epoch, units in snapshots.units.items():
        yield f"epoch_{epoch}", units
    units = units_of(network, X)
    loss, error = errors(network, parts)
    named = named_functions(network, units) if first else {}
    yield study.name, {**units, **named, "loss": loss, "error": error, "epochs": network.n_iter_}


def named_functions(network: Any, units: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the named function nearest to units of each layer, drawn by what their bent part contributes."""
    random = np.random.default_rng(0)
    found: dict[str, list[Any]] = {"named_layer": [], "named_unit": [], "named": [], "named_r2": [], "straight_r2": []}
    for layer in np.unique(units["layer"]):
        weights = units["bent"][units["layer"] == layer]
        drawn = np.unique(random.choice(len(weights), NAMED_UNITS, p=weights / weights.sum()))
        table = symbolic(network, int(layer), units=[int(u) for u in drawn], n_best=20)
        for u in drawn:
            mine = {name: column[table["unit"] == u] for name, column in table.items()}
            best = np.argmax(mine["r2"])
            values = (layer, u, mine["function"][best], mine["r2"][best], mine["r2"][mine["function"] == "x"][0])
            for name, value in zip(found, values, strict=True):
                found[name].append(value)
    return {name: np.array(values) for name, values in found.items()}


def run(output: Path, numeric: Path, raw: Path, only: list[str] | None) -> None:
    """Fit what OUTPUT lacks."""
    output.mkdir(parents=True, exist_ok=True)
    tables = list(load(numeric, raw))
    for study in (*ALL_TABLES, *SOME_TABLES):
        for parts in tables[:: FEW_TABLES if study in SOME_TABLES else 1]:
            if (only and parts.name not in only) or (study.rows > ROWS >= len(parts.X)):
                continue
            if not (output / path_of(parts, study.name, study.seed)).exists():
                for name, units in measure(parts, study):
                    save(output, parts, study, name, units)
        print(study, flush=True)


def save(output: Path, parts: Parts, study: Study, name: str, units: dict[str, Any]) -> None:
    """Write the units of a fit."""
    about = {"table": parts.name, "source": parts.source, "half": parts.half, "task": parts.task}
    fit = {"n": min(len(parts.X), study.rows), "d": parts.X.shape[1], "study": name, "seed": study.seed}
    np.savez_compressed(output / path_of(parts, name, study.seed), **about, **fit, **units)


def path_of(parts: Parts, name: str, seed: int) -> str:
    """Return the name of a fit's file."""
    return f"{parts.name}.{name}.{seed}.npz"


def main() -> None:
    """Measure what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("numeric", type=Path)
    parser.add_argument("raw", type=Path)
    parser.add_argument("--tables", nargs="+", help="these only")
    options = parser.parse_args()
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run(options.output, options.numeric, options.raw, options.tables)


if __name__ == "__main__":
    main()
