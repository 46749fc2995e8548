"""Saved models come back the same; files that are not what they should be are errors and run no code."""

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from own_activations import Squared
from scipy import stats
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, ShuffleSplit, StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

import sk_adaptive
from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor, HiddenLayerTransformer, schedules
from sk_adaptive._data.columns import Category, Columns
from sk_adaptive._data.inputs import Levels
from sk_adaptive._data.targets import ClassTargets
from sk_adaptive._persistence import HEADER, SCHEMA, ModelFileError, read_header
from sk_adaptive.activations import LEARNED, NAMES
from sk_adaptive.inspection import simplify
from sk_adaptive.losses import LOSSES, Quantile
from sk_adaptive.solvers import SOLVERS

X, Y = make_classification(n_samples=60, n_features=5, n_informative=4, n_redundant=0, n_classes=3, random_state=0)
RAN: list[str] = []  # what code in a file has done


def classifier(**parameters) -> AdaptiveMLPClassifier:
    return AdaptiveMLPClassifier(**{"hidden_layer_sizes": (4, 3), "max_iter": 3, "random_state": 0} | parameters)


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


@pytest.mark.parametrize("solver", SOLVERS)
def test_solver_objects_and_training_that_goes_on(solver, tmp_path):
    model = classifier(solver=SOLVERS[solver](), warm_start=True, early_stopping=False).fit(X, Y)
    loaded = round_trip(model, tmp_path / "m.skops")
    np.testing.assert_array_equal(loaded.fit(X, Y).theta_, model.fit(X, Y).theta_)


def test_partial_fit_goes_on(tmp_path):
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


# ---- files that are not what they should be --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("saved") / "m.skops"
    sk_adaptive.save(classifier(activation=["spline", "rational"], n_members=2, learn_scales=True).fit(X, Y), path)
    return path.read_bytes()


def rewritten(saved: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def nodes(schema):
    """Yield every object of a schema."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from nodes(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from nodes(value)


def with_schema(change: Callable[[dict], object]) -> Callable[[dict[str, bytes]], None]:
    def apply(members: dict[str, bytes]) -> None:
        schema = json.loads(members[SCHEMA])
        change(schema)
        members[SCHEMA] = json.dumps(schema).encode()

    return apply


def refused(content: bytes, tmp_path: Path, match: str, **options) -> None:
    path = tmp_path / "forged.skops"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=match):
        sk_adaptive.load(path, **options)


def test_foreign_files(tmp_path, saved):
    refused(b"", tmp_path, "not a zip archive")
    refused(b"hello", tmp_path, "not a zip archive")
    refused(pickle.dumps(classifier()), tmp_path, "not a zip archive")
    refused(rewritten(saved, lambda members: members.pop(HEADER)), tmp_path, "was it written by sk_adaptive.save")
    refused(rewritten(saved, lambda members: members.update({"x.npz": b""})), tmp_path, "x.npz")
    refused(rewritten(saved, lambda members: members.update({HEADER: b"[]"})), tmp_path, "gives no format")
    refused(rewritten(saved, lambda members: members.update({HEADER: b'{"format": 99}'})), tmp_path, "upgrade")
    refused(
        rewritten(saved, lambda members: members.update({HEADER: b'{"format": 1}'})), tmp_path, "earlier sk_adaptive"
    )
    with pytest.raises(FileNotFoundError):
        sk_adaptive.load(tmp_path / "nowhere.skops")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_cut_files(tmp_path, saved, part):
    refused(saved[: int(part * len(saved))], tmp_path, "cut off")


def test_other_versions_warn(tmp_path, saved):
    def older(schema):
        content = json.dumps(schema).replace(f'\\"{sk_adaptive.__version__}\\"', '\\"0.0.1\\"')
        schema.clear()
        schema.update(json.loads(content))

    path = tmp_path / "old.skops"
    path.write_bytes(rewritten(saved, with_schema(older)))
    with pytest.warns(InconsistentVersionWarning, match=r"0\.0\.1"):
        sk_adaptive.load(path)


def run_code(name: str = "mark") -> None:
    RAN.append(name)


class Evil:
    """Runs code when it is unpickled or built."""

    def __init__(self):
        run_code()

    def __setstate__(self, state):
        run_code()

    def __reduce__(self):
        return run_code, ()


@pytest.mark.parametrize(
    "node",
    [
        {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"},
        {"__class__": "run_code", "__module__": __name__, "__loader__": "FunctionNode"},
        {"__class__": "Evil", "__module__": __name__, "__loader__": "ObjectNode"},
        {"__class__": "Evil", "__module__": __name__, "__loader__": "TypeNode"},
        {"__class__": "Popen", "__module__": "subprocess", "__loader__": "ObjectNode"},
        {"__class__": "eval", "__module__": "builtins", "__loader__": "FunctionNode"},
        {"__class__": "X", "__module__": "antigravity", "__loader__": "TypeNode"},
        {"__class__": "X", "__module__": "m", "__loader__": "NoSuchNode"},
    ],
)
def test_code_in_a_file_is_not_run(tmp_path, saved, node):
    def forge(schema):
        target = next(found for found in nodes(schema) if found.get("__class__") == "ClassTargets")
        target.clear()
        target.update({**node, "__id__": 1})

    before = list(RAN)
    refused(rewritten(saved, with_schema(forge)), tmp_path, "cannot be loaded")
    assert before == RAN


def test_pickles_inside_are_not_read(tmp_path, saved):
    def forge(members):
        name = next(name for name in members if name.endswith(".npy"))
        buffer = io.BytesIO()
        np.save(buffer, np.array([Evil.__new__(Evil)], dtype=object), allow_pickle=True)
        members[name] = buffer.getvalue()

    before = list(RAN)
    refused(rewritten(saved, forge), tmp_path, "not what its header says")
    assert before == RAN


def test_only_regular_files_are_read(tmp_path):
    with pytest.raises(ModelFileError, match="regular file"):
        sk_adaptive.load(os.devnull)


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
        ("inputs", lambda plan: replace(plan.inputs, limit=float("nan")), "not positive"),
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
        ("_targets", lambda model: ClassTargets(model.classes_[::-1], False), "sorted"),
        ("_targets", lambda model: ClassTargets(model.classes_ * 0, False), "sorted"),
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


def test_sizes_are_checked_before_memory_is_taken(tmp_path, saved):
    def bomb(members):
        members["bomb.npy"] = bytes(50 * 2**20)

    refused(rewritten(saved, bomb), tmp_path, "max_bytes", max_bytes=2**20)

    def promise(members):
        name = next(name for name in members if name.endswith(".npy"))
        buffer = io.BytesIO()
        np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": (10**13,)})
        members[name] = buffer.getvalue()

    refused(rewritten(saved, promise), tmp_path, "not what its header says")

    def repeat(schema):
        array = next(found for found in nodes(schema) if "file" in found)
        target = next(found for found in nodes(schema) if found.get("__class__") == "ClassTargets")
        target["content"] = [{**array, "__id__": i} for i in range(10_000)]

    refused(rewritten(saved, with_schema(repeat)), tmp_path, "max_bytes", max_bytes=2**20)
    refused(rewritten(saved, lambda members: members.update({SCHEMA: b"[" * 10**6})), tmp_path, "not a model file")


def set_attribute(schema: dict, where: str, attribute: str, value: object) -> None:
    """Change or add an attribute of the first object of a class in a schema."""
    found = next(node for node in nodes(schema) if node.get("__class__") == where)
    attributes, types = found["content"]["content"], found["content"]["key_types"]["content"]
    if attribute not in attributes:
        types.append(types[0])
    attributes[attribute] = {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "JsonNode",
        "content": json.dumps(value),
        "is_json": True,
    }


@pytest.mark.parametrize(
    ("where", "attribute", "value"),
    [
        ("Layer", "weights_offset", 10**9),
        ("Layer", "weights_offset", -8),
        ("Layer", "bias_offset", 0),
        ("Layer", "parameters_offset", 10**9),
        ("Layer", "n_in", 6),
        ("Layer", "n_out", -4),
        ("Layer", "n_out", 10**12),
        ("Layer", "n_members", 2),
        ("Plan", "n_theta", 3),
        ("Plan", "n_members", 5),
        ("Plan", "n_members", 0),
        ("Plan", "input_scale", 10**9),
        ("Plan", "loss", "nothing"),
        ("Spline", "n_knots", 1),
        ("Spline", "n_knots", 10**6),
        ("Spline", "n_knots", 10**9),
        ("ClassTargets", "classes", [0, 1]),
        ("ClassTargets", "multilabel", True),
        ("Spline", "scope", "layer"),
        ("Spline", "kernel", "rational"),
        ("Rational", "degrees", [-3, 12]),
        ("Rational", "degrees", [5, 5]),
        ("Rational", "parameters", {}),
        ("Rational", "limit", "x"),
    ],
)
def test_plans_that_would_read_foreign_memory_are_refused(tmp_path, saved, where, attribute, value):
    def forge(schema):
        set_attribute(schema, where, attribute, value)

    refused(rewritten(saved, with_schema(forge)), tmp_path, "cannot be loaded")


@settings(
    max_examples=int(os.environ.get("SK_ADAPTIVE_FUZZ", "150")),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_damaged_files_are_errors_or_models(tmp_path, saved, data):
    """Whatever is changed, loading raises ModelFileError, or gives a model that predicts or raises as models do."""
    schema_text = zipfile.ZipFile(io.BytesIO(saved)).read(SCHEMA)
    if data.draw(st.booleans()):
        schema = json.loads(schema_text)
        found = [node for node in nodes(schema) if node]
        node = found[data.draw(st.integers(0, len(found) - 1))]
        key = data.draw(st.sampled_from(sorted(node)))
        node[key] = data.draw(st.sampled_from([None, "", -1, 10**9, 1.5, [], {}, "Plan", "numpy", "ObjectNode"]))
        content = rewritten(saved, lambda members: members.update({SCHEMA: json.dumps(schema).encode()}))
    else:
        at = data.draw(st.integers(0, len(saved) - 1))
        content = saved[:at] + data.draw(st.binary(min_size=1, max_size=4)) + saved[at + 1 :]
    path = tmp_path / "damaged.skops"
    path.write_bytes(content)
    try:
        model = sk_adaptive.load(path)
    except ModelFileError:
        return
    try:
        model.predict(X)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return


def test_every_learned_family_is_trusted():
    families = [*LEARNED.values(), *SOLVERS.values(), *LOSSES.values()]
    assert {f"{kind.__module__}.{kind.__name__}" for kind in families} <= set(sk_adaptive.TRUSTED_TYPES)
