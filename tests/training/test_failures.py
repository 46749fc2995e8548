"""What fails says why, and leaves no half-fitted estimator behind."""

import _thread
import pickle
import signal
import threading

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from solving import each_estimator_and_solver, each_general_solver

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.activations import Activation
from sk_adaptive.solvers import LBFGS, Adam

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
SHORT = {"hidden_layer_sizes": (6,), "max_iter": 8, "n_iter_no_change": np.inf, "random_state": 0}
each_estimator = pytest.mark.parametrize("estimator", [AdaptiveMLPClassifier, AdaptiveMLPRegressor])


@each_estimator
@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.where(np.arange(X.size).reshape(X.shape) == 7, np.inf, X), Y, "Input X contains infinity"),
        (X, np.where(Y == 1, np.nan, Y), "Input y contains NaN"),
        (X, Y[:-1], "inconsistent numbers of samples"),
        (X[:0], Y[:0], "0 sample"),
        (X[:, :0], Y, "0 feature"),
        (X[0], Y, "Expected 2D array"),
        (X, None, "requires y to be passed"),
    ],
    ids=["infinity", "nan in y", "length", "no rows", "no features", "one row", "no y"],
)
def test_bad_input_leaves_the_estimator_as_it_was(estimator, X, y, message):
    unfitted = estimator(**SHORT)
    with pytest.raises(ValueError, match=message):
        unfitted.fit(X, y)
    with pytest.raises(NotFittedError):
        unfitted.predict(X)
    assert vars(unfitted) == estimator(**SHORT).get_params(deep=False)
    good, targets = load_iris(return_X_y=True)
    fitted = estimator(**SHORT).fit(good, targets)
    before = dict(vars(fitted))
    with pytest.raises(ValueError, match=message):
        fitted.fit(X, y)
    assert vars(fitted) == before
    fitted.predict(good)


@pytest.mark.parametrize(
    "bad",
    [
        {"hidden_layer_sizes": (5, 0)},
        {"hidden_layer_sizes": 0},
        {"hidden_layer_sizes": (2.5,)},
        {"activation": "sinus"},
        {"activation": ["relu", "relu"]},
        {"solver": "newton"},
        {"alpha": -1},
        {"batch_size": 0},
        {"learning_rate": "fast"},
        {"learning_rate_init": 0},
        {"max_iter": 0},
        {"tol": -1},
        {"validation_fraction": 1.0},
        {"n_iter_no_change": 0},
        {"scoring": "taste"},
        {"dropout": 1.0},
        {"n_members": 0},
        {"init": "zeros"},
    ],
    ids=str,
)
@each_estimator
def test_bad_parameters_are_named(estimator, bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        estimator(**{**SHORT, **bad}).fit(X, Y)


@pytest.mark.parametrize("solver", ["lbfgs", LBFGS()], ids=str)
@each_estimator
def test_lbfgs_refuses_dropout(estimator, solver):
    """Its line search needs one loss; dropout draws another at each step."""
    with pytest.raises(ValueError, match=r"dropout=0\.2 needs a solver that steps over batches"):
        estimator(**SHORT, solver=solver, dropout=0.2).fit(X, Y)


@each_estimator_and_solver
def test_divergence_at_once_is_an_error(estimator, solver):
    """No step can be taken: there is nothing to go back to but random weights."""
    huge = np.finfo(np.float64).max * np.random.RandomState(0).uniform(size=X.shape)
    model = estimator(solver=solver, standardize=False, **SHORT)
    with pytest.raises(ValueError, match=r"Solver produced non-finite parameter weights\. The input data may contain"):
        model.fit(huge, Y)
    with pytest.raises(NotFittedError):
        model.predict(X)
    fresh = estimator(solver=solver, standardize=False, **SHORT)
    assert fresh.fit(X, Y).theta_ == pytest.approx(model.fit(X, Y).theta_)


def _bursts_after(epochs):
    """A schedule whose rate becomes enormous after some epochs of one step."""
    return lambda progress, steps: np.where(steps < epochs, 1.0, 1e300)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("early_stopping", [False, True])
@each_estimator
def test_later_divergence_keeps_the_last_finite_epoch(estimator, early_stopping, solver):
    knobs = {**SHORT, "solver": solver, "learning_rate_init": 0.01, "batch_size": 150, "early_stopping": early_stopping}
    with pytest.warns(ConvergenceWarning, match="diverged in epoch .*Lower learning_rate_init.*max_grad_norm"):
        model = estimator(learning_rate=_bursts_after(4), **{**knobs, "max_iter": 50}).fit(X, Y)
    assert np.isfinite(model.theta_).all()
    assert np.isfinite(model.loss_curve_).all()
    assert 4 <= model.n_iter_ < 10
    if not early_stopping and model.n_iter_ == 4:
        np.testing.assert_array_equal(
            model.theta_, estimator(learning_rate="constant", **{**knobs, "max_iter": 4}).fit(X, Y).theta_
        )
    assert model.n_iter_ == len(model.loss_curve_)


class _Interrupts(Activation):
    """The identity, which is interrupted at one of its calls."""

    calls_left = 0

    def value(self, z, p):
        type(self).calls_left -= 1
        if self.calls_left == 0:
            raise KeyboardInterrupt
        return z

    def derivative(self, z, p):
        return np.ones_like(z)


@each_general_solver
def test_an_interrupt_keeps_the_last_whole_epoch(solver):
    knobs = {**SHORT, "solver": solver, "batch_size": 150, "activation": _Interrupts(), "learning_rate": "constant"}
    _Interrupts.calls_left = 10_000
    whole = AdaptiveMLPClassifier(**{**knobs, "max_iter": 3}).fit(X, Y)
    calls = 10_000 - _Interrupts.calls_left
    _Interrupts.calls_left = calls - 2  # before the end of the third epoch
    with pytest.warns(UserWarning, match="interrupted by user: the model after"):
        model = AdaptiveMLPClassifier(**knobs).fit(X, Y)
    assert 1 <= model.n_iter_ <= 3
    assert model.loss_curve_ == whole.loss_curve_[: model.n_iter_]
    assert model.predict(X).shape == Y.shape
    _Interrupts.calls_left = 10_000
    assert AdaptiveMLPClassifier(**knobs).fit(X, Y).n_iter_ == 8


def test_an_interrupt_ends_a_single_pass_with_the_estimator_as_it_was():
    """There is no epoch to keep; and a loop over many calls is to end as well."""
    _Interrupts.calls_left = 10_000
    model = AdaptiveMLPClassifier(**{**SHORT, "activation": _Interrupts(), "batch_size": 50})
    model.partial_fit(X, Y, classes=[0, 1, 2])
    calls = 10_000 - _Interrupts.calls_left
    before, saved = dict(vars(model)), pickle.dumps(model)
    _Interrupts.calls_left = calls // 2
    with pytest.raises(KeyboardInterrupt):
        model.partial_fit(X, Y)
    assert vars(model) == before
    assert pickle.dumps(model) == saved


@pytest.fixture
def _interruptible():
    """Python raises KeyboardInterrupt, also where the tests run in a shell's background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_an_interrupt_is_heard_inside_the_compiled_loop():
    """One epoch would take many seconds; the schedule is asked just before it begins."""

    def schedule(progress, steps):
        threading.Timer(0.2, _thread.interrupt_main).start()
        return np.ones(len(steps))

    rows = np.random.RandomState(0).normal(size=(100_000, 60)).astype(np.float32)
    model = AdaptiveMLPClassifier((400, 400), "tanh", learning_rate=schedule, batch_size=100, max_iter=2)
    with pytest.warns(UserWarning, match="interrupted by user: the model after 0 epochs"):
        model.fit(rows, rows[:, 0] > 0)
    assert np.isfinite(model.predict(rows[:5])).all()


class _Breaks(Activation):
    """Raises in its third call."""

    calls = 0

    def value(self, z, p):
        type(self).calls += 1
        if self.calls == 3:
            raise RuntimeError("broken")
        return z

    def derivative(self, z, p):
        return np.ones_like(z)


@each_general_solver
def test_an_error_on_the_way_leaves_the_estimator_as_it_was(solver):
    model = AdaptiveMLPClassifier(solver=solver, warm_start=True, **SHORT).fit(X, Y)
    before, theta = dict(vars(model)), model.theta_.copy()
    model.set_params(activation=_Breaks(), warm_start=False)
    _Breaks.calls = 0
    with pytest.raises(RuntimeError, match="broken"):
        model.fit(X, Y)
    np.testing.assert_array_equal(model.theta_, theta)
    changed = {"activation", "warm_start"}
    assert {k: v for k, v in vars(model).items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }
    model.fit(X, Y)


def test_max_iter_is_warned_of_unless_the_schedule_is_planned_for_it():
    with pytest.warns(ConvergenceWarning, match="max_iter=8 reached"):
        AdaptiveMLPClassifier(learning_rate="constant", **SHORT).fit(X, Y)
    with pytest.warns(ConvergenceWarning, match="max_iter=2 reached"):
        AdaptiveMLPClassifier(solver="lbfgs", tol=1e-9, **{**SHORT, "max_iter": 2}).fit(X, Y)
    AdaptiveMLPClassifier(learning_rate="cosine", **SHORT).fit(X, Y)


class _WrongDerivative(Activation):
    """The identity, with the opposite derivative."""

    def value(self, z, p):
        return z

    def derivative(self, z, p):
        return np.full_like(z, -100.0)


@pytest.mark.parametrize(
    ("knobs", "cause"),
    [
        ({"solver": LBFGS(max_fun=3), "max_iter": 100}, "solver__max_fun=3 reached"),
        ({"solver": "lbfgs", "activation": _WrongDerivative(), "max_iter": 100}, r"L-BFGS ended abnormally \(ABNORMAL"),
    ],
    ids=["evaluations", "line search"],
)
@each_estimator
def test_an_early_end_of_lbfgs_is_warned_of(estimator, knobs, cause):
    with pytest.warns(ConvergenceWarning, match=f"^{cause}.* before the stopping rule was met") as warned:
        model = estimator(**{**SHORT, "tol": 1e-9, **knobs}).fit(X, Y)
    assert warned[0].filename == __file__
    assert model.n_iter_ >= 1
    assert np.isfinite(model.predict(X)).all()


def test_lbfgs_that_is_stopped_does_not_warn():
    """Patience ended it, not a limit."""
    model = AdaptiveMLPClassifier(**{**SHORT, "max_iter": 500, "n_iter_no_change": 1}, solver="lbfgs", tol=1e-9)
    assert model.fit(X, Y, X_val=X[::9], y_val=1 - Y[::9] % 2).n_iter_ < 500


@pytest.mark.parametrize("n_constants", [5, 1000])
def test_a_solver_with_more_constants_than_the_core_has_room_for(n_constants):
    class Many(Adam):
        constants = (0.9,) * n_constants

    with pytest.raises(ValueError, match="constants: expected at most 4 for a solver"):
        AdaptiveMLPClassifier(**SHORT, solver=Many()).fit(X, Y)


def test_a_start_that_is_a_minimum():
    model = AdaptiveMLPRegressor(solver="lbfgs", tol=1e9, **SHORT).fit(X, Y)
    assert model.n_iter_ == 1
    assert len(model.loss_curve_) == 1
