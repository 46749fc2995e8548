"""The estimators in scikit-learn's company: pipelines, searches, copies, and errors that name the parameter."""

import io
import pickle

import joblib
import numpy as np
import pytest
from own_activations import Sine
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import InvalidParameterError
from solving import each_general_solver

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.activations import LEARNED, Polynomial, Spline
from sk_adaptive.solvers import LBFGS, SGD, Adam

X, Y = load_iris(return_X_y=True)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def _model(**knobs):
    return AdaptiveMLPClassifier(**{"hidden_layer_sizes": (8,), "max_iter": 30, "learning_rate_init": 0.02, **knobs})


@pytest.mark.parametrize("activation", [*LEARNED, Sine()], ids=str)
def test_pipeline_learns_iris(activation):
    model = make_pipeline(StandardScaler(), _model(activation=activation, max_iter=100, random_state=0))
    assert model.fit(X, Y).score(X, Y) > 0.93


def test_cross_val_score():
    model = make_pipeline(StandardScaler(), _model(random_state=0, max_iter=100))
    scores = cross_val_score(model, X, Y, cv=3)
    assert scores.min() > 0.85


@pytest.mark.parametrize(
    "grid",
    [
        {"activation": ["relu", "spline", Polynomial(degree=2), Sine()]},
        {"activation": [Polynomial()], "activation__degree": [1, 3], "activation__scope": ["unit", "layer"]},
        {"hidden_layer_sizes": [(4,), (6, 3), 5]},
        {"solver": [SGD()], "solver__momentum": [0.0, 0.9]},
        {"solver": [Adam(), LBFGS(history_size=5), "sgd"]},
        {"solver": [Adam()], "solver__beta_2": [0.95, 0.999], "alpha": [0.0, 0.1]},
        [{"activation": [Spline()], "activation__n_knots": [5, 9]}, {"activation": ["tanh"]}],
    ],
    ids=str,
)
def test_grid_search(grid):
    each = grid if isinstance(grid, list) else [grid]
    grids = [{f"net__{name}": values for name, values in one.items()} for one in each]
    pipeline = Pipeline([("scale", StandardScaler()), ("net", _model(random_state=0))])
    search = GridSearchCV(pipeline, grids, cv=2, error_score="raise").fit(X, Y)
    n_candidates = sum(int(np.prod([len(values) for values in one.values()])) for one in each)
    assert len(search.cv_results_["params"]) == n_candidates
    assert search.score(X, Y) > 0.6
    best = search.best_estimator_["net"].get_params()
    for name, value in search.best_params_.items():  # objects have the searched parameters set on them since
        found = best[name.removeprefix("net__")]
        assert type(found) is type(value) if hasattr(value, "get_params") else found == value


@pytest.mark.parametrize("activation", [*LEARNED, "relu", ["spline", "relu"], Sine()], ids=str)
@each_general_solver
def test_clone_pickle_and_joblib(activation, solver):
    sizes = (8, 5) if isinstance(activation, list) else (8,)
    model = _model(activation=activation, solver=solver, hidden_layer_sizes=sizes, random_state=0, max_iter=5)
    assert repr(clone(model)) == repr(model)
    model.fit(X, Y)
    stream = io.BytesIO()
    joblib.dump(model, stream)
    stream.seek(0)
    for copied in (pickle.loads(pickle.dumps(model)), joblib.load(stream)):
        np.testing.assert_array_equal(copied.predict_proba(X), model.predict_proba(X))
        np.testing.assert_array_equal(copied.theta_, model.theta_)
        assert copied.get_params().keys() == model.get_params().keys()
        np.testing.assert_array_equal(copied.fit(X, Y).theta_, model.theta_)  # a copy can be trained again
    assert not hasattr(clone(model), "theta_")


def test_pickle_continues_training_where_it_stopped():
    model = _model(random_state=0)
    model.partial_fit(X, Y, classes=[0, 1, 2])
    copied = pickle.loads(pickle.dumps(model))
    for each in (model, copied):
        each.partial_fit(X, Y)
    np.testing.assert_array_equal(model.theta_, copied.theta_)


def test_one_activation_for_several_layers_is_copied():
    shared = Spline()
    model = _model(activation=[shared, shared], hidden_layer_sizes=(6, 5), random_state=0).fit(X, Y)
    first, second = model.activations_
    assert first.activation is not second.activation
    assert first.activation is not shared
    assert {value.shape for value in first.params.values()} == {(6,)}
    assert {value.shape for value in second.params.values()} == {(5,)}


# ---- errors that name the parameter ----------------------------------------------------------------------------------

BAD_ESTIMATOR = {
    "hidden_layer_sizes": ["wide", 0, -3, 2.5],
    "activation": ["swoosh", 3, None],
    "solver": ["newton", 3, None],
    "alpha": [-1.0, "much"],
    "batch_size": [0, "all", 1.5],
    "learning_rate": ["fast", None],
    "learning_rate_init": [0.0, -1.0],
    "max_iter": [0, 1.5],
    "max_time": [0, "auto"],
    "shuffle": ["yes"],
    "random_state": ["seed"],
    "tol": [-1e-3],
    "warm_start": ["yes"],
    "early_stopping": ["yes"],
    "validation_fraction": [0.0, 1.0],
    "n_iter_no_change": [0, 1.5],
    "scoring": ["best"],
    "init": ["random"],
    "dropout": [1.0, -0.1],
    "n_members": [0, 1.5],
    "clip_inputs": [0.0, -1.0, "far"],
    "standardize": ["yes"],
    "n_bins": [-1, 1.5, "many"],
    "categorical_features": ["from_name", 3],
    "min_frequency": [0, 1.5, "few"],
    "learn_scales": ["yes"],
    "dtype": ["float16", 32],
    "class_weight": ["heavy"],
    "label_smoothing": [1.0, -0.1],
}
BAD_PARTS = [
    ("activation", Polynomial(degree=0), "degree"),
    ("activation", Polynomial(scope="column"), "scope"),
    ("activation", Polynomial(penalty=-1), "penalty"),
    ("activation", Polynomial(learning_rate_factor=-1), "learning_rate_factor"),
    ("activation", Polynomial(trainable="no"), "trainable"),
    ("activation", Spline(n_knots=1), "n_knots"),
    ("activation", Spline(knot_range=0), "knot_range"),
    ("activation", [Spline(n_knots=1)], "n_knots"),
    ("solver", SGD(momentum=1.0), "momentum"),
    ("solver", SGD(nesterov="yes"), "nesterov"),
    ("solver", Adam(beta_1=1.0), "beta_1"),
    ("solver", Adam(beta_2=-0.1), "beta_2"),
    ("solver", Adam(epsilon=0.0), "epsilon"),
    ("solver", Adam(max_grad_norm=0.0), "max_grad_norm"),
    ("solver", LBFGS(history_size=0), "history_size"),
    ("solver", LBFGS(max_fun=0), "max_fun"),
]


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD_ESTIMATOR.items() for value in values]
)
def test_parameter_errors_name_the_parameter(name, value):
    with pytest.raises(ValueError, match=name) as caught:
        _model(**{name: value}).fit(X, Y)
    own = name == "hidden_layer_sizes" and not isinstance(value, str)  # its entries are checked after the constraint
    assert own or isinstance(caught.value, InvalidParameterError)


def test_every_parameter_has_a_bad_value_here():
    accept_anything_boolean = {"verbose"}  # scikit-learn's constraint takes booleans and integers of any size
    tested_by_scorer = {"loss", "callbacks"}
    known = set(AdaptiveMLPClassifier().get_params())
    assert known - accept_anything_boolean - tested_by_scorer <= set(BAD_ESTIMATOR)


@pytest.mark.parametrize(("name", "part", "parameter"), BAD_PARTS, ids=str)
def test_parameter_errors_of_parts_name_the_parameter(name, part, parameter):
    with pytest.raises(InvalidParameterError, match=f"'{parameter}' parameter of"):
        _model(**{name: part}).fit(X, Y)
    if isinstance(part, LBFGS):  # which has no partial_fit
        return
    with pytest.raises(InvalidParameterError, match=f"'{parameter}' parameter of"):
        _model(**{name: part}).partial_fit(X, Y, classes=[0, 1, 2])


@pytest.mark.parametrize("family", LEARNED)
@pytest.mark.parametrize("parameter", ["scope", "penalty", "learning_rate_factor", "trainable"])
def test_every_family_checks_what_all_share(family, parameter):
    with pytest.raises(InvalidParameterError, match=f"'{parameter}' parameter of {LEARNED[family].__name__}"):
        _model(activation=LEARNED[family](**{parameter: "wrong"})).fit(X, Y)


@pytest.mark.parametrize("family", LEARNED)
@pytest.mark.parametrize("start", [[1.0] * 99, [np.nan], "no such function"], ids=["too many", "nan", "unknown"])
def test_every_family_checks_its_start(family, start):
    with pytest.raises(ValueError, match="start"):
        _model(activation=LEARNED[family](start=start)).fit(X, Y)


@pytest.mark.parametrize("activation", [["relu"], ["relu", "tanh", "spline"], []], ids=str)
def test_list_of_the_wrong_length(activation):
    with pytest.raises(ValueError, match=f"activation has {len(activation)} entries for 2 hidden layers"):
        _model(hidden_layer_sizes=(4, 3), activation=activation).fit(X, Y)


def test_list_with_an_unknown_name():
    with pytest.raises(ValueError, match="swoosh"):
        _model(hidden_layer_sizes=(4, 3), activation=["relu", "swoosh"]).fit(X, Y)


def test_network_scope_needs_one_kind_of_activation():
    with pytest.raises(ValueError, match="network"):
        _model(hidden_layer_sizes=(4, 3), activation=[Polynomial(scope="network"), Spline(scope="network")]).fit(X, Y)
