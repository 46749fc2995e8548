"""Models whose parts do not fit each other are refused, from a file and from a pickle."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from persistence.models import X, Y, classifier
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV, ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sk_adaptive
from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive._data.columns import Category, Columns
from sk_adaptive._data.inputs import Levels
from sk_adaptive._data.targets import ClassTargets
from sk_adaptive._persistence import ModelFileError
from sk_adaptive.losses import Quantile


def test_more_classes_than_outputs_are_refused(tmp_path):
    model = classifier().partial_fit(X, Y, classes=[0, 1, 2])
    object.__setattr__(model._targets, "classes", np.arange(1000))
    sk_adaptive.save(model, tmp_path / "m.skops")
    with pytest.raises(ModelFileError, match="1000 classes do not fit 3 outputs"):
        sk_adaptive.load(tmp_path / "m.skops")
    with pytest.raises(ValueError, match="1000 classes do not fit 3 outputs"):
        pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("moments", np.zeros((2, 3))),
        ("moments_of", "nothing"),
        ("random", np.zeros(4, np.uint64)),
        ("random", np.ones(3, np.uint64)),
        ("steps", np.array([-1])),
        ("steps", np.array([2**63 - 1])),
        ("mean_theta", np.zeros(3)),
        ("theta", np.zeros(3)),
        ("theta", np.zeros(69)),
        ("rows_seen", -1),
        ("passes", 0.5),
        ("cuts", 10**9),
    ],
)
def test_training_states_that_do_not_fit_are_refused(name, value, tmp_path):
    model = classifier().partial_fit(X, Y, classes=[0, 1, 2])
    setattr(model._state, name, value)
    sk_adaptive.save(model, tmp_path / "m.skops")
    with pytest.raises(ModelFileError, match="cannot be loaded"):
        sk_adaptive.load(tmp_path / "m.skops")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mean", np.zeros(3)),
        ("mean", np.full(5, np.nan)),
        ("mean", np.full(5, 1e3)),
        ("mean", np.full(5, -1e3)),
        ("deviation", np.full(5, -1.0)),
        ("weight", np.ones(5, np.float32)),
        ("missing", None),
        ("high", "00000"),
        ("high", np.full(5, np.inf)),
        ("stored", np.full(5, np.inf)),
        ("stored", np.ones((5, 1))),
    ],
)
def test_moments_of_other_columns_are_refused(name, value, tmp_path):
    model = classifier().fit(X, Y)
    assert model.n_features_in_ == 5
    object.__setattr__(model._moments, name, value)
    sk_adaptive.save(model, tmp_path / "m.skops")
    with pytest.raises(ModelFileError, match=f"{name} of the moments must"):
        sk_adaptive.load(tmp_path / "m.skops")
    with pytest.raises(ValueError, match=f"{name} of the moments must"):
        pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize("gone", ["mean", "weight", "low"])
def test_moments_without_one_of_their_parts_are_refused(gone):
    model = classifier().fit(X, Y)
    vars(model._moments).pop(gone)
    with pytest.raises(ValueError, match="of the moments must"):
        pickle.loads(pickle.dumps(model))


def test_columns_without_a_value_have_a_mean_of_zero():
    rows = np.column_stack([X, np.full(len(X), np.nan)])
    model = classifier().fit(rows, Y)
    assert pickle.loads(pickle.dumps(model))._moments.mean[5] == 0
    model._moments.mean[5] = 1
    with pytest.raises(ValueError, match="mean of the moments must lie between"):
        pickle.loads(pickle.dumps(model))


def test_moments_of_another_kind_are_refused():
    model = classifier().fit(X, Y)
    model._moments = None
    with pytest.raises(ValueError, match="no moments of its columns"):
        pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize(
    ("solver", "row", "value"),
    [("sgd", 0, np.nan), ("sgd", 0, np.inf), ("adam", 0, -np.inf), ("adam", 1, np.nan), ("adam", 1, -1.0)],
)
def test_moments_that_no_training_leaves_are_refused(solver, row, value, tmp_path):
    model = classifier(solver=solver).partial_fit(X, Y, classes=[0, 1, 2])
    model._state.moments[row, -1] = value
    refused_again(model, tmp_path, "moments of the training state must be finite")


def test_squares_of_gradients_that_overflowed_are_loaded(tmp_path):
    """In float32 a gradient of 1e20 leaves one; its parameter does not move again."""
    model = classifier(solver="adam").partial_fit(X, Y, classes=[0, 1, 2])
    model._state.moments[1, -1] = np.inf
    sk_adaptive.load(saved_as(model, tmp_path)).partial_fit(X, Y)


def ensemble() -> AdaptiveMLPClassifier:
    return classifier(n_members=2, dropout=0.1).fit(X, Y)


def changed(array: np.ndarray, value: float) -> np.ndarray:
    """Return a copy with another last element."""
    copied = array.copy()
    copied.flat[-1] = value
    return copied


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("signs", lambda plan: changed(plan.signs, 0), "signs of members must be 1 or -1"),
        ("signs", lambda plan: changed(plan.signs, np.nan), "signs of members must be 1 or -1"),
        ("signs", lambda plan: plan.signs[:, :-1], "signs of members must be 1 or -1"),
        ("signs", lambda plan: None, "each has"),
        ("inputs", lambda plan: replace(plan.inputs, factor=-plan.inputs.factor), "negative"),
        (
            "inputs",
            lambda plan: replace(plan.inputs, centre=changed(plan.inputs.centre, np.nan)),
            "centre of the inputs",
        ),
        ("inputs", lambda plan: replace(plan.inputs, missing=plan.inputs.missing[:-1]), "missing of the inputs"),
        ("inputs", lambda plan: replace(plan.inputs, columns=changed(plan.inputs.columns, 5)), "columns must be"),
        ("inputs", lambda plan: replace(plan.inputs, upper=plan.inputs.upper - np.inf), "empty interval"),
        ("inputs", lambda plan: replace(plan.inputs, shift=np.zeros((2, 99))), "shift does not fit"),
        ("inputs", lambda plan: replace(plan.inputs, levels=(Levels(9, np.array([0])),)), "column of levels"),
        ("inputs", lambda plan: replace(plan.inputs, levels=(Levels(0, np.array([77])),)), "inputs of levels"),
        ("inputs", lambda plan: replace(plan.inputs, n_inputs=6), "do not fit its first layer"),
        ("dropout", lambda plan: 1.0, "dropout must be"),
        ("dropout", lambda plan: float("nan"), "dropout must be"),
        ("loss", lambda plan: Quantile(1.5), "quantile"),
    ],
)
def test_plans_that_give_nonsense_are_refused(name, value, match, tmp_path):
    model = ensemble()
    object.__setattr__(model._plan, name, value(model._plan))
    refused_again(model, tmp_path, match)


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("theta_", lambda model: changed(model.theta_, np.nan), "not finite"),
        ("_quantiles", lambda model: model._quantiles[:1], "1 layers for 2"),
        ("_quantiles", lambda model: [model._quantiles[0], model._quantiles[0]], "quantiles of a layer"),
        ("_quantiles", lambda model: [-each for each in model._quantiles], "quantiles of a layer"),
        ("n_features_in_", lambda model: 4, "n_features_in_=4"),
        ("_temperature", lambda model: 1e300, "from 1/4 to 4"),
        ("_temperature", lambda model: float("nan"), "from 1/4 to 4"),
        ("_temperature", lambda model: None, "from 1/4 to 4"),
        ("_targets", lambda model: ClassTargets(model.classes_[::-1], False), "sorted"),
        ("_targets", lambda model: ClassTargets(model.classes_ * 0, False), "sorted"),
        ("_targets", lambda model: ClassTargets(model.classes_, False, float("nan")), "rarest"),
    ],
)
def test_parts_that_do_not_fit_are_refused(name, value, match, tmp_path):
    model = ensemble()
    setattr(model, name, value(model))
    refused_again(model, tmp_path, match)


def of_category(columns: Columns, **changes) -> dict[int, Category]:
    """Return the categories of columns with one changed."""
    return {1: replace(columns.categories[1], **changes)}


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("n_columns", lambda columns: 3, "names of the columns"),
        ("names", lambda columns: ("size",), "names of the columns"),
        ("names", lambda columns: ("size", 1), "names of the columns"),
        ("categories", lambda columns: {}, "do not fit the levels"),
        ("categories", lambda columns: {0: columns.categories[1]}, "do not fit the levels"),
        ("categories", lambda columns: {2: columns.categories[1]}, "a category stands at no column"),
        ("categories", lambda columns: {1: ("a", "b")}, "a category stands at no column"),
        ("categories", lambda columns: of_category(columns, levels=("a",)), "do not fit the levels"),
        ("categories", lambda columns: of_category(columns, levels=("a", None, "c")), "text, numbers or booleans"),
    ],
)
def test_columns_that_do_not_fit_are_refused(name, value, match, tmp_path):
    table = pd.DataFrame({"size": X[:, 0], "key": np.array(["a", "b", "c"])[Y]})
    model = classifier().fit(table, Y)
    object.__setattr__(model._columns, name, value(model._columns))
    refused_again(model, tmp_path, match)


@pytest.mark.parametrize("count", [0, -1.0, float("nan")])
def test_targets_of_an_impossible_number_of_rows_are_refused(count, tmp_path):
    model = AdaptiveMLPRegressor(hidden_layer_sizes=(4,), max_iter=3).fit(X, Y)
    object.__setattr__(model._targets, "count", count)
    refused_again(model, tmp_path, "count of the targets")


def refused_again(model: BaseEstimator, tmp_path: Path, match: str) -> None:
    """Refuse a model whose parts were changed, from a file and from a pickle."""
    sk_adaptive.save(model, tmp_path / "m.skops")
    with pytest.raises(ModelFileError, match=match):
        sk_adaptive.load(tmp_path / "m.skops")
    with pytest.raises(ValueError, match=match):
        pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize("part", [{"pos": 10**8}, {"pos": -1}, {"key": np.zeros(624, np.uint32)}])
@pytest.mark.parametrize("where", ["estimator", "splitter"])
def test_random_states_that_read_beyond_their_words_are_refused(part, where, tmp_path):
    random = np.random.RandomState(0)
    if where == "estimator":
        model = make_pipeline(StandardScaler(), classifier(random_state=random)).fit(X, Y)
    else:
        model = GridSearchCV(classifier(), {"alpha": [0.1]}, cv=ShuffleSplit(2, random_state=random)).fit(X, Y)
    sk_adaptive.load(saved_as(model, tmp_path)).fit(X, Y)
    state = random.get_state(legacy=False)
    state["state"] |= part
    random.set_state(state)
    with pytest.raises(ModelFileError, match="cannot be drawn from"):
        sk_adaptive.load(saved_as(model, tmp_path))


def saved_as(model: BaseEstimator, tmp_path: Path) -> Path:
    sk_adaptive.save(model, tmp_path / "m.skops")
    return tmp_path / "m.skops"


@pytest.mark.parametrize("array", [("a",), np.zeros(3), np.frombuffer(b"5", np.uint8), None])
def test_names_that_are_no_json_are_refused(array):
    columns, model = Columns.plain(1), classifier().fit(pd.DataFrame(X).add_prefix("x"), Y)
    with pytest.raises(ValueError, match="names of the columns must be a list in JSON"):
        columns.__setstate__({**columns.__getstate__(), "names": array})
    with pytest.raises(ValueError, match="feature_names_in_ must be a list in JSON"):
        model.__setstate__({**model.__getstate__(), "feature_names_in_": array})


@pytest.mark.parametrize("pairs", [np.zeros((2, 3), np.int64), np.zeros((1, 2)), [(0, 1)], None])
def test_missing_levels_that_are_no_pairs_are_refused(pairs):
    inputs = classifier().fit(np.where(X > 6, np.nan, X), Y)._plan.inputs
    with pytest.raises(ValueError, match="missing_levels of the inputs must be pairs"):
        inputs.__setstate__({**inputs.__getstate__(), "missing_levels": pairs})
