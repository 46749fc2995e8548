"""What every learned family can do in an estimator: start, scope, penalty, freezing, search, and never a NaN."""

import warnings

import numpy as np
import pytest
from reference import PLAIN
from scipy.optimize import least_squares
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive._network.initialization import initial_theta, second_moment
from sk_adaptive._network.plan import make_plan
from sk_adaptive.activations import (
    FIXED,
    LEARNED,
    Blend,
    Fixed,
    Polynomial,
    PReLU,
    Rational,
    Snake,
    Spline,
    Swish,
    _start,
)
from sk_adaptive.losses import SquaredError
from sk_adaptive.solvers import SGD

every_family = pytest.mark.parametrize("family", LEARNED.values(), ids=LEARNED)
X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)


def _fit(activation, **settings):
    settings = {"hidden_layer_sizes": (6, 5), "max_iter": 5, "random_state": 0} | PLAIN | settings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return AdaptiveMLPClassifier(activation=activation, **settings).fit(X, Y)


def _learned(network):
    """Return each layer's learned parameters, (n_parameters, n_units) or (n_parameters, 1)."""
    return [np.array(list(fitted.params.values())) for fitted in network.activations_]


# ---- where they start ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("activation", "same_as"),
    [
        (Polynomial(1), "identity"),
        (Swish(), "silu"),
        (Swish(start=[0.0]), None),
        (Blend(), "mish"),
        (Blend(["tanh", "relu"]), "relu"),
        (PReLU(start=[0.0]), "relu"),
        (PReLU(start=[0.01]), "leaky_relu"),
        (Rational(), "silu"),
        (Snake(start=[0.0]), "identity"),
        (Spline(start="relu"), "relu"),
    ],
    ids=repr,
)
def test_special_cases_of_the_formulas(activation, same_as):
    z = np.linspace(-3, 3, 61)[:, None]
    expected = FIXED[same_as].value(z) if same_as else z / 2
    np.testing.assert_allclose(activation.value(z, activation.initial_parameters()[:, None]), expected, atol=2e-6)


@pytest.mark.parametrize(
    ("activation", "p", "text"),
    [
        (PReLU(), [-0.5], "max(0, x) - 0.5 min(0, x)"),
        (Swish(), [-2.0], "x/(1 + exp(2 x))"),
        (Snake(), [-2.0], "x - sin(2 x)^2/2"),
        (Snake(), [0.0], "x"),
        (Blend(["identity", "tanh"]), [-0.5], "1.5 [x] - 0.5 [tanh(x)]"),
        (Polynomial(1), [1.0, -2.0], "1 - 2 x"),
        (Rational((1, 2)), [0.0, 1.0, -0.5, 0.25], "(0 + 1 x)/(1 + |-0.5 x + 0.25 x^2|)"),
        (Rational((1, 0)), [0.5, 1.0], "0.5 + 1 x"),
        (Spline(2, 1.0), [0.0, 1.0], "piecewise linear through (-1, 0), (1, 1)"),
        (Fixed("relu"), [], "max(0, x)"),
    ],
    ids=repr,
)
def test_formulas_are_written_as_a_person_would(activation, p, text):
    assert activation.formula(np.array(p)) == text


def test_blend_of_many_starts_with_equal_weights():
    blend = Blend(["tanh", "elu", "relu", "identity"])
    z = np.linspace(-3, 3, 9)[:, None]
    mean = np.mean([FIXED[name].value(z) for name in blend.functions], axis=0)
    np.testing.assert_allclose(blend.value(z, blend.initial_parameters()[:, None]), mean)


@pytest.mark.parametrize("name", FIXED)
@every_family
def test_a_named_start_is_near_the_function_or_refused(family, name):
    activation = family(start=name)
    z = np.linspace(-activation.start_range, activation.start_range, 301)[:, None]
    error = activation.start_error
    if error > 0.05:
        with pytest.raises(ValueError, match=rf"cannot start as {name}.*wrong by up to {error:.4g}"):
            activation.initial_parameters()
    else:
        distance = np.abs(activation.value(z, activation.initial_parameters()[:, None]) - FIXED[name].value(z))
        assert distance.max() == pytest.approx(error)


@pytest.mark.parametrize(
    ("activation", "most"),
    [
        (Rational(start="tanh"), 1e-5),
        (Rational(start="gelu"), 1e-3),
        (Rational(start="relu"), 0.04),
        (Spline(start="tanh"), 0.025),
        (Spline(49, start="tanh"), 0.002),
        (Polynomial(3, start="tanh"), 0.03),
        (Polynomial(5, start="silu"), 0.01),
        (Blend(["identity", "relu"], start="leaky_relu"), 1e-9),
        (PReLU(start="identity"), 1e-9),
        (Swish(start="gelu"), 0.015),
    ],
    ids=repr,
)
def test_named_starts_are_as_near_as_documented(activation, most):
    assert activation.start_error <= most
    activation.initial_parameters()


@pytest.mark.parametrize("activation", [Swish(start="relu"), Polynomial(5, start="tanh"), Rational((3, 2))], ids=repr)
def test_one_fit_searches_a_start_once(activation, monkeypatch):
    searches = []
    monkeypatch.setattr(_start, "least_squares", lambda *args, **kwargs: searches.append(1) or search(*args, **kwargs))
    search = least_squares
    monkeypatch.setattr(_start, "_recent", ())
    network = _fit(activation)
    assert len(network.activations_) == 2
    assert network.activations_[0].start.n_units == 6
    assert len(searches) == 1


def test_a_changed_activation_has_another_start(monkeypatch):
    monkeypatch.setattr(_start, "_recent", ())
    family = Polynomial(5, start="tanh")
    first = family.initial_parameters()
    first_kept = first.copy()
    first[:] = 0  # a caller may change what it was given
    np.testing.assert_array_equal(family.initial_parameters(), first_kept)
    assert not np.allclose(family.set_params(start="logistic").initial_parameters(), first_kept)
    assert family.set_params(degree=4, start="softplus").initial_parameters().shape == (5,)


def test_start_error_without_a_name_is_zero():
    assert Swish(start=[2.0]).start_error == 0
    assert Swish().start_error == 0


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (Blend(["relu"]), "at least two different"),
        (Blend(["relu", "relu"]), "at least two different"),
        (Blend(["relu", "sine"]), "at least two different"),
        (Rational((0, 1)), "degrees"),
        (Rational((2, -1)), "degrees"),
        (Rational((2.5, 1)), "degrees"),
        (Rational((2, 1, 1)), "degrees"),
        (Spline(start=[1.0, 2.0]), "13 finite numbers"),
        (Swish(start=[np.nan]), "1 finite numbers"),
        (Snake(start="tanh"), "cannot start as tanh"),
        (Spline(start="sine"), "'start' parameter"),
        (Spline(1), "'n_knots' parameter"),
        (Polynomial(0), "'degree' parameter"),
        (Swish(scope="group"), "'scope' parameter"),
        (Swish(penalty=-1.0), "'penalty' parameter"),
        (Rational(limit=0.0), "'limit' parameter"),
    ],
    ids=repr,
)
def test_what_makes_no_sense_is_refused_by_fit(activation, message):
    with pytest.raises(ValueError, match=message):
        _fit(activation)


# ---- initial weights -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "activation", [*(family() for family in LEARNED.values()), *map(Fixed, FIXED), Rational(start="tanh")], ids=repr
)
def test_signal_and_gradient_start_with_unit_scale(activation):
    depth, width, n_rows = 4, 200, 400
    rng = np.random.RandomState(0)
    plan = make_plan(width, [width] * depth, width, [activation] * depth, loss=SquaredError())
    theta = initial_theta(plan, "gain", rng, np.dtype(np.float64))
    rows = rng.normal(size=(n_rows, width))
    network = plan.network(np.float64)
    stds = [network.hidden(theta, rows, layer)[0].std() for layer in range(depth)]
    np.testing.assert_allclose(stds, 1, atol=0.35)
    if activation.kernel in ("logistic", "softplus"):
        return  # their output is mostly its mean: no scale of the weights keeps both signal and gradient
    d = rng.normal(size=(n_rows, width))
    p = activation.initial_parameters()[:, None].repeat(width, axis=1)
    for layer in reversed(range(depth)):
        d = (d @ plan.coefs(theta)[layer + 1].T) * activation.derivative(network.hidden(theta, rows, layer)[0], p)
    assert 0.5 < d.std() < 3  # that of tilted_abs grows by a quarter in each layer


def test_second_moment_is_the_gaussian_mean():
    assert second_moment(Fixed("identity"), np.empty(0)) == pytest.approx(1, abs=1e-6)
    assert second_moment(Fixed("relu"), np.empty(0)) == pytest.approx(0.5, abs=1e-6)
    assert second_moment(Polynomial(1), np.array([0.3, 2.0])) == pytest.approx(0.09 + 4, abs=1e-6)


# ---- what a fit does with them ---------------------------------------------------------------------------------------


@every_family
def test_frozen_parameters_stay_and_others_move(family):
    frozen, free = _fit(family(trainable=False)), _fit(family())
    for network, moves in ((frozen, False), (free, True)):
        for p, fitted in zip(_learned(network), network.activations_, strict=True):
            assert (p != np.array(list(fitted.start.params.values()))).any() == moves
    slowed = _fit(family(learning_rate_factor=0.0))
    np.testing.assert_array_equal(slowed.theta_, frozen.theta_)


@every_family
def test_penalty_pulls_towards_the_start_and_not_towards_zero(family):
    away = [
        max(
            np.abs(p - family().initial_parameters_of_units(p.shape[1])).max()
            for p in _learned(_fit(family(penalty=penalty), max_iter=60, solver="lbfgs"))
        )
        for penalty in (0.0, 100.0)
    ]
    assert away[1] < 0.1 * away[0]


@every_family
def test_scopes_have_their_number_of_parameters(family):
    per_set = family().n_parameters
    shapes = {scope: [p.shape for p in _learned(_fit(family(scope=scope)))] for scope in ("unit", "layer", "network")}
    assert shapes["unit"] == [(per_set, 6), (per_set, 5)]
    assert shapes["layer"] == shapes["network"] == [(per_set, 1), (per_set, 1)]
    first, second = _learned(_fit(family(scope="network")))
    np.testing.assert_array_equal(first, second)
    first, second = _learned(_fit(family(scope="layer")))
    assert (first != second).any()


def test_one_object_for_several_layers_is_copied():
    shared = Swish(scope="layer")
    network = _fit(shared)
    first, second = (fitted.activation for fitted in network.activations_)
    assert first is not second
    assert shared is not first
    beta, other = _learned(network)
    assert beta[0, 0] != other[0, 0]
    shared.set_params(start=[9.0])
    assert first.start is None


def test_each_layer_can_have_its_own():
    network = _fit([Spline(5), "relu"])
    assert [type(fitted.activation) for fitted in network.activations_] == [Spline, Fixed]
    assert network.activations_[1].params == {}
    with pytest.raises(ValueError, match="1 entries for 2 hidden layers"):
        _fit(["relu"])


@every_family
def test_parameters_of_the_family_can_be_searched(family):
    estimator = AdaptiveMLPClassifier((5,), family(), max_iter=3, random_state=0)
    grid = {"activation__scope": ["layer", "unit"], "activation__trainable": [True, False]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search = GridSearchCV(estimator, grid, cv=2, error_score="raise").fit(X, Y)
    assert search.best_estimator_.activation.scope == search.best_params_["activation__scope"]
    assert clone(estimator).activation is not estimator.activation


def test_families_can_be_searched_among():
    grid = {"activation": ["relu", Spline(5), Rational((3, 2))]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search = GridSearchCV(AdaptiveMLPClassifier((5,), max_iter=3, random_state=0), grid, cv=2).fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@every_family
def test_no_nan_escapes_whatever_the_learning_rate(family):
    rng = np.random.RandomState(0)
    refused = []
    for seed in range(200):
        solver = [SGD(), SGD(momentum=0.0), "adam"][seed % 3]
        network = AdaptiveMLPClassifier(
            (5, 4),
            family(scope=["unit", "layer", "network"][seed % 3]),
            solver=solver,
            learning_rate_init=10 ** rng.uniform(-3, -1),
            batch_size=16,
            max_iter=8,
            random_state=seed,
            **PLAIN,
        )
        rows = rng.permutation(len(X))[:60]
        scale = 10.0 ** rng.randint(-1, 3)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                network.fit(scale * X[rows], Y[rows])
            except ValueError as error:  # in the first epoch: there is nothing to return to
                refused.append(str(error))
                continue
        assert np.isfinite(network.theta_).all()
        assert np.isfinite(network.predict_proba(scale * X[rows])).all()
        assert network.n_iter_ == 8 or any("diverged" in str(each.message) for each in caught)
        assert all(issubclass(each.category, ConvergenceWarning) for each in caught)
    assert all("non-finite" in message for message in refused)
    assert len(refused) < 20


def test_snake_finds_a_season_of_six_periods():
    x = np.random.RandomState(0).uniform(-1.73, 1.73, (400, 1))
    y = np.sin(2 * np.pi * 6 * x[:, 0] / 3.46)
    model = AdaptiveMLPRegressor(activation="snake", random_state=0).fit(x, y)
    assert model.score(x, y) > 0.95


@pytest.mark.parametrize(
    ("snake", "alike"), [(Snake(), False), (Snake(start=[2.0]), True), (Snake(scope="layer"), True)]
)
def test_units_of_snake_start_apart_unless_told_otherwise(snake, alike):
    still = {"learning_rate_init": 1e-12, "max_iter": 1, "random_state": 0}
    model = AdaptiveMLPRegressor(hidden_layer_sizes=(7,), activation=snake, **still)
    a = model.fit(np.arange(20.0)[:, None], np.arange(20.0)).activations_[0]
    assert (np.ptp(a.params["a"]) < 1e-9) == alike
    np.testing.assert_allclose(a.params["a"], a.start.params["a"], rtol=1e-6)
