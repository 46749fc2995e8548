"""Training holds no more copies of the parameters than the estimate by which too large networks are refused."""

import tracemalloc

import numpy as np
import pytest

from sk_adaptive import AdaptiveMLPRegressor
from sk_adaptive._network.memory import COPIES

X = np.random.RandomState(0).normal(size=(300, 3))
Y = np.sin(X[:, 0])
LARGE = {"hidden_layer_sizes": (512, 512), "activation": "tanh", "n_members": 1, "batch_size": 16, "random_state": 0}
ROWS = 0.5  # of a copy: a batch of rows and what NumPy itself needs


def _copies(model, train):
    """Peak of the memory that a model and its training need, in parameters of the model."""
    tracemalloc.start()
    for _ in range(2):
        train()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / model.theta_.nbytes


@pytest.mark.parametrize(
    "knobs", [{"max_iter": "auto"}, {"max_iter": 3, "early_stopping": True}], ids=["rows held back", "early stopping"]
)
def test_a_fit(knobs):
    model = AdaptiveMLPRegressor(**LARGE, **knobs)
    assert _copies(model, lambda: model.fit(X, Y)) < COPIES + 1 + ROWS  # and the parameters of the fit before


def test_partial_fit():
    model = AdaptiveMLPRegressor(**LARGE)
    assert COPIES - ROWS < _copies(model, lambda: model.partial_fit(X[:40], Y[:40])) < COPIES + ROWS


def test_signs_lie_as_the_core_reads_them():
    model = AdaptiveMLPRegressor(hidden_layer_sizes=(4,), n_members=3, max_iter=1).fit(X, Y)
    assert model._plan.signs.flags.c_contiguous
