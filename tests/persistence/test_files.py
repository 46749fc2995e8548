"""Saved models come back the same, and what a file cannot hold is refused when it is saved."""

import pickle
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from own_activations import Squared
from persistence.models import X, Y, classifier
from scipy import stats
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from solving import each_general_solver

import sk_adaptive
from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor, HiddenLayerTransformer, schedules
from sk_adaptive._persistence import ModelFileError, read_header
from sk_adaptive.activations import LEARNED, NAMES
from sk_adaptive.inspection import simplify
from sk_adaptive.losses import LOSSES
from sk_adaptive.solvers import SOLVERS


def round_trip(model: BaseEstimator, path: Path, **options) -> BaseEstimator:
    sk_adaptive.save(model, path)
    return sk_adaptive.load(path, **options)


@pytest.mark.parametrize("activation", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_activation(activation, dtype, tmp_path):
    model = classifier(activation=activation).fit(X.astype(dtype), Y)
    loaded = round_trip(model, tmp_path / "m.skops")
    np.testing.assert_array_equal(loaded.predict_proba(X.astype(dtype)), model.predict_proba(X.astype(dtype)))
    assert loaded.theta_.dtype == dtype
    assert [f.formula() for f in loaded.activations_] == [f.formula() for f in model.activations_]


@each_general_solver
def test_solver_objects_and_continued_training(solver, tmp_path):
    model = classifier(solver=SOLVERS[solver](), warm_start=True, early_stopping=False).fit(X, Y)
    loaded = round_trip(model, tmp_path / "m.skops")
    np.testing.assert_array_equal(loaded.fit(X, Y).theta_, model.fit(X, Y).theta_)


def test_partial_fit_continues(tmp_path):
    model = classifier().partial_fit(X, Y, classes=[0, 1, 2])
    loaded = round_trip(model, tmp_path / "m.skops")
    np.testing.assert_array_equal(loaded.partial_fit(X, Y).theta_, model.partial_fit(X, Y).theta_)


@pytest.mark.parametrize("loss", LOSSES)
def test_regressors(loss, tmp_path):
    model = AdaptiveMLPRegressor(LOSSES[loss](), (4,), max_iter=3, n_members=2, learn_scales=True).fit(X, Y + 1)
    np.testing.assert_array_equal(round_trip(model, tmp_path / "m.skops").predict(X), model.predict(X))


def test_multilabel_and_strings(tmp_path):
    features, labels = make_multilabel_classification(n_samples=40, n_features=5, random_state=0)
    model = classifier().fit(features, labels)
    np.testing.assert_array_equal(round_trip(model, tmp_path / "m.skops").predict(features), model.predict(features))
    names = np.array(["one", "two", "three"], dtype=object)[Y]
    model = classifier().fit(X, names)
    np.testing.assert_array_equal(round_trip(model, tmp_path / "n.skops").predict(X), model.predict(X))


def table() -> pd.DataFrame:
    frame = pd.DataFrame(X, columns=list("abcde")).assign(colour=np.array(["red", "green", "blue"])[Y])
    frame.loc[3, "a"] = np.nan
    return frame


def columns() -> ColumnTransformer:
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    encoder = OneHotEncoder(handle_unknown="ignore")
    return ColumnTransformer([("numbers", numbers, list("abcde")), ("categories", encoder, ["colour"])])


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(columns(), classifier()),
        GridSearchCV(make_pipeline(columns(), classifier()), {"adaptivemlpclassifier__alpha": [0.1, 1.0]}, cv=2),
        CalibratedClassifierCV(make_pipeline(columns(), classifier()), cv=2),
        TransformedTargetRegressor(
            make_pipeline(columns(), AdaptiveMLPRegressor(hidden_layer_sizes=(3,), max_iter=3)),
            transformer=StandardScaler(),
        ),
        make_pipeline(columns(), HiddenLayerTransformer(classifier())),
        VotingClassifier([("a", make_pipeline(columns(), classifier()))], voting="soft"),
        StackingClassifier([("a", make_pipeline(columns(), classifier()))], cv=2),
    ],
    ids=["pipeline", "search", "calibrated", "target", "hidden layers", "vote", "stack"],
)
def test_scikit_learn_around_it(model, tmp_path):
    model.fit(table(), Y)
    method = "transform" if hasattr(model, "transform") else "predict"
    loaded = round_trip(model, tmp_path / "m.skops")
    np.testing.assert_array_equal(getattr(loaded, method)(table()), getattr(model, method)(table()))


@pytest.mark.parametrize("through", ["pickle", "joblib"])
def test_pickle_and_joblib(through, tmp_path):
    model = make_pipeline(StandardScaler(), classifier(activation=["spline", "relu"])).fit(X, Y)
    if through == "pickle":
        loaded = pickle.loads(pickle.dumps(model))
    else:
        joblib.dump(model, tmp_path / "m.joblib")
        loaded = joblib.load(tmp_path / "m.joblib")
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


def test_own_activations_are_loaded_if_trusted(tmp_path):
    model = classifier(activation=Squared()).fit(X, Y)
    with pytest.warns(UserWarning, match="trusted=.*Squared"):
        sk_adaptive.save(model, tmp_path / "m.skops")
    with pytest.raises(ModelFileError, match=r"trusted=\[.*Squared"):
        sk_adaptive.load(tmp_path / "m.skops")
    loaded = sk_adaptive.load(tmp_path / "m.skops", trusted=[Squared])
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_example_is_kept(tmp_path):
    sk_adaptive.save(classifier().fit(X, Y), tmp_path / "m.skops", example=[1.5, None, "x"])
    header = read_header(tmp_path / "m.skops")
    assert header["example"] == [1.5, None, "x"]
    assert header["sk_adaptive"] == sk_adaptive.__version__


def test_not_fitted_or_not_savable(tmp_path):
    path = tmp_path / "m.skops"
    with pytest.raises(NotFittedError):
        sk_adaptive.save(classifier(), path)
    with pytest.raises(ValueError, match="JSON"):
        sk_adaptive.save(classifier().fit(X, Y), path, example=[float("nan")])
    assert not list(tmp_path.iterdir())  # no half a file


def own_metric(y, predicted):
    return float((y == predicted).mean())


def own_scorer(model, X, y):
    return own_metric(y, model.predict(X))


def refusing_to_save(model: BaseEstimator, tmp_path: Path, match: str) -> None:
    with pytest.raises(ValueError, match=match) as raised:
        sk_adaptive.save(model, tmp_path / "m.skops")
    assert "trusted=[...]" in str(raised.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("model", "named"),
    [
        (classifier(scoring=own_scorer), r"own_scorer"),
        (classifier(scoring=make_scorer(own_metric)), r"own_metric"),
        (classifier(scoring=lambda model, X, y: 0.5), r"<lambda>"),
        (classifier(learning_rate=lambda progress, steps: 1 - progress), r"<lambda>"),
        (make_pipeline(FunctionTransformer(np.nan_to_num), classifier()), r"numpy\.nan_to_num"),
        (make_pipeline(FunctionTransformer(StandardScaler().fit_transform), classifier()), r"StandardScaler"),
        (RandomizedSearchCV(classifier(), {"alpha": stats.uniform()}, n_iter=1, cv=2), r"uniform_gen"),
        (
            RandomizedSearchCV(classifier(), {"max_iter": stats.randint(2, 4)}, n_iter=1, cv=2),
            r"\['max_iter'\] of type rv_discrete",
        ),
        (VotingClassifier([("ours", classifier()), ("tree", DecisionTreeClassifier())]), r"tree\._tree\.Tree"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_load_would_not_take_is_refused_by_name(model, named, tmp_path):
    refusing_to_save(model.fit(X, Y), tmp_path, named)


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (table(), r"AdaptiveMLPClassifier\.extra of type DataFrame"),
        ({"inner": [1, 2j]}, r"extra\['inner'\]\[1\] of type complex"),
        (b"", r"builtins\.bytes"),
        (sp.csr_matrix((2, 2)), r"csr_matrix"),
        (type("Local", (), {})(), r"\.Local"),
    ],
)
def test_attributes_that_a_file_cannot_hold_are_named(value, named, tmp_path):
    model = classifier().fit(X, Y)
    model.extra = value
    refusing_to_save(model, tmp_path, named)
    model.extra = None
    refusing_to_save(make_pipeline("passthrough", model.set_params(warm_start=value)), tmp_path, "Pipeline|steps")


def test_a_model_that_holds_itself_is_named(tmp_path):
    model = classifier().fit(X, Y)
    model.itself = model
    refusing_to_save(model, tmp_path, r"AdaptiveMLPClassifier\.itself, which refers to itself")


@pytest.mark.filterwarnings("ignore:Custom dtypes are saved")
@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="NumPy 2 has it")
def test_strings_of_variable_width_are_refused_by_name(tmp_path):
    """scikit-learn refuses them as labels; files have no room for them either."""
    model = classifier().fit(X, Y)
    object.__setattr__(model._targets, "classes", np.array(["a", "b", "c"], np.dtypes.StringDType()))
    refusing_to_save(model, tmp_path, r"_targets\.classes of dtype StringDType")


def test_a_simplified_network(tmp_path):
    model = simplify(classifier(activation=["identity", "tanh"]).fit(X, Y), X)
    loaded = round_trip(model, tmp_path / "m.skops")
    assert loaded.simplification_ == model.simplification_
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("container", [sp.csr_array, lambda rows: pd.DataFrame(rows.toarray()).add_prefix("gene ")])
def test_fifteen_thousand_columns_with_missing_values(container, tmp_path):
    rows = sp.csr_array(sp.eye(12, 15_000, format="csr", dtype=np.float32))
    rows = container(sp.vstack([rows, np.full((1, 15_000), np.nan, np.float32)], format="csr"))
    model = AdaptiveMLPClassifier(2, max_iter=1, random_state=0).fit(rows, np.arange(13) % 2)
    assert len(model.input_names_) == 30_000
    loaded = round_trip(model, tmp_path / "m.skops")
    np.testing.assert_array_equal(loaded.predict_proba(rows), model.predict_proba(rows))
    if isinstance(rows, pd.DataFrame):
        assert loaded.feature_names_in_.dtype == object
        np.testing.assert_array_equal(loaded.feature_names_in_, rows.columns)


@pytest.mark.parametrize("schedule", [schedules.one_cycle, schedules.Schedule(schedules.cosine, "open")])
def test_schedules_of_this_package(schedule, tmp_path):
    model = classifier(learning_rate=schedule).fit(X, Y)
    np.testing.assert_array_equal(round_trip(model, tmp_path / "m.skops").fit(X, Y).theta_, model.theta_)


@pytest.mark.parametrize("scoring", ["f1_macro", "neg_log_loss", ["accuracy", "roc_auc_ovr"]])
def test_searches_by_scikit_learns_scorers(scoring, tmp_path):
    refit = scoring if isinstance(scoring, str) else scoring[0]
    model = GridSearchCV(classifier(), {"alpha": [0.1]}, scoring=scoring, refit=refit, cv=StratifiedGroupKFold(2))
    model.fit(X, Y, groups=np.arange(len(X)) % 7)
    loaded = round_trip(model, tmp_path / "m.skops")
    assert loaded.score(X, Y) == model.score(X, Y)


def test_needs_skops(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "skops.io", None)
    with pytest.raises(ImportError, match=r"sk_adaptive\[io\]"):
        sk_adaptive.save(classifier().fit(X, Y), tmp_path / "m.skops")


def test_every_learned_family_is_trusted():
    families = [*LEARNED.values(), *SOLVERS.values(), *LOSSES.values()]
    assert {f"{kind.__module__}.{kind.__name__}" for kind in families} <= set(sk_adaptive.TRUSTED_TYPES)
