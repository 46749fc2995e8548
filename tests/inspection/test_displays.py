"""Pictures, checked by the data in them."""

import sys

import numpy as np
import pytest
from planted import planted
from reference import PLAIN
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.activations import LEARNED
from sk_adaptive.inspection import ActivationDisplay, LossCurveDisplay

pytest.importorskip("matplotlib").use("agg")
plt = pytest.importorskip("matplotlib.pyplot")
pytestmark = pytest.mark.filterwarnings("ignore:max_iter=:sklearn.exceptions.ConvergenceWarning")
X, Y = load_iris(return_X_y=True)


def _fit(activation="prelu", sizes=(10, 5), **knobs):
    knobs = {"max_iter": 20, "n_iter_no_change": np.inf, "random_state": 0, **PLAIN, **knobs}
    return AdaptiveMLPClassifier(sizes, activation, **knobs).fit(X, Y)


def _lines(ax):
    return {line.get_label(): line for line in ax.lines}


def _boxes_overlap(figure, artists):
    renderer = figure.canvas.get_renderer()
    boxes = [artist.get_window_extent(renderer) for artist in artists]
    return any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


# ---- activations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["unit", "layer", "network"])
@pytest.mark.parametrize("family", LEARNED)
def test_draws_what_was_learned_and_where_it_started(family, scope):
    model = _fit(LEARNED[family](scope=scope))
    display = ActivationDisplay.from_estimator(model, X)
    assert display.ax_.shape == (2,)
    for ax, fitted in zip(display.ax_, model.activations_, strict=True):
        lines = _lines(ax)
        main = lines["median" if scope == "unit" else "learned"]
        x, y = main.get_data()
        expected = np.median(fitted(x), axis=1) if scope == "unit" else fitted(x)[:, 0]
        np.testing.assert_allclose(y, expected, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(lines["start"].get_ydata(), fitted.start(x)[:, 0])
        assert lines["start"].get_linestyle() == "--"
        assert family in ax.get_title().lower()
        assert f"{fitted.n_units} units" in ax.get_title()


def test_covers_the_range_of_the_data_and_shades_its_density():
    model = _fit("polynomial")
    display = ActivationDisplay.from_estimator(model, X, layers=[0])
    z = X @ model.coefs_[0] + model.intercepts_[0]
    np.testing.assert_allclose(display.ax_.get_xlim(), np.quantile(z, [0.005, 0.995]), rtol=1e-6)
    (shade,) = display.ax_.patches
    heights, edges, _ = shade.get_data()
    expected, expected_edges = np.histogram(z, 60, display.ax_.get_xlim())
    np.testing.assert_allclose(edges, expected_edges)
    np.testing.assert_allclose(heights / heights.max(), expected / expected.max(), atol=0.02)


def test_a_unit_is_drawn_only_where_it_has_seen_data():
    model = _fit("prelu")
    display = ActivationDisplay.from_estimator(model, X, layers=[0], units=[3])
    z = X @ model.coefs_[0][:, 3] + model.intercepts_[0][3]
    x, y = _lines(display.ax_)["learned"].get_data()
    low, high = np.quantile(z, [0.005, 0.995])
    np.testing.assert_allclose([x[0], x[-1]], [low, high])
    np.testing.assert_allclose(y, model.activations_[0](x)[:, 3])


def test_the_extremes_of_a_fan_are_marked():
    model = _fit("prelu")
    model.activations_[0].params["a"][...] = np.linspace(0, 0.3, 10)
    model.activations_[0].params["a"][[4, 7]] = [-3, 3]
    model.coefs_[0][...] = model.coefs_[0][:, :1]  # all see the same data, on both sides of 0
    model.intercepts_[0][...] = -np.median(X @ model.coefs_[0][:, 0])
    lines = _lines(ActivationDisplay.from_estimator(model, X, layers=[0]).ax_)
    assert {"highest: unit 4", "lowest: unit 7"} <= set(lines)
    assert sum(label == "_unit" or label.startswith("_child") for label in lines) >= 1


def test_units_are_drawn_one_by_one_on_request():
    display = ActivationDisplay.from_estimator(_fit("spline"), X, units=[1, 4])
    for ax in display.ax_:
        assert {"unit 1", "unit 4", "start"} == set(_lines(ax))
        colours = {_lines(ax)[label].get_color() for label in ("unit 1", "unit 4")}
        styles = {_lines(ax)[label].get_linestyle() for label in ("unit 1", "unit 4")}
        assert len(colours) == len(styles) == 2


def test_a_fixed_function_has_no_start():
    assert set(_lines(ActivationDisplay.from_estimator(_fit("tanh"), X, layers=[1]).ax_)) == {"fixed"}


def test_names_the_parameters():
    model = _fit("prelu")
    a = model.activations_[1].params["a"]
    title = ActivationDisplay.from_estimator(model, X).ax_[1].get_title()
    assert title == f"layer 1: PReLU, 5 units\na = {np.median(a):.4g} ({a.min():.4g} to {a.max():.4g}), started at 0.25"


def test_without_rows_it_takes_what_the_estimator_remembers():
    model = _fit("prelu")
    with_rows, without = (ActivationDisplay.from_estimator(model, rows) for rows in (X, None))
    for one, other in zip(with_rows.ax_, without.ax_, strict=True):
        reach = np.ptp(one.get_xlim())
        np.testing.assert_allclose(one.get_xlim(), other.get_xlim(), atol=0.15 * reach)


def test_a_pipeline_and_a_search_are_seen_through():
    pipeline = make_pipeline(StandardScaler(), AdaptiveMLPClassifier((5,), "prelu", max_iter=5, random_state=0))
    search = GridSearchCV(pipeline, {"adaptivemlpclassifier__alpha": [0.1]}, cv=2).fit(X, Y)
    best = search.best_estimator_
    inner = ActivationDisplay.from_estimator(best[-1], best[0].transform(X)).ax_
    for estimator in (best, search):
        outer = ActivationDisplay.from_estimator(estimator, X).ax_
        np.testing.assert_array_equal(_lines(outer)["median"].get_xydata(), _lines(inner)["median"].get_xydata())


def test_draws_into_given_axes():
    model = _fit()
    _, axes = plt.subplots(1, 2)
    display = ActivationDisplay.from_estimator(model, X, ax=axes, curve_kwargs={"color": "red"})
    assert list(display.ax_) == list(axes)
    assert display.figure_ is axes[0].figure
    assert _lines(axes[0])["median"].get_color() == "red"
    _, whole = plt.subplots()
    assert len(display.plot(ax=whole).ax_) == 2
    assert display.figure_ is whole.figure
    with pytest.raises(ValueError, match="2 axes"):
        display.plot(ax=[*axes, whole])


@pytest.mark.parametrize(("sizes", "n_lines"), [((5,), 9), ((500,), 504)])
def test_five_and_five_hundred_units_stay_legible(sizes, n_lines):
    digits, labels = load_digits(return_X_y=True)
    model = AdaptiveMLPClassifier(sizes, max_iter=2, random_state=0, **PLAIN).fit(digits / 16, labels)
    display = ActivationDisplay.from_estimator(model, digits[:300] / 16)
    display.figure_.canvas.draw()
    ax = display.ax_
    assert len(ax.lines) == n_lines
    assert len(ax.get_legend().get_texts()) == 5
    assert not _boxes_overlap(display.figure_, [ax.get_legend(), ax.xaxis.label, ax.title, ax.patch])
    assert display.figure_.bbox.contains(*ax.get_legend().get_window_extent().min)


def test_wrong_layers_units_and_estimators_are_refused():
    model = _fit()
    with pytest.raises(IndexError, match="2 hidden layers"):
        ActivationDisplay.from_estimator(model, X, layers=[2])
    with pytest.raises(IndexError, match="10 units of layer 0"):
        ActivationDisplay.from_estimator(model, X, units=[10])
    with pytest.raises(TypeError, match="MLPClassifier"):
        ActivationDisplay.from_estimator(MLPClassifier(), X)


@pytest.mark.parametrize("display", [ActivationDisplay, LossCurveDisplay])
def test_without_matplotlib_it_names_the_extra(display, monkeypatch):
    model = _fit()
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"sk_adaptive\[plot\]"):
        display.from_estimator(model)


def test_the_planted_shapes_are_drawn():
    truth = planted(500)
    display = ActivationDisplay.from_estimator(truth.model, truth.X, units=[0, 1])
    for ax, functions in zip(display.ax_, truth.functions, strict=True):
        for unit in (0, 1):
            x, y = _lines(ax)[f"unit {unit}"].get_data()
            np.testing.assert_allclose(y, functions[unit](x), atol=2e-3)


# ---- losses ----------------------------------------------------------------------------------------------------------


def test_loss_curve_is_drawn_and_its_lowest_epoch_marked():
    model = _fit()
    display = LossCurveDisplay.from_estimator(model)
    np.testing.assert_allclose(display.line_.get_xydata(), np.c_[np.arange(1, 21), model.loss_curve_])
    assert display.best_epoch == np.argmin(model.loss_curve_) + 1
    assert display.ax_.get_xlabel() == "epoch"
    assert display.rate_ax_ is None


def test_validation_learning_rate_and_best_epoch_are_drawn():
    model = _fit(early_stopping=True, learning_rate="cosine", validation_fraction=0.2)
    display = LossCurveDisplay.from_estimator(model, name="mine")
    lines = _lines(display.ax_)
    np.testing.assert_allclose(lines["mine, validation"].get_ydata(), model.validation_loss_curve_)
    best = int(np.argmax(model.validation_scores_)) + 1
    np.testing.assert_allclose(
        lines[f"mine, best: epoch {best}"].get_xydata(), [[best, model.validation_loss_curve_[best - 1]]]
    )
    (rate,) = display.rate_ax_.lines
    np.testing.assert_allclose(rate.get_ydata(), model.learning_rate_curve_)
    legend = {text.get_text() for text in display.ax_.get_legend().get_texts()}
    assert legend == {"mine, training", "mine, validation", f"mine, best: epoch {best}", "mine, learning rate"}


@pytest.mark.filterwarnings("ignore:The network predicts the same for every row")
def test_several_estimators_share_an_axes():
    first = LossCurveDisplay.from_estimator(_fit(learning_rate="cosine"), name="a")
    second = LossCurveDisplay.from_estimator(_fit("relu", learning_rate="one_cycle"), name="b", ax=first.ax_)
    other = MLPClassifier((5,), early_stopping=True, max_iter=300, random_state=0, n_iter_no_change=300, tol=0)
    with pytest.warns(match="Maximum iterations"):
        other.fit(X, Y)
    third = LossCurveDisplay.from_estimator(make_pipeline(other), name="c", ax=first.ax_)
    assert first.ax_ is second.ax_ is third.ax_
    assert first.rate_ax_ is second.rate_ax_
    assert len(first.rate_ax_.lines) == 2
    assert len({display.line_.get_color() for display in (first, second, third)}) == 3
    assert len(first.ax_.get_legend().get_texts()) == 8


@pytest.mark.parametrize(("curve", "scale"), [([1, 0.5], "linear"), ([1, 0.01], "log"), ([1, -0.01], "linear")])
def test_losses_over_a_wide_range_are_drawn_on_a_logarithmic_axis(curve, scale):
    assert LossCurveDisplay(curve).plot().ax_.get_yscale() == scale
