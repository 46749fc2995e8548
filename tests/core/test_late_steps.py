"""Weights that a batch does not read take their steps later, and are then where steps in time would have led."""

import numpy as np
import pytest
import scipy.sparse as sp

from sk_adaptive import losses
from sk_adaptive._core import engine
from sk_adaptive._data.inputs import make_inputs
from sk_adaptive._data.moments import Moments
from sk_adaptive._network.initialization import random_signs
from sk_adaptive._network.plan import make_plan
from sk_adaptive.activations import Swish
from sk_adaptive.solvers import SGD, Adam

N_LEVELS, N_WORDS, N_MEMBERS = 3000, 1500, 2
N_UNITS = 16  # whole vectors: weights that are padded take each step in time
EPSILON = 1e-16  # late steps of Adam differ where a gradient is not far above it
SOLVERS = {
    "sgd": SGD(momentum=0.9, nesterov=False),
    "nesterov": SGD(momentum=0.8, nesterov=True),
    "adam": Adam(epsilon=EPSILON),
    "slow": Adam(beta_1=0.95, beta_2=0.999, epsilon=EPSILON),
    "clipped": Adam(max_grad_norm=0.01, epsilon=EPSILON),
}
RATE, ALPHA = 0.01, 0.5


def _table(n_rows, rng):
    """Return rows of two numbers and a category, and what a network reads of them."""
    X = np.column_stack([rng.normal(size=(n_rows, 2)), rng.randint(0, N_LEVELS, n_rows)])
    return X, make_inputs(3, {2: np.arange(N_LEVELS)})


def _words(n_rows, rng):
    """Return sparse rows, all but five of whose columns are rare, and what a network reads of them."""
    X = sp.csr_array(sp.random(n_rows, N_WORDS, density=3 / N_WORDS, random_state=rng))
    moments = Moments.from_rows(X, np.ones(n_rows))
    moments.stored[:] = np.where(np.arange(N_WORDS) < 5, n_rows, moments.stored / n_rows)
    return X, make_inputs(N_WORDS, {}).scaled_by(moments, standardize=True)


class Fit:
    """A network and its rows."""

    def __init__(self, rows, solver, dtype=np.float64, n_rows=60, batch_size=4, n_threads=1):
        rng = np.random.RandomState(0)
        X, inputs = rows(n_rows, rng)
        self.solver, self.dtype, self.batch_size, self.team = solver, dtype, batch_size, engine.Team(n_threads)
        self.X, self.y = X.astype(dtype), rng.normal(size=(n_rows, 1)).astype(dtype)
        self.rates = RATE * np.linspace(1, 0.5, -(-n_rows // batch_size))
        signs = random_signs(rng, N_MEMBERS, inputs.n_inputs, np.arange(inputs.n_inputs))
        loss = losses.resolve("squared_error")
        self.plan = make_plan(inputs, [N_UNITS], 1, [Swish()], loss=loss, n_members=N_MEMBERS, signs=signs)
        self.network = self.plan.network(dtype)
        self.start = rng.normal(scale=0.3, size=self.plan.n_theta).astype(dtype)

    def begin(self):
        """Return parameters and moments, and what trains them."""
        theta = self.start.copy()
        state = np.zeros((engine.SOLVER_BUFFERS[self.solver.kernel], theta.size), dtype=self.dtype)
        trainer = engine.Trainer(
            self.network,
            theta,
            self.X,
            self.y,
            solver=self.solver.kernel,
            constants=self.solver.constants,
            groups=self.plan.groups(ALPHA, self.dtype),
            state=state,
            steps=np.zeros(1, dtype=np.int64),
            random=np.ones(4, dtype=np.uint64),
            batch_size=self.batch_size,
            max_norm=self.solver.max_grad_norm or 0.0,
            team=self.team,
        )
        return theta, state, trainer

    def late(self, epochs):
        """Return parameters and moments after epochs."""
        theta, state, trainer = self.begin()
        for _ in range(epochs):
            trainer.epoch(self.rates)
        return theta, state

    def in_time(self, epochs):
        """As `late`, but every weight takes every step."""
        theta, state, trainer = self.begin()
        gradient = np.empty_like(theta)
        for _ in range(epochs):
            for rate, first in zip(self.rates, range(0, self.X.shape[0], self.batch_size), strict=True):
                rows = slice(first, first + self.batch_size)
                self.network.loss_and_grad(theta, self.X[rows], self.y[rows], None, gradient)
                trainer.step(gradient, rate)
        return theta, state


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("rows", [_table, _words])
@pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)
def test_late_steps_lead_where_steps_in_time_do(solver, rows, n_threads):
    fit = Fit(rows, solver, n_threads=n_threads)
    for late, in_time in zip(fit.late(3), fit.in_time(3), strict=True):
        np.testing.assert_allclose(late, in_time, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)
def test_more_steps_than_are_ever_owed(solver):
    fit = Fit(_table, solver, n_rows=1100, batch_size=1)
    np.testing.assert_allclose(fit.late(1)[0], fit.in_time(1)[0], rtol=1e-7, atol=1e-10)


def test_float32():
    fit = Fit(_words, Adam(), np.float32)
    np.testing.assert_allclose(fit.late(2)[0], fit.in_time(2)[0], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("betas", [(0.9, 0.95), (0.95, 0.95), (0.9, 0.9)])
@pytest.mark.parametrize("rows", [_table, _words])
def test_steps_are_late_indeed(rows, betas, dtype):
    fit = Fit(rows, Adam(*betas, epsilon=1e-3), dtype)  # late steps weigh epsilon by the gradients before them
    difference = np.abs(fit.late(1)[0] - fit.in_time(1)[0])
    assert 1e-6 < difference.max() < RATE


@pytest.mark.parametrize(
    "solver",
    [Adam(beta_1=0.9, beta_2=0.5), Adam(beta_2=0.0), Adam(beta_1=0.0, beta_2=0.0), Adam(beta_1=0.1, beta_2=0.02)],
    ids=str,
)
def test_momentum_that_outlasts_its_scale_is_followed_step_by_step(solver):
    fit = Fit(_table, solver)
    np.testing.assert_allclose(fit.late(1)[0], fit.in_time(1)[0], rtol=1e-9, atol=1e-12)


def test_squares_of_gradients_that_overflowed_stay_infinite():
    fit = Fit(_table, Adam(beta_1=0.5, beta_2=0.5), np.float32, n_rows=400, batch_size=1)
    theta, state, trainer = fit.begin()
    level = np.setdiff1d(np.arange(N_LEVELS), fit.X[:, 2])[0]
    unread = fit.plan.layers[0].weights_offset + (2 + level) * N_UNITS
    state[1, unread] = np.inf
    trainer.epoch(fit.rates)
    assert state[1, unread] == np.inf
    assert np.isfinite(theta).all()
