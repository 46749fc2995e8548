"""Networks of random plans against plain NumPy: outputs, loss, gradient, and a step with dropout."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import scipy.sparse as sp
from reference import ACTIVATIONS, LOSSES, forward, loss_and_gradient
from sklearn.base import clone

from sk_adaptive._core import engine
from sk_adaptive._data.inputs import Inputs, make_inputs
from sk_adaptive._data.moments import Moments
from sk_adaptive._data.pieces import quantile_pieces
from sk_adaptive._network.initialization import random_signs
from sk_adaptive._network.plan import Group, Plan, make_plan
from sk_adaptive.losses.classification import BinaryCrossEntropy, CrossEntropy

N_CASES = 60


@dataclass
class Case:
    """A network, its parameters and its data, in float64 numbers that float32 holds exactly."""

    plan: Plan
    theta: np.ndarray
    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None
    sparse: bool
    n_threads: int

    def rows(self, dtype):
        """Return the rows as the core takes them."""
        X = self.X.astype(dtype)
        return sp.csr_array(X) if self.sparse else X


def _activation(rng, scope):
    activation = clone(list(ACTIVATIONS.values())[rng.randint(len(ACTIVATIONS))])
    return activation.set_params(scope=scope) if activation.n_parameters else activation


def _activations(rng, n_layers):
    """Return activations of random families and scopes; those of scope "network" are alike."""
    shared = _activation(rng, "network")
    scopes = rng.choice(["unit", "layer", "network"], n_layers)
    return [clone(shared) if scope == "network" else _activation(rng, scope) for scope in scopes]


def _theta(plan, rng):
    theta = rng.normal(scale=0.5, size=plan.n_theta)
    for layer, p in zip(plan.hidden, plan.parameters(theta), strict=True):
        p[...] = layer.activation.initial_parameters()[:, None] + 0.1 * rng.normal(size=p.shape)
    if plan.input_scale >= 0:
        theta[plan.input_scale :] += 1
    return theta


def _targets(plan, rng, shape):
    if isinstance(plan.loss, CrossEntropy):
        return rng.randint(0, shape[1], (shape[0], 1))
    if isinstance(plan.loss, BinaryCrossEntropy):
        return rng.randint(0, 2, shape)
    return rng.gamma(1.0, size=shape) if plan.loss.y_min == 0 else rng.normal(size=shape)


def _inputs(rng, n_columns, sparse):
    """Return the inputs of a table with categories and pieces, which sparse rows have none of, and missing numbers."""
    of_levels = {} if sparse else {i: rng.randint(-1, 4, 5) for i in range(n_columns) if rng.uniform() < 0.3}
    inputs = make_inputs(n_columns, of_levels)
    if not sparse and rng.uniform() < 0.5:
        inputs = inputs.with_pieces(
            quantile_pieces(rng.normal(size=(30, n_columns)), np.ones(30), inputs.columns, 5), 5
        )
    missing = rng.uniform(size=n_columns) < 0.3
    zeros = np.zeros(n_columns)
    centre, deviation = _rounded(rng.normal(0, 0.3, n_columns)), _rounded(rng.uniform(1, 2, n_columns))
    moments = Moments(zeros + 9, missing * 1.0, centre, deviation, centre - 1, centre + 1, zeros + 9)
    limit = rng.choice([0.5, 2.0, np.inf])
    return inputs.with_missing(moments).scaled_by(moments, standardize=rng.uniform() < 0.7).clipped_at(limit)


def _rows(rng, inputs, n_rows):
    """Return a table: zeros, numbers and missing ones, and levels, some of which the inputs do not know."""
    X = rng.normal(size=(n_rows, inputs.n_columns)) * (rng.uniform(size=(n_rows, inputs.n_columns)) < 0.6)
    X[rng.uniform(size=X.shape) < 0.1] = np.nan
    for each in inputs.levels:
        if not each.is_missing:
            X[:, each.column] = rng.randint(0, 5, n_rows)
    return X


def _rounded(values):
    return values.astype(np.float32).astype(float)


def _case(seed):
    rng = np.random.RandomState(seed)
    n_rows, n_features, n_outputs = rng.choice([1, 5, 40, 300]), rng.randint(1, 20), rng.randint(1, 6)
    sizes = rng.randint(1, 20, rng.randint(0, 4)).tolist()
    n_members, loss = int(rng.choice([1, 1, 2, 5])), LOSSES[str(rng.choice(list(LOSSES)))]
    sparse = rng.uniform() < 0.4
    inputs = _inputs(rng, n_features, sparse)
    if rng.uniform() < 0.5:
        inputs = replace(inputs, shift=_rounded(rng.normal(0, 0.3, (n_members, [*sizes, n_outputs][0]))))
    if inputs.n_inputs == 0:  # categories of which no level has an input
        inputs = Inputs.raw(n_features)
    plan = make_plan(
        inputs,
        sizes,
        n_outputs,
        _activations(rng, len(sizes)),
        loss=loss,
        n_members=n_members,
        signs=random_signs(rng, n_members, inputs.n_inputs),
        learn_scales=rng.uniform() < 0.5,
        dropout=rng.choice([0.0, 0.2, 0.8]),
    )
    numbers = (_theta(plan, rng), _rows(rng, inputs, n_rows), _targets(plan, rng, (n_rows, n_outputs)))
    weights = rng.uniform(0.2, 3, n_rows).astype(np.float32).astype(float) if rng.uniform() < 0.5 else None
    theta, X, y = map(_rounded, numbers)
    if not np.isfinite(inputs.missing).all():
        X = np.nan_to_num(X)
    return Case(plan, theta, X, y, weights, sparse, int(rng.choice([1, 1, 2, 3])))


def _as(dtype, *arrays):
    return [None if array is None else array.astype(dtype) for array in arrays]


def _assert_close(got, expected, dtype, largest=1e-3):
    """Compare up to rounding; of a loss, `largest` is the magnitude of the raw outputs that it is a difference of."""
    tolerance = 4000 * np.finfo(dtype).eps
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance * np.abs(expected).max(initial=largest))


@pytest.fixture
def case(random_case):
    """One network after another."""
    return _case(random_case)


def test_outputs_loss_and_gradient(case, dtype, instruction_set):
    """They know of no dropout: that belongs to the steps of training."""
    network, team = case.plan.network(np.dtype(dtype)), engine.Team(case.n_threads)
    theta, y, weights = _as(dtype, case.theta, case.y, case.weights)
    X = case.rows(dtype)
    _assert_close(network.forward(theta, X, team), forward(case.plan, case.theta, case.X), dtype)
    ones = np.ones(len(case.X))
    loss, expected = loss_and_gradient(case.plan, case.theta, case.X, case.y, ones if weights is None else case.weights)
    gradient = np.empty_like(theta)
    _assert_close(network.loss_and_grad(theta, X, y, weights, gradient, team), loss, dtype)
    _assert_close(gradient, expected, dtype)
    _assert_close(network.loss_and_grad(theta, X, y, weights, None, team), loss, dtype)


def test_a_step_of_training_with_dropout(case, dtype, instruction_set):
    """Its gradient is that of the network without the units that the epoch's random number drops."""
    theta, y, weights = _as(dtype, case.theta, case.y, case.weights)
    state = np.arange(1, 5, dtype=np.uint64)
    epoch = int(state[0] + state[3] << np.uint64(23)) + 1  # the generator's first number, for small states
    trainer = engine.Trainer(
        case.plan.network(np.dtype(dtype)),
        theta,
        case.rows(dtype),
        y,
        weights,
        solver="sgd",
        constants=(0.0, 0.0),
        groups=[Group(0, theta.size, 1.0, 0.0, None)],
        state=np.zeros((1, theta.size), dtype=dtype),
        steps=np.zeros(1, dtype=np.int64),
        random=state,
        batch_size=len(case.X),
        team=engine.Team(case.n_threads),
    )
    loss = trainer.epoch(np.ones(1))
    ones = np.ones(len(case.X))
    expected, gradient = loss_and_gradient(
        case.plan, case.theta, case.X, case.y, ones if weights is None else case.weights, epoch
    )
    _assert_close(loss, expected, dtype, np.abs(forward(case.plan, case.theta, case.X)).max())
    _assert_close(theta, case.theta - gradient, dtype)
