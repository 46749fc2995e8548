"""Parameters over the epochs are what training went through, and recording changes nothing."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.activations import Polynomial, PReLU
from sk_adaptive.inspection import ActivationRecorder, TrajectoryDisplay, record_activations

pytestmark = pytest.mark.filterwarnings("ignore:max_iter=:sklearn.exceptions.ConvergenceWarning")
needs_callbacks = pytest.mark.skipif(
    not hasattr(AdaptiveMLPClassifier, "set_callbacks"), reason="scikit-learn >= 1.9 has callbacks"
)
X, Y = load_iris(return_X_y=True)


def _model(activation="prelu", sizes=(6, 4), **knobs):
    knobs = {"max_iter": 8, "n_iter_no_change": np.inf, "random_state": 0, **knobs}
    return AdaptiveMLPClassifier(sizes, activation, **knobs)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_recording_changes_nothing(solver):
    model = _model(solver=solver)
    fitted, trajectories = record_activations(model, X, Y)
    np.testing.assert_array_equal(fitted.theta_, clone(model).fit(X, Y).theta_)
    assert not hasattr(model, "theta_")
    assert trajectories.epochs.tolist() == list(range(fitted.n_iter_ + 1))
    for layer, learned in enumerate(fitted.activations_):
        np.testing.assert_array_equal(trajectories.parameters[layer]["a"][0], 0.25)
        np.testing.assert_array_equal(trajectories.parameters[layer]["a"][-1], learned.params["a"])


def test_each_epoch_is_that_of_a_shorter_fit():
    knobs = {"learning_rate": "constant"}  # a planned schedule depends on max_iter
    _, trajectories = record_activations(_model("spline", **knobs), X, Y)
    for epoch in (1, 5):
        shorter = _model("spline", max_iter=epoch, **knobs).fit(X, Y)
        for layer, learned in enumerate(shorter.activations_):
            for name, values in learned.params.items():
                np.testing.assert_array_equal(trajectories.parameters[layer][name][epoch], values)


@pytest.mark.parametrize(
    ("scope", "layers", "n_sets"), [("network", [0], 1), ("layer", [0, 1], 1), ("unit", [0, 1], 6)]
)
def test_scopes(scope, layers, n_sets):
    _, trajectories = record_activations(_model(Polynomial(degree=1, scope=scope)), X, Y)
    assert trajectories.layers == layers
    assert trajectories.shared == (scope == "network")
    assert list(trajectories.parameters[0]) == ["k0", "k1"]
    assert trajectories.parameters[0]["k1"].shape == (9, n_sets)


def test_fit_parameters_are_passed_on():
    fitted, _ = record_activations(_model(), X, Y, X_val=X[:30], y_val=Y[:30])
    assert len(fitted.validation_scores_) == 8


@needs_callbacks
def test_a_continued_fit_starts_where_the_last_one_ended():
    model = _model(warm_start=True).fit(X, Y)
    before, recorder = model.activations_[0].params["a"].copy(), ActivationRecorder()
    model.set_callbacks(recorder).fit(X, Y)
    np.testing.assert_array_equal(recorder.trajectories_.parameters[0]["a"][0], before)


@needs_callbacks
def test_a_recorder_keeps_one_fit():
    model = AdaptiveMLPRegressor(hidden_layer_sizes=(3,), activation="swish", max_iter=3, n_iter_no_change=np.inf)
    recorder = ActivationRecorder()
    model.set_callbacks(recorder)
    for _ in range(2):
        model.fit(X, Y)
        assert recorder.trajectories_.epochs.tolist() == [0, 1, 2, 3]


def test_nothing_recorded_is_said():
    with pytest.raises(AttributeError, match="fit an estimator"):
        _ = ActivationRecorder().trajectories_


@pytest.mark.parametrize("activation", [PReLU(), Polynomial(scope="network"), "spline"], ids=str)
def test_trajectories_are_drawn(activation):
    pytest.importorskip("matplotlib").use("agg")
    _, trajectories = record_activations(_model(activation), X, Y)
    display = TrajectoryDisplay.from_trajectories(trajectories)
    axes = np.atleast_1d(display.ax_)
    assert len(axes) == len(trajectories.layers)
    for ax, parameters in zip(axes, trajectories.parameters, strict=True):
        lines = {line.get_label(): line for line in ax.lines}
        for name, values in parameters.items():
            np.testing.assert_array_equal(lines[name].get_xdata(), trajectories.epochs)
            np.testing.assert_allclose(lines[name].get_ydata(), np.median(values, axis=1))
    assert axes[0].get_title() == ("all hidden layers" if trajectories.shared else "layer 0")


def test_nothing_to_draw_is_said():
    pytest.importorskip("matplotlib").use("agg")
    _, trajectories = record_activations(_model("relu"), X, Y)
    with pytest.raises(ValueError, match="no hidden layer"):
        TrajectoryDisplay.from_trajectories(trajectories)


@pytest.mark.parametrize("depth", [1, 2])
def test_a_pipeline_is_recorded(depth):
    model = AdaptiveMLPClassifier((4,), "prelu", max_iter=3, random_state=0)
    pipeline = model
    for _ in range(depth):
        pipeline = make_pipeline(StandardScaler(), pipeline)
    fitted, trajectories = record_activations(pipeline, X, Y)
    np.testing.assert_array_equal(fitted.predict_proba(X), clone(pipeline).fit(X, Y).predict_proba(X))
    assert trajectories.epochs.tolist() == [0, 1, 2, 3]
    assert not hasattr(pipeline, "classes_")


def test_what_ends_in_no_network_is_refused():
    with pytest.raises(TypeError, match="Pipeline that ends in one, got StandardScaler"):
        record_activations(make_pipeline(StandardScaler()), X, Y)
