"""scikit-learn's callbacks, where it has them; without them, not a trace."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV
from solving import each_estimator_and_solver, each_general_solver

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor

X, Y = load_iris(return_X_y=True, as_frame=True)
SHORT = {"hidden_layer_sizes": (5,), "max_iter": 6, "tol": 1e-9, "n_iter_no_change": np.inf, "random_state": 0}
each_estimator = pytest.mark.parametrize("estimator", [AdaptiveMLPClassifier, AdaptiveMLPRegressor])


class Recorder:
    """Writes down what it is told, and stops after some epochs."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.events, self.losses, self.metadata = [], [], None

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.events.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
        self.events.append(f"end {context.task_name}")
        self.metadata = metadata
        if context.task_name == "epoch" and fitted_estimator is not None:
            self.losses.append(fitted_estimator.loss_)
            assert fitted_estimator.predict(X).shape == y.shape
            assert fitted_estimator.activations_[0].quantiles is not None
        return self.stop_after is not None and context.task_id + 1 == self.stop_after


def _needs_callbacks(estimator):
    if not hasattr(estimator, "set_callbacks"):
        pytest.skip("this scikit-learn has no callbacks")
    return estimator


@each_estimator_and_solver
def test_hooks_come_in_pairs_with_the_model_of_the_moment(estimator, solver):
    recorder = Recorder()
    model = _needs_callbacks(estimator(solver=solver, **SHORT)).set_callbacks(recorder).fit(X, Y)
    epochs = ["begin epoch", "end epoch"] * model.n_iter_
    assert recorder.events == ["setup", "begin fit", *epochs, "end fit", "teardown"]
    assert recorder.losses == model.loss_curve_
    np.testing.assert_array_equal(model.theta_, estimator(solver=solver, **SHORT).fit(X, Y).theta_)


@each_estimator_and_solver
def test_a_hook_that_returns_true_stops(estimator, solver):
    model = _needs_callbacks(estimator(solver=solver, **SHORT)).set_callbacks(Recorder(stop_after=3)).fit(X, Y)
    assert model.n_iter_ == 3
    assert model.predict(X).shape == Y.shape


@each_general_solver
def test_the_best_epoch_is_kept_when_a_hook_stops(solver):
    model = _needs_callbacks(AdaptiveMLPClassifier(solver=solver, **SHORT)).set_callbacks(Recorder(stop_after=3))
    model.fit(X, Y, X_val=X, y_val=Y)
    assert len(model.validation_scores_) == 3
    assert model.best_validation_score_ == max(model.validation_scores_)


def test_weights_are_passed_on():
    recorder = Recorder()
    weights = np.ones(len(Y))
    _needs_callbacks(AdaptiveMLPClassifier(**SHORT)).set_callbacks(recorder).fit(X, Y, weights)
    assert recorder.metadata["sample_weight"] is weights


def test_teardown_comes_even_after_an_error():
    recorder = Recorder()
    model = _needs_callbacks(AdaptiveMLPClassifier(**SHORT)).set_callbacks(recorder)
    with pytest.raises(ValueError, match="infinity"):
        model.fit(X * np.inf, Y)
    assert recorder.events == ["setup", "begin fit", "teardown"]
    assert set(vars(model)) == {*model.get_params(deep=False), "_skl_callbacks"}


@each_estimator_and_solver
def test_scoring_monitor(estimator, solver):
    callback = pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9")
    monitor = callback.ScoringMonitor(scoring="r2")
    model = estimator(solver=solver, **SHORT).set_callbacks(monitor).fit(X, Y)
    log = monitor.get_logs()
    scores = [row["r2"] for row in (log[0] if isinstance(log, list) else log).data]
    assert len(scores) == model.n_iter_ + 1
    assert scores[-1] == pytest.approx(r2_score(Y, model.predict(X)))


def test_progress_bar(capsys):
    callback = pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9")
    pytest.importorskip("rich")
    AdaptiveMLPClassifier(**SHORT).set_callbacks(callback.ProgressBar()).fit(X, Y)
    assert "AdaptiveMLPClassifier" in capsys.readouterr().out


def test_grid_search_passes_callbacks_to_clones():
    model = _needs_callbacks(AdaptiveMLPClassifier(**SHORT)).set_callbacks(Recorder(stop_after=2))
    assert clone(model).fit(X, Y).n_iter_ == 2
    search = GridSearchCV(model, {"alpha": [0.0, 1.0]}, cv=2).fit(X, Y)
    assert search.best_estimator_.n_iter_ == 2


def test_partial_fit_has_none():
    recorder = Recorder()
    _needs_callbacks(AdaptiveMLPClassifier(**SHORT)).set_callbacks(recorder).partial_fit(X, Y, [0, 1, 2])
    assert not recorder.events


def test_an_older_scikit_learn_sees_nothing_of_it():
    script = """
        try:
            import sklearn.callback
        except ImportError:
            pass
        else:
            del sklearn.callback.with_callbacks
        from sklearn.datasets import load_iris
        from sk_adaptive import AdaptiveMLPClassifier
        model = AdaptiveMLPClassifier(solver="lbfgs", max_iter=50, tol=0.1).fit(*load_iris(return_X_y=True))
        assert not hasattr(model, "set_callbacks")
        assert not [name for name in dir(model) if "callback" in name.lower()]
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True)
