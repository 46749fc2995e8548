"""Rows of another dtype than the network: standardised in float64, then rounded; never copied."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from reference import LOSSES

from sk_adaptive._core import engine
from sk_adaptive._data.inputs import Inputs, Levels
from sk_adaptive._network.initialization import initial_theta, random_signs
from sk_adaptive._network.plan import Group, Plan, make_plan
from sk_adaptive.activations import Spline

N_NUMBERS, N_LEVELS, N_ROWS = 9, 3, 70
FLOAT32 = np.dtype(np.float32)
TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}


def _table(sparse: bool) -> tuple[Inputs, np.ndarray, np.ndarray]:
    """Return inputs, float64 rows far from zero that float32 has no digits for, and the same standardised by hand."""
    rng = np.random.RandomState(0)
    z = np.clip(rng.normal(size=(N_ROWS, N_NUMBERS)), -2, 2)
    centre, factor = rng.choice([-1e9, 0.0, 1e9], N_NUMBERS), rng.uniform(0.5, 2, N_NUMBERS)
    X = centre + z / factor
    if sparse:
        X[rng.uniform(size=X.shape) < 0.5] = 0
    z = np.clip((X - centre) * factor, -1.5, 1.5)
    X[3, 2], z[3, 2] = np.nan, 0.25
    inputs = replace(
        Inputs.raw(N_NUMBERS),
        centre=centre,
        factor=factor,
        lower=np.full(N_NUMBERS, -1.5),
        upper=np.full(N_NUMBERS, 1.5),
        missing=np.full(N_NUMBERS, 0.25),
    )
    return inputs, X, z


def _with_levels(inputs: Inputs, X: np.ndarray, z: np.ndarray) -> tuple[Inputs, np.ndarray, np.ndarray]:
    """Add a category of three levels, and an input for the missing number."""
    level = np.arange(N_ROWS) % N_LEVELS
    levels = Levels(N_NUMBERS, np.arange(N_LEVELS) + N_NUMBERS), Levels(2, np.array([N_NUMBERS + N_LEVELS]), True)
    shown = np.column_stack([z, np.eye(N_LEVELS)[level], np.isnan(X[:, 2])])
    n_inputs = shown.shape[1]
    return (
        replace(inputs, n_columns=N_NUMBERS + 1, levels=levels, n_inputs=n_inputs),
        np.column_stack([X, level]),
        shown,
    )


def _plan(inputs: Inputs) -> Plan:
    signs = random_signs(np.random.RandomState(1), 3, inputs.n_inputs)
    return make_plan(inputs, [6, 5], 2, [Spline()] * 2, loss=LOSSES["squared_error"], n_members=3, signs=signs)


def _trained(network: engine.Network, theta: np.ndarray, X: object, y: np.ndarray) -> np.ndarray:
    theta = theta.copy()
    trainer = engine.Trainer(
        network,
        theta,
        X,
        y,
        solver="sgd",
        constants=(0.9, 0.0),
        groups=[Group(0, theta.size, 1.0, 0.0, None)],
        state=np.zeros((1, theta.size), theta.dtype),
        steps=np.zeros(1, dtype=np.int64),
        random=np.arange(1, 5, dtype=np.uint64),
        order=np.arange(N_ROWS),
        batch_size=16,
    )
    trainer.epoch(np.full(5, 0.1))
    return theta


@pytest.mark.parametrize("kind", ["dense", "levels", "sparse"])
def test_float64_rows_are_standardised_before_they_are_rounded(kind, instruction_set):
    inputs, X, z = _table(kind == "sparse")
    if kind == "levels":
        inputs, X, z = _with_levels(inputs, X, z)
    rows = sp.csr_array(X) if kind == "sparse" else X
    by_hand = z.astype(np.float32)
    network, plain = (_plan(each).network(FLOAT32) for each in (inputs, Inputs.raw(z.shape[1])))
    rng = np.random.RandomState(2)
    theta = initial_theta(_plan(inputs), "gain", rng, FLOAT32)
    y = rng.normal(size=(N_ROWS, 2)).astype(np.float32)
    np.testing.assert_allclose(network.forward(theta, rows), plain.forward(theta, by_hand), **TOLERANCE)
    gradients = np.empty((2, theta.size), np.float32)
    losses = (
        network.loss_and_grad(theta, rows, y, None, gradients[0]),
        plain.loss_and_grad(theta, by_hand, y, None, gradients[1]),
    )
    np.testing.assert_allclose(*losses, rtol=1e-5)
    np.testing.assert_allclose(*gradients, **TOLERANCE)
    np.testing.assert_allclose(_trained(network, theta, rows, y), _trained(plain, theta, by_hand, y), **TOLERANCE)


@pytest.mark.parametrize("sparse", [False, True])
def test_float32_rows_in_a_float64_network_are_the_same_numbers(sparse):
    inputs, X, _ = _table(sparse)
    inputs = replace(inputs, centre=np.full(N_NUMBERS, 0.5))
    X = (X % 7).astype(np.float32)
    theta = initial_theta(_plan(inputs), "gain", np.random.RandomState(2), np.dtype(np.float64))
    network = _plan(inputs).network(theta.dtype)
    outputs = [network.forward(theta, sp.csr_array(rows) if sparse else rows) for rows in (X, X.astype(float))]
    assert outputs[0].dtype == np.float64
    np.testing.assert_array_equal(*outputs)


def test_rows_are_not_copied():
    X = np.random.RandomState(0).normal(size=(20_000, N_NUMBERS))
    plan = _plan(Inputs.raw(N_NUMBERS))
    network, theta = plan.network(FLOAT32), initial_theta(plan, "gain", np.random.RandomState(2), FLOAT32)
    y = np.zeros((len(X), 2), np.float32)
    tracemalloc.start()
    network.loss_and_grad(theta, X, y, None, np.empty_like(theta))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < X.nbytes / 4


def test_rows_of_other_dtypes_are_refused():
    plan = _plan(Inputs.raw(N_NUMBERS))
    theta = initial_theta(plan, "gain", np.random.RandomState(2), FLOAT32)
    for rows in (np.zeros((2, N_NUMBERS), np.int64), sp.csr_array(np.eye(N_NUMBERS, dtype=np.int32))):
        with pytest.raises(TypeError, match="X: expected float32 or float64, got int"):
            plan.network(FLOAT32).forward(theta, rows)
