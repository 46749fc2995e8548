"""The four networks that are timed, the same for every package: layers, data, batch, epochs and solver."""

from __future__ import annotations

import importlib.util
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.solvers import SGD

DTYPES = ("float32", "float64")
# Alike in every package: one network, relu, a constant rate, no penalty, no stopping.
PLAIN: dict[str, Any] = {
    "activation": "relu",
    "alpha": 0.0,
    "n_iter_no_change": 10**6,
    "learning_rate": "constant",
    "random_state": 0,
}
# What makes ours the network that the others train.
ALIKE: dict[str, Any] = {"n_members": 1, "label_smoothing": 0.0, "clip_inputs": None}


class Workload(NamedTuple):
    """One network and how it is trained."""

    hidden: tuple[int, ...]
    data: str
    batch: int
    epochs: int
    solver: str

    def sizes(self) -> tuple[int, ...]:
        """Return the units of every layer, inputs and outputs included."""
        X, y = load(self.data, "float64")
        return (X.shape[1], *self.hidden, int(y.max()) + 1)

    def steps(self) -> int:
        """Return the number of minibatches in all epochs."""
        return self.epochs * -(-len(load(self.data, "float64")[0]) // self.batch)

    def __str__(self) -> str:
        return f"{'-'.join(map(str, self.sizes()))}, {self.batch}"


TINY = Workload((10, 5), "iris", 32, 500, "sgd")
SMALL = Workload((100,), "digits", 200, 60, "adam")
MIDDLE = Workload((256, 256), "digits", 256, 20, "adam")
WIDE = Workload((512, 512, 512), "digits", 256, 6, "adam")
WORKLOADS = (TINY, SMALL, MIDDLE, WIDE)


@cache
def load(name: str, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a standardised data set that scikit-learn ships."""
    loaders = {"iris": load_iris, "digits": load_digits, "breast_cancer": load_breast_cancer}
    X, y = loaders[name](return_X_y=True)
    return StandardScaler().fit_transform(X).astype(dtype), y


def ours(work: Workload, **more: Any) -> AdaptiveMLPClassifier:
    """Return our estimator for a workload."""
    solver = SGD(momentum=0.0) if work.solver == "sgd" else work.solver
    return AdaptiveMLPClassifier(
        **{**PLAIN, **_shared(work), **ALIKE, "solver": solver, "learning_rate_init": 1e-3, **more}
    )


def theirs(work: Workload) -> MLPClassifier:
    """Return scikit-learn's estimator for a workload."""
    return MLPClassifier(**PLAIN, **_shared(work), solver=work.solver, momentum=0.0)


def _shared(work: Workload) -> dict[str, Any]:
    return {"hidden_layer_sizes": work.hidden, "batch_size": work.batch, "max_iter": work.epochs}


def installed(name: str) -> bool:
    """Return whether a peer can be imported."""
    return importlib.util.find_spec(name) is not None
