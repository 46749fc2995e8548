"""The regressor: losses, units, several outputs."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, make_regression
from sklearn.linear_model import GammaRegressor, LinearRegression, PoissonRegressor, QuantileRegressor, TweedieRegressor
from sklearn.metrics import r2_score
from sklearn.utils import get_tags
from solving import each_loss_and_solver, each_solver

from sk_adaptive import AdaptiveMLPRegressor
from sk_adaptive.losses import LOSSES, Huber, Quantile, Tweedie

X, Y = load_diabetes(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
QUICK = {"hidden_layer_sizes": (8,), "max_iter": 60, "learning_rate_init": 0.01, "random_state": 0}
PLAIN = {**QUICK, "learning_rate": "constant", "n_members": 1, "alpha": 1e-4}
POSITIVE = [name for name, loss in LOSSES.items() if loss.y_min == 0]
LINEAR = {"hidden_layer_sizes": (), "solver": "lbfgs", "alpha": 0.0, "tol": 1e-9, "max_iter": 5000, "random_state": 0}
# The tolerance of LINEAR is at the end of what rounding lets L-BFGS reach.
linear_networks = pytest.mark.filterwarnings("ignore:L-BFGS ended abnormally")


@each_loss_and_solver
def test_every_loss_learns_with_every_solver(loss, solver):
    model = AdaptiveMLPRegressor(loss, solver=solver, **PLAIN).fit(X, Y)
    assert model.score(X, Y) > 0.45
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    assert model.out_activation_ == LOSSES[loss].out_activation


@each_solver
def test_units_of_y_change_nothing(solver):
    model = AdaptiveMLPRegressor(solver=solver, **QUICK)
    plain = model.fit(X, Y).predict(X)
    moved = model.fit(X, 1e6 + 1e3 * Y).predict(X)
    np.testing.assert_allclose((moved - 1e6) / 1e3, plain, rtol=1e-6)
    assert model.score(X, 1e6 + 1e3 * Y) == pytest.approx(r2_score(Y, plain))


def test_poisson_is_scaled_and_positive():
    counts = np.random.RandomState(0).poisson(np.exp(X[:, 0] / 2 + 1))
    model = AdaptiveMLPRegressor("poisson", solver="lbfgs", **QUICK)
    plain = model.fit(X, counts).predict(X)
    assert (plain > 0).all()
    np.testing.assert_allclose(model.fit(X, counts * 1e5).predict(X) / 1e5, plain, rtol=1e-5)


@linear_networks
def test_linear_network_is_least_squares():
    np.testing.assert_allclose(
        AdaptiveMLPRegressor(**LINEAR).fit(X, Y).predict(X), LinearRegression().fit(X, Y).predict(X), rtol=1e-4
    )


@linear_networks
@pytest.mark.parametrize(
    ("loss", "model"),
    [
        ("poisson", PoissonRegressor()),
        ("gamma", GammaRegressor()),
        (Tweedie(1.3), TweedieRegressor(power=1.3, link="log")),
    ],
    ids=str,
)
def test_linear_network_with_a_logarithmic_link_is_the_generalised_linear_model(loss, model):
    counts = np.random.RandomState(0).poisson(np.exp(X[:, 0] / 2 + 1)) + (loss == "gamma")
    ours = AdaptiveMLPRegressor(loss, **LINEAR).fit(X, counts).predict(X)
    theirs = model.set_params(alpha=0, tol=1e-10, max_iter=10_000).fit(X, counts).predict(X)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_quantiles_are_those(quantile):
    knobs = {"max_iter": 400, "learning_rate": "cosine", "learning_rate_init": 0.05, "tol": 0.0, "random_state": 0}
    model = AdaptiveMLPRegressor(Quantile(quantile), (), n_iter_no_change=np.inf, alpha=0.0, **knobs)
    predicted = model.fit(X[:, :3], Y).predict(X[:, :3])
    assert np.mean(predicted >= Y) == pytest.approx(quantile, abs=0.03)
    linear = QuantileRegressor(quantile=quantile, alpha=0).fit(X[:, :3], Y).predict(X[:, :3])

    def pinball(f):
        return np.mean(np.maximum(quantile * (Y - f), (quantile - 1) * (Y - f)))

    assert pinball(predicted) == pytest.approx(pinball(linear), rel=0.01)


@linear_networks
def test_huber_lies_between_squares_and_absolutes():
    """With a large delta it is the squared error; outliers pull it less than that."""
    spoilt = Y.copy()
    spoilt[:20] += 20_000
    squared, far = (AdaptiveMLPRegressor(loss, **LINEAR).fit(X, spoilt) for loss in ("squared_error", Huber(1e6)))
    np.testing.assert_allclose(far.predict(X), squared.predict(X), rtol=1e-3)
    near = AdaptiveMLPRegressor(Huber(0.05), **LINEAR).fit(X, spoilt)
    assert np.abs(near.predict(X) - Y).mean() < 0.3 * np.abs(squared.predict(X) - Y).mean()


@each_solver
def test_several_outputs(solver):
    many, targets = make_regression(150, 6, n_targets=3, random_state=0)
    targets = targets * [1, 1e3, 1e-3]
    model = AdaptiveMLPRegressor(solver=solver, **{**PLAIN, "max_iter": 200}).fit(many, targets)
    assert model.predict(many).shape == targets.shape
    assert model.n_outputs_ == 3
    assert (r2_score(targets, model.predict(many), multioutput="raw_values") > 0.8).all()
    assert get_tags(model).target_tags.multi_output


def test_members_are_averaged():
    model = AdaptiveMLPRegressor(n_members=3, **QUICK).fit(X, Y)
    each = model._network.forward(model.theta_, X)
    assert each.shape == (3, len(X), 1)
    np.testing.assert_allclose(model.predict(X), each.mean(axis=0)[:, 0] * Y.std() + Y.mean())


def test_standardisation_is_weighted():
    counts = np.random.RandomState(0).randint(0, 4, len(Y))
    model = AdaptiveMLPRegressor(**{**QUICK, "max_iter": 10, "batch_size": 2000})
    weighted = model.fit(X, Y, counts).predict(X)
    repeated = model.fit(X.repeat(counts, axis=0), Y.repeat(counts)).predict(X)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-7)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9])
def test_constant_targets(value):
    model = AdaptiveMLPRegressor(solver="lbfgs", **QUICK).fit(X, np.full(len(X), value))
    np.testing.assert_allclose(model.predict(X), value, rtol=1e-6, atol=0.1)


def test_dtype_is_kept(dtype):
    model = AdaptiveMLPRegressor(**QUICK).fit(X.astype(dtype), Y)
    assert model.predict(X.astype(dtype)).dtype == model.theta_.dtype == dtype


@pytest.mark.parametrize("loss", [*POSITIVE, *(LOSSES[name]() for name in POSITIVE)], ids=str)
def test_losses_of_positive_numbers_refuse_others(loss):
    assert get_tags(AdaptiveMLPRegressor(loss)).target_tags.positive_only
    with pytest.raises(ValueError, match=r"needs y >=? 0"):
        AdaptiveMLPRegressor(loss, **QUICK).fit(X, Y - Y.mean())
    with pytest.raises(ValueError, match=r"some positive values|needs y > 0"):
        AdaptiveMLPRegressor(loss, **QUICK).fit(X, np.zeros(len(X)))


@pytest.mark.parametrize("loss", [Huber(0), Huber(-1), Quantile(0), Quantile(1), Quantile(1.5), "cubic"], ids=str)
def test_bad_losses_are_refused(loss):
    with pytest.raises(ValueError, match="must be"):
        AdaptiveMLPRegressor(loss, **QUICK).fit(X, Y)


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "gamma"])
@pytest.mark.parametrize("size", [1e-300, 1e-170, 1e-30, 1e30, 1e200, 1e300], ids=str)
def test_y_of_any_size_is_learned(size, loss, dtype):
    y = 1.0 + np.abs(X[:, 0])
    model = AdaptiveMLPRegressor(loss, **QUICK)
    plain = model.fit(X.astype(dtype), y).predict(X.astype(dtype))
    sized = model.fit(X.astype(dtype), y * size).predict(X.astype(dtype)) / size
    np.testing.assert_allclose(sized, plain, rtol=1e-2 if dtype == np.float32 else 1e-6)


@pytest.mark.parametrize("seconds", [0.0, 1.7e9, -1e12])
def test_float32_rows_keep_the_digits_of_a_distant_y(seconds):
    rows = X.astype(np.float32)
    y = seconds + 10 * X[:, 0]
    model = AdaptiveMLPRegressor(**{**QUICK, "max_iter": 200}).fit(rows, y)
    assert model.theta_.dtype == np.float32
    assert model.score(rows, y) > 0.95
    assert model.predict(rows).dtype == (np.float32 if seconds == 0 else np.float64)


def test_loss_parameters_can_be_searched():
    model = AdaptiveMLPRegressor(Quantile(0.3)).set_params(loss__quantile=0.7)
    assert model.loss.quantile == 0.7
