"""Solver steps are their formulas; L-BFGS finds the minimum."""

import numpy as np
import pytest
from reference import PLAIN
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive._core import engine
from sk_adaptive._network.plan import Group, make_plan
from sk_adaptive.activations import PReLU, Swish
from sk_adaptive.losses import SquaredError
from sk_adaptive.solvers import LBFGS, SGD, Adam

STOCHASTIC = {
    "sgd": SGD(momentum=0.0),
    "sgd-momentum": SGD(momentum=0.8, nesterov=False),
    "sgd-nesterov": SGD(momentum=0.8, nesterov=True),
    "adam": Adam(),
    "adam-other": Adam(beta_1=0.5, beta_2=0.9, epsilon=1e-3),
}
every_solver = pytest.mark.parametrize("solver", STOCHASTIC.values(), ids=STOCHASTIC)
ROWS, BATCH = 23, 5  # the last batch is smaller
DECAY_FACTOR = 0.5


def _sgd(solver, rate, t, theta, g, state):
    state[0] = solver.momentum * state[0] - rate * g
    return theta + (solver.momentum * state[0] - rate * g if solver.nesterov and solver.momentum else state[0])


def _adam(solver, rate, t, theta, g, state):
    state[0] = solver.beta_1 * state[0] + (1 - solver.beta_1) * g
    state[1] = solver.beta_2 * state[1] + (1 - solver.beta_2) * g**2
    corrected = rate * np.sqrt(1 - solver.beta_2**t) / (1 - solver.beta_1**t)
    return theta - corrected * state[0] / (np.sqrt(state[1]) + solver.epsilon)


STEPS = {"sgd": _sgd, "adam": _adam}


class Case:
    """A small regression network with its data, trained by the core and by NumPy."""

    def __init__(self, solver, dtype=np.float64, *, groups=None, clip=None, n_threads=1):
        rng = np.random.RandomState(0)
        plan = make_plan(3, [6], 2, [PReLU()], loss=SquaredError())
        self.dtype, self.plan, self.solver, self.clip = np.dtype(dtype), plan, solver, clip
        self.network = plan.network(self.dtype)
        self.start = rng.normal(scale=0.5, size=plan.n_theta).astype(dtype)
        self.X, self.y = rng.normal(size=(ROWS, 3)).astype(dtype), rng.normal(size=(ROWS, 2)).astype(dtype)
        self.weights = rng.uniform(0.5, 2, size=ROWS).astype(dtype)
        self.groups = groups or [Group(0, plan.n_theta, 1.0, 0.0, None)]
        self.n_threads = n_threads
        self.rates = 0.1 / np.arange(1, 6)

    def trainer(self, theta, order=None, random=None):
        return engine.Trainer(
            self.network,
            theta,
            self.X,
            self.y,
            self.weights,
            solver=self.solver.kernel,
            constants=self.solver.constants,
            groups=self.groups,
            state=np.zeros((engine.SOLVER_BUFFERS[self.solver.kernel], theta.size), dtype=self.dtype),
            steps=np.zeros(1, dtype=np.int64),
            random=np.ones(4, dtype=np.uint64) if random is None else random,
            order=order,
            batch_size=BATCH,
            max_norm=self.clip or 0.0,
            team=engine.Team(self.n_threads),
        )

    def by_core(self, epochs=3):
        theta = self.start.copy()
        trainer = self.trainer(theta)
        return theta, [trainer.epoch(self.rates, DECAY_FACTOR) for _ in range(epochs)]

    def by_steps(self, epochs=3):
        """As an epoch, but each gradient is summed outside of it."""
        theta, gradient = self.start.copy(), np.empty_like(self.start)
        trainer = self.trainer(theta)
        for _ in range(epochs):
            for b, first in enumerate(range(0, ROWS, BATCH)):
                rows = slice(first, first + BATCH)
                self.network.loss_and_grad(theta, self.X[rows], self.y[rows], self.weights[rows], gradient)
                trainer.step(gradient, self.rates[b], DECAY_FACTOR)
        return theta

    def by_numpy(self, epochs=3):
        theta, t = self.start.copy(), 0
        state = np.zeros((2, theta.size), dtype=self.dtype)
        losses = []
        for _ in range(epochs):
            total = 0.0
            for b, first in enumerate(range(0, ROWS, BATCH)):
                t += 1
                rows = slice(first, first + BATCH)
                g = np.empty_like(theta)
                loss = self.network.loss_and_grad(theta, self.X[rows], self.y[rows], self.weights[rows], g)
                total += loss * self.weights[rows].sum()
                if self.clip:
                    g *= min(1, self.clip / np.linalg.norm(g))
                theta = self._step(self.rates[b], t, theta, g, state)
            losses.append(total / self.weights.sum())
        return theta, losses

    def _step(self, rate, t, theta, g, state):
        new = theta.copy()
        for group in self.groups:
            part, group_rate = slice(group.begin, group.end), rate * group.rate_factor
            if group_rate == 0:
                continue
            anchor, factor = (0, DECAY_FACTOR) if group.anchor is None else (group.anchor, 1)
            decayed = theta[part] - group_rate * factor * group.decay * (theta[part] - anchor)
            stretch = state[:, part].copy()
            new[part] = STEPS[self.solver.kernel](self.solver, group_rate, t, decayed, g[part], stretch)
            state[:, part] = stretch
        return new

    def check(self):
        (theta, losses), (expected, expected_losses) = self.by_core(), self.by_numpy()
        tolerance = 1e-12 if self.dtype == np.float64 else 2e-5
        np.testing.assert_allclose(theta, expected, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(losses, expected_losses, rtol=tolerance)
        assert not np.allclose(theta, self.start)


@every_solver
def test_step_is_the_formula(solver, dtype, instruction_set):
    Case(solver, dtype).check()


@every_solver
def test_step_in_a_team_is_the_formula(solver, dtype):
    Case(solver, dtype, n_threads=2).check()


@every_solver
@pytest.mark.parametrize("clip", [None, 0.05], ids=["plain", "clips"])
def test_steps_along_given_gradients_are_those_of_an_epoch(solver, clip, dtype):
    case = Case(solver, dtype, clip=clip)
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    np.testing.assert_allclose(case.by_steps(), case.by_core()[0], rtol=tolerance, atol=tolerance)


def test_shuffle_is_that_of_an_epoch():
    case, random = Case(Adam()), np.arange(1, 5, dtype=np.uint64)
    order, expected = np.arange(ROWS), np.arange(ROWS)
    trainer, random_of_core = case.trainer(case.start.copy(), expected, random.copy()), random
    for _ in range(2):
        trainer.epoch(case.rates)
        engine.shuffle(order, random_of_core)
        np.testing.assert_array_equal(order, expected)
    assert sorted(order) == list(range(ROWS)) != list(order)


@every_solver
@pytest.mark.parametrize("clip", [0.05, 1e6], ids=["clips", "does not clip"])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_clipping(solver, clip, n_threads):
    Case(solver, clip=clip, n_threads=n_threads).check()


@every_solver
def test_groups_decay_slow_anchor_and_freeze(solver, dtype):
    anchor = np.linspace(-1, 1, 8).astype(dtype)
    groups = [
        Group(0, 10, 1.0, 0.3, None),
        Group(10, 18, 0.5, 0.2, anchor),
        Group(18, 25, 0.0, 0.7, None),
        Group(25, 44, 2.0, 0.0, None),
    ]
    case = Case(solver, dtype, groups=groups)
    assert case.plan.n_theta == 44
    case.check()
    theta, _ = case.by_core()
    np.testing.assert_array_equal(theta[18:25], case.start[18:25])


def test_plan_makes_the_groups(dtype):
    """Weights decay, biases do not; an activation's parameters are anchored at their start."""
    slow, frozen = PReLU(learning_rate_factor=0.3, penalty=0.5, scope="layer"), PReLU(trainable=False)
    plan = make_plan(4, [3, 2], 2, [slow, frozen], loss=SquaredError(), learn_scales=True)
    groups = plan.groups(0.01, np.dtype(dtype), scale_rate=6.0)
    covered = sorted((g.begin, g.end) for g in groups)
    assert [begin for begin, _ in covered] == [0, *(end for _, end in covered[:-1])]
    assert covered[-1][1] == plan.n_theta
    by_begin = {g.begin: g for g in groups}
    for layer in plan.layers:
        assert (by_begin[layer.weights_offset].decay, by_begin[layer.bias_offset].decay) == (0.01, 0.0)
    first, second = (by_begin[layer.parameters_offset] for layer in plan.hidden)
    assert (first.rate_factor, first.decay, second.rate_factor) == (0.3, 0.5, 0.0)
    np.testing.assert_array_equal(first.anchor, np.array([0.25], dtype=dtype))
    np.testing.assert_array_equal(second.anchor, np.array([0.25, 0.25], dtype=dtype))
    assert by_begin[plan.input_scale].rate_factor == 6.0


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_frozen_activation_stays(solver):
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    model = AdaptiveMLPClassifier((4,), PReLU(trainable=False), solver=solver, random_state=0, max_iter=5, **PLAIN)
    with pytest.warns(match="max_iter=5"):
        model.fit(X, y)
    np.testing.assert_array_equal(model.activations_[0].params["a"], 0.25)
    with pytest.warns(match="max_iter=5"):
        model.set_params(activation=PReLU()).fit(X, y)
    assert np.any(model.activations_[0].params["a"] != 0.25)


# ---- L-BFGS ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_lbfgs_reaches_the_optimum_of_logistic_regression(n_classes, weighted):
    X, y = load_iris(return_X_y=True)
    X, y = StandardScaler().fit_transform(X[y > 2 - n_classes]), y[y > 2 - n_classes]
    weights = np.random.RandomState(0).uniform(0.5, 2, len(y)) if weighted else np.ones(len(y))
    alpha = 1.0
    linear = LogisticRegression(C=1 / alpha, tol=1e-10, max_iter=1000).fit(X, y, weights)
    knobs = {"label_smoothing": 0.0, "standardize": False, "tol": 1e-8, "max_iter": 1000, "random_state": 0}
    model = AdaptiveMLPClassifier((), solver="lbfgs", alpha=alpha, **knobs).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(model.coefs_[0].T, linear.coef_, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.decision_function(X), linear.decision_function(X), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.predict_proba(X), linear.predict_proba(X), atol=1e-5)


def test_lbfgs_minimises_a_penalty_to_the_anchor():
    """A pull keeps the activation near its start; without it, it leaves."""
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    away = []
    for penalty in (0.0, 10.0):
        pulled = Swish(penalty=penalty)
        model = AdaptiveMLPClassifier((5,), pulled, solver="lbfgs", alpha=0.01, max_iter=2000, n_members=1)
        beta = model.set_params(random_state=0).fit(X, y).activations_[0].params["beta"]
        away.append(np.abs(beta - 1).max())
    assert away[0] > 0.5
    assert away[1] < 0.05


def test_lbfgs_ends_where_the_gradient_is_small():
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    model = AdaptiveMLPClassifier((5,), "tanh", solver="lbfgs", tol=1e-5, alpha=0.01, max_iter=2000, random_state=0)
    model.fit(X, y)
    plan, gradient = model._plan, np.empty_like(model.theta_)
    y = y[:, None].astype(np.float64)
    plan.network(np.dtype(np.float64)).loss_and_grad(model.theta_, X, y, None, gradient)
    for W, g in zip(model.coefs_, plan.coefs(gradient), strict=True):
        g += 0.01 / len(X) * W
    assert np.abs(gradient).max() < 1e-5
    assert model.loss_ == min(model.loss_curve_)


def test_lbfgs_max_fun_bounds_the_work():
    X, y = load_iris(return_X_y=True)
    model = AdaptiveMLPClassifier((5,), solver=LBFGS(max_fun=7), n_members=1, random_state=0)
    with pytest.warns(match="may not have converged"):
        model.fit(X, y)
    assert model.n_iter_ <= 7


def test_an_epoch_visits_the_rows_of_its_order_and_no_others():
    case, rows = Case(SGD()), np.array([1, 4, 5, 8, 11])
    of_order, of_these = case.start.copy(), case.start.copy()
    loss = case.trainer(of_order, order=rows.copy()).epoch(case.rates)
    case.X, case.y, case.weights = case.X[rows], case.y[rows], case.weights[rows]
    assert case.trainer(of_these, order=np.arange(len(rows))).epoch(case.rates) == loss
    np.testing.assert_array_equal(of_order, of_these)


@pytest.mark.parametrize("order", [[-1, 0], [0, ROWS], []])
def test_an_order_of_rows_that_are_not_there_is_refused(order):
    case = Case(SGD())
    with pytest.raises(ValueError, match="order must be numbers of rows"):
        case.trainer(case.start.copy(), order=np.array(order, dtype=np.int64))
