"""What fit checks and honours, calls that continue training do as well."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.activations import Activation, PReLU, Spline
from sk_adaptive.losses import Huber, Quantile

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
KNOBS = {
    "hidden_layer_sizes": (6,),
    "activation": PReLU(),
    "max_iter": 3,
    "random_state": 0,
    "learning_rate": "constant",
    "n_members": 1,
    "n_bins": 0,
    "alpha": 0.0,
}
BUILDERS = {"classifier": AdaptiveMLPClassifier, "regressor": AdaptiveMLPRegressor}
each_estimator = pytest.mark.parametrize("estimator", BUILDERS.values(), ids=BUILDERS)


def _warm_start(model):
    return model.fit(X, Y)


def _partial_fit(model):
    return model.partial_fit(X, Y)


def _validated(model):
    return model.fit(X, Y, X_val=X[::2], y_val=Y[::2])


WAYS = {"warm_start": _warm_start, "partial_fit": _partial_fit, "X_val": _validated}
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def _fitted(estimator, **knobs):
    return estimator(**{**KNOBS, "warm_start": True, **knobs}).fit(X, Y)


FIXED = {
    "hidden_layer_sizes": (7,),
    "activation": "tanh",
    "n_members": 2,
    "n_bins": 5,
    "learn_scales": True,
}


@each_way
@each_estimator
@pytest.mark.parametrize("name", FIXED)
def test_what_cannot_change_is_an_error_that_names_it(name, estimator, way):
    model = _fitted(estimator)
    theta = model.theta_.copy()
    with pytest.raises(ValueError, match=rf"^{name} cannot change"):
        way(model.set_params(**{name: FIXED[name]}))
    np.testing.assert_array_equal(model.theta_, theta)
    way(model.set_params(**{name: KNOBS.get(name, False)}))


HONOURED = {
    "solver": "sgd",
    "dropout": 0.5,
    "alpha": 5.0,
    "batch_size": 10,
    "learning_rate_init": 0.1,
    "activation": PReLU(learning_rate_factor=30.0),
}


@each_way
@each_estimator
@pytest.mark.parametrize("name", HONOURED)
def test_what_can_change_is_honoured(name, estimator, way):
    """The next call differs from one without the change, and is the same as itself."""
    model = _fitted(estimator)
    plain, changed, again = (clone(model) for _ in range(3))
    for each in (plain, changed, again):
        each.fit(X, Y)
    way(plain)
    for each in (changed, again):
        way(each.set_params(**{name: HONOURED[name]}))
    assert not np.array_equal(changed.theta_, plain.theta_)
    np.testing.assert_array_equal(changed.theta_, again.theta_)


@each_way
@pytest.mark.parametrize("change", [{"class_weight": {0: 9.0}}, {"label_smoothing": 0.4}], ids=str)
def test_what_only_the_classifier_has_is_honoured(change, way):
    plain, changed = _fitted(AdaptiveMLPClassifier), _fitted(AdaptiveMLPClassifier)
    assert not np.array_equal(way(plain).theta_, way(changed.set_params(**change)).theta_)


@each_way
def test_frozen_activations_stay(way):
    model = _fitted(AdaptiveMLPClassifier)
    before = model.activations_[0].params["a"].copy()
    way(model.set_params(activation=PReLU(trainable=False)))
    np.testing.assert_array_equal(model.activations_[0].params["a"], before)


@each_way
@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", Huber(0.3), Quantile(0.1)], ids=str)
def test_another_loss_is_trained_with_its_own_constant(loss, way):
    """With the loss of the first fit the prediction would stay near the quantile of 0.9."""
    knobs = {"learning_rate_init": 0.03, "max_iter": 300, "n_iter_no_change": np.inf, "tol": 0.0}
    model = _fitted(AdaptiveMLPRegressor, loss=Quantile(0.9), **knobs).set_params(loss=loss)
    for _ in range(300 if way is _partial_fit else 1):
        way(model)
    fresh = clone(model).fit(X, Y)
    assert model.score(X, Y) == pytest.approx(fresh.score(X, Y), abs=0.15)
    assert model.out_activation_ == "identity"


@each_way
def test_a_loss_with_another_link_is_refused(way):
    model = _fitted(AdaptiveMLPRegressor).set_params(loss="poisson")
    with pytest.raises(ValueError, match=r"^loss cannot change"):
        way(model)


@each_estimator
def test_clip_inputs_is_honoured(estimator):
    model = _fitted(estimator)
    narrow = _fitted(estimator).set_params(clip_inputs=0.5).fit(X, Y)
    assert not np.array_equal(narrow.theta_, model.fit(X, Y).theta_)
    far = np.full((1, 4), 100.0)
    np.testing.assert_array_equal(narrow.predict(far), narrow.predict(10 * far))
    narrow.set_params(clip_inputs=0.25).partial_fit(X, Y)
    np.testing.assert_array_equal(narrow.predict(far), narrow.predict(X.mean(axis=0) + 0.26 * X.std(axis=0)[None]))


@each_estimator
@each_way
def test_the_dtype_of_the_first_call_stays(way, estimator):
    model = estimator(**KNOBS, warm_start=True).fit(X.astype(np.float32), Y)
    assert way(model).theta_.dtype == np.float32


@each_estimator
@pytest.mark.parametrize(
    ("change", "message"),
    [({"alpha": -1.0}, "alpha"), ({"dropout": 1.5}, "dropout"), ({"solver": "newton"}, "solver")],
    ids=str,
)
@each_way
def test_parameters_are_checked_again(way, change, message, estimator):
    model = _fitted(estimator).set_params(**change)
    with pytest.raises(ValueError, match=message):
        way(model)


@pytest.mark.parametrize("continued", [_warm_start, _partial_fit])
def test_a_start_that_differs_after_its_thirtieth_element_is_another(continued):
    start = np.linspace(-1, 1, 40)
    other = start.copy()
    other[35] += 0.1
    model = _fitted(AdaptiveMLPClassifier, activation=Spline(40, start=start))
    continued(model.set_params(activation=Spline(40, start=start.tolist())))
    with pytest.raises(ValueError, match=r"^activation cannot change"):
        continued(model.set_params(activation=Spline(40, start=other)))


class Shape:
    """A parameter without a comparison of its own."""

    def __init__(self, slope):
        self.slope = slope


class Own(Activation):
    """An activation with an object for a parameter."""

    def __init__(self, shape=None, *, scope="unit", start=None, learning_rate_factor=1.0, penalty=0.0, trainable=True):
        super().__init__(
            scope=scope, start=start, learning_rate_factor=learning_rate_factor, penalty=penalty, trainable=trainable
        )
        self.shape = shape

    def value(self, z, p):
        return np.where(z > 0, z, self.shape.slope * z).astype(z.dtype)

    def derivative(self, z, p):
        return np.where(z > 0, 1, self.shape.slope).astype(z.dtype)


def test_own_activations_with_objects_continue():
    model = _fitted(AdaptiveMLPClassifier, activation=Own(Shape(0.2)))
    model.partial_fit(X, Y).partial_fit(X, Y)
    with pytest.raises(ValueError, match=r"^activation cannot change"):
        model.set_params(activation=Own(Shape(0.3))).partial_fit(X, Y)


INDICATOR = (Y[:, None] > [-1, 0, 1]).astype(int)
WRONG_INDICATORS = {
    "other numbers": INDICATOR + 5,
    "two and three": INDICATOR + 2,
    "fractions": INDICATOR * 0.5,
    "too wide": np.c_[INDICATOR, INDICATOR],
    "too narrow": INDICATOR[:, :2],
    "classes": Y,
    "strings": np.where(INDICATOR, "yes", "no"),
}


@pytest.mark.parametrize("y", WRONG_INDICATORS.values(), ids=WRONG_INDICATORS)
def test_wrong_indicators_are_refused(y):
    model = AdaptiveMLPClassifier(**KNOBS)
    fitted = clone(model).fit(X, INDICATOR)
    with pytest.raises(ValueError, match=r"y must be|label|not among"):
        fitted.partial_fit(X, y)
    with pytest.raises(ValueError, match=r"y must be|label|not among"):
        clone(model).fit(X, INDICATOR, X_val=X, y_val=y)


def test_an_indicator_is_refused_after_classes():
    with pytest.raises(ValueError, match=r"y must be one column"):
        AdaptiveMLPClassifier(**KNOBS).fit(X, Y).partial_fit(X, INDICATOR)
