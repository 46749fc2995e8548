"""Levenberg-Marquardt: its steps and its minima are those of SciPy's least squares on the same residuals."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import least_squares
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive._training import normal_equations
from sk_adaptive._training.levenberg_marquardt import Damping
from sk_adaptive.activations import Snake, Spline, Swish
from sk_adaptive.losses import LOSSES, SquaredError
from sk_adaptive.solvers import LBFGS, LevenbergMarquardt

RANDOM = np.random.RandomState(0)
X = RANDOM.uniform(-1, 1, (120, 2))
Y = np.sin(3 * X[:, 0]) * X[:, 1]
BOTH = np.column_stack([Y, np.exp(X[:, 0])])
WEIGHTS = RANDOM.uniform(0.2, 3, len(X))
SMALL = {
    "hidden_layer_sizes": (4,),
    "activation": "tanh",
    "solver": "lm",
    "alpha": 0.01,
    "tol": 0,
    "max_iter": 300,
    "n_members": 1,
    "random_state": 0,
}


def fit(y=Y, weights=None, **parameters):
    """Return a fit that needs no more iterations, or was given few."""
    return AdaptiveMLPRegressor(**{**SMALL, **parameters}).fit(X, y, weights)


def residuals_of(model, y, weights):
    """Return the residuals whose sum of squares is twice the loss times the total weight, as a function of theta."""
    plan, network, targets = model._plan, model._network, model._targets.encode(np.reshape(y, (len(y), -1)), np.float64)
    root = np.sqrt(np.ones(len(y)) if weights is None else weights)
    pulled = [
        (group, np.sqrt(group.decay * (root**2).sum()))
        for group in plan.groups(model.alpha / (root**2).sum(), np.float64)
        if group.decay > 0
    ]

    def residuals(theta):
        misses = (network.forward(theta, X) - targets) * root[:, None] / np.sqrt(plan.n_members)
        pulls = [
            strength * (theta[group.begin : group.end] - (0 if group.anchor is None else group.anchor))
            for group, strength in pulled
        ]
        return np.concatenate([misses.ravel(), *pulls])

    return residuals


CASES = {
    "plain": {},
    "weighted": {"weights": WEIGHTS},
    "two outputs": {"y": BOTH, "weights": WEIGHTS},
    "no penalty": {"alpha": 0.0, "hidden_layer_sizes": (2,)},
    "members": {"n_members": 3, "activation": "swish"},
    "a penalty of the activation": {"activation": Swish(penalty=0.1)},
    "no hidden layer": {"hidden_layer_sizes": ()},
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_ends_where_scipys_least_squares_finds_no_lower(case):
    y, weights = case.get("y", Y), case.get("weights")
    model = fit(**case, max_iter=1000)
    residuals = residuals_of(model, y, weights)
    total = len(y) if weights is None else weights.sum()
    ours = 0.5 * (residuals(model.theta_) ** 2).sum()
    assert model.loss_ * total == pytest.approx(ours, rel=1e-9)
    theirs = least_squares(residuals, model.theta_, method="lm", ftol=1e-12, xtol=1e-12, gtol=1e-12)
    assert ours == pytest.approx(theirs.cost, rel=1e-6)


def test_a_step_solves_the_damped_least_squares_problem():
    """The first step from the same start, found with a QR factorisation of the stacked Jacobian."""
    with pytest.warns(ConvergenceWarning, match="max_iter=1 reached"):
        model = fit(max_iter=1, weights=WEIGHTS, solver=LevenbergMarquardt(damping=0.5))
    start = clone(model).set_params(solver="sgd", learning_rate_init=1e-300, max_iter=1).fit(X, Y, WEIGHTS).theta_
    residuals, total = residuals_of(model, Y, WEIGHTS), WEIGHTS.sum()
    jacobian = least_squares(residuals, start, jac="3-point", max_nfev=1).jac / np.sqrt(total)
    mu = 0.5 * (jacobian**2).sum(axis=0).max()
    stacked = np.vstack([jacobian, np.sqrt(mu) * np.eye(len(start))])
    step = np.linalg.lstsq(stacked, np.r_[-residuals(start) / np.sqrt(total), np.zeros(len(start))], rcond=None)[0]
    np.testing.assert_allclose(model.theta_ - start, step, rtol=1e-5, atol=1e-7)


def test_the_damping_follows_the_gain_ratio():
    damping = Damping(1.0, 1.0)
    damping.after_failure()
    damping.after_failure()
    assert damping.value == 8
    damping.after_success(gain=1.0)  # the loss fell as foreseen
    assert damping.value == pytest.approx(8 / 3)
    damping.after_success(gain=0.5)
    assert damping.value == pytest.approx(8 / 3)
    damping.after_success(gain=0.0)
    damping.after_failure()  # its factor starts at 2 again
    assert damping.value == pytest.approx(8 / 3 * 2 * 2)


def test_the_damping_stays_where_rounding_does_not_hide_it():
    damping = Damping(1e-3, 5.0)
    for _ in range(1000):
        damping.after_success(gain=1.0)
    assert damping.value == 5 * np.finfo(float).eps
    n_failures = 0
    while not damping.is_spent:
        damping.after_failure()
        n_failures += 1
    assert n_failures < 20
    assert Damping(1.0, 0.0).is_spent  # nothing to learn


def test_a_network_that_cannot_improve_ends():
    """Each step of a linear network is a success until rounding hides it."""
    model = fit(hidden_layer_sizes=(), alpha=0.0, max_iter=5000)
    assert model.n_iter_ < 100


def test_every_iteration_lowers_the_loss():
    losses = fit(hidden_layer_sizes=(6, 5)).loss_curve_
    assert (np.diff(losses) < 0).all()


def test_it_is_far_more_accurate_than_lbfgs_on_a_smooth_function():
    knobs = {"hidden_layer_sizes": (8, 8), "alpha": 0, "max_iter": 100}
    with pytest.warns(ConvergenceWarning, match="max_iter=100 reached"):
        ours, theirs = (fit(solver=solver, **knobs) for solver in (LevenbergMarquardt(), LBFGS()))
    errors = [np.sqrt(np.mean((model.predict(X) - Y) ** 2)) for model in (ours, theirs)]
    assert errors[0] < 0.05 * errors[1]


def test_it_ends_where_the_gradient_is_small():
    model = fit(tol=1e-4, alpha=1.0, max_iter=1000)
    gradient = np.empty_like(model.theta_)
    targets = model._targets.encode(Y[:, None], np.float64)
    model._network.loss_and_grad(model.theta_, X, targets, None, gradient)
    for group in model._plan.groups(1.0 / len(X), np.float64):
        gradient[group.begin : group.end] += group.decay * model.theta_[group.begin : group.end]
    assert model.n_iter_ < 1000
    assert np.abs(gradient).max() <= 1e-4


@pytest.mark.parametrize("loss", [name for name in LOSSES if name != "squared_error"])
def test_other_losses_are_refused(loss):
    model = AdaptiveMLPRegressor(loss, **SMALL)
    with pytest.raises(ValueError, match=r"solver='lm' minimises sums of squares, loss='squared_error'"):
        model.fit(X, np.exp(Y))
    model.set_params(solver="lbfgs", max_iter=2, tol=10).fit(X, np.exp(Y))


@pytest.mark.parametrize("solver", ["lm", LevenbergMarquardt()], ids=str)
def test_the_classifier_refuses_it(solver):
    with pytest.raises(ValueError, match=r"solver='lm' .* BinaryCrossEntropy.* is none"):
        AdaptiveMLPClassifier((4,), solver=solver).fit(X, Y > 0)


def test_another_loss_is_refused_when_a_fit_continues():
    model = fit(warm_start=True, max_iter=3, tol=1.0)
    theta = model.theta_.copy()
    with pytest.raises(ValueError, match="loss"):
        model.set_params(loss="huber").fit(X, Y)
    np.testing.assert_array_equal(model.theta_, theta)


def test_the_squared_error_written_in_python_is_the_compiled_one():
    own = type("Own", (SquaredError,), {"kernel": None})()
    np.testing.assert_allclose(fit(loss=own, max_iter=30, tol=1e-3).theta_, fit(max_iter=30, tol=1e-3).theta_)


def test_a_large_network_is_refused():
    with pytest.raises(ValueError, match=r"more than solver__max_parameters=5000. Choose smaller hidden_layer_sizes"):
        AdaptiveMLPRegressor(solver="lm").fit(X, Y)
    solver = LevenbergMarquardt(max_parameters=17)
    assert fit(solver=solver, tol=1.0).theta_.size == 17
    with pytest.raises(ValueError, match="this one has 21 parameters"):
        fit(hidden_layer_sizes=(5,), solver=solver)


def test_dropout_and_partial_fit_are_refused():
    with pytest.raises(ValueError, match=r"dropout=0\.2 needs a solver that steps over batches"):
        fit(dropout=0.2)
    assert not hasattr(AdaptiveMLPRegressor(solver="lm"), "partial_fit")
    assert not hasattr(AdaptiveMLPRegressor(solver=LevenbergMarquardt()), "partial_fit")


@pytest.mark.parametrize("bad", [{"damping": 0.0}, {"max_parameters": 0}], ids=str)
def test_bad_parameters_are_named(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        fit(solver=LevenbergMarquardt(**bad))


def test_float32_rows_are_fitted_in_float64():
    model = AdaptiveMLPRegressor(**{**SMALL, "tol": 1e-3}).fit(X.astype(np.float32), Y)
    assert model.theta_.dtype == np.float64


def test_a_float32_network_on_demand():
    single, double = (fit(dtype=dtype, alpha=1.0, tol=1e-3) for dtype in ("float32", "float64"))
    assert single.theta_.dtype == np.float32
    np.testing.assert_allclose(single.predict(X), double.predict(X), atol=1e-2)


def test_blocks_of_rows_change_nothing_but_rounding(monkeypatch):
    whole = fit(y=BOTH, weights=WEIGHTS, max_iter=5, tol=1e-3)
    monkeypatch.setattr(normal_equations, "BLOCK_BYTES", 7 * 8 * 2 * whole.theta_.size)
    np.testing.assert_allclose(fit(y=BOTH, weights=WEIGHTS, max_iter=5, tol=1e-3).theta_, whole.theta_, rtol=1e-9)


def test_same_seed_same_bits():
    np.testing.assert_array_equal(fit(max_iter=50, tol=1e-6).theta_, fit(max_iter=50, tol=1e-6).theta_)


def test_sparse_rows():
    some = np.where(np.abs(X) > 0.3, X, 0)
    dense, sparse = (AdaptiveMLPRegressor(**{**SMALL, "tol": 1e-3}).fit(rows, Y) for rows in (some, sp.csr_array(some)))
    np.testing.assert_allclose(sparse.theta_, dense.theta_, rtol=1e-8, atol=1e-10)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("activation", [Spline(n_knots=5), Snake(trainable=False)], ids=str)
def test_learned_and_frozen_activations(activation):
    model = fit(activation=activation, max_iter=20)
    start = model.activations_[0].activation.initial_parameters_of_units(4)
    assert np.array_equal(model._plan.parameters(model.theta_)[0], start) != activation.trainable
    assert model.loss_curve_[-1] < 0.5 * model.loss_curve_[0]


def test_a_start_that_is_the_minimum_is_one_iteration():
    model = fit(tol=1e9)
    assert model.n_iter_ == len(model.loss_curve_) == 1
