"""Saved models come back the same; files that are not what they should be are errors and run no code."""

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from own_activations import Squared
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import sk_adaptive
from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor, HiddenLayerTransformer
from sk_adaptive._persistence import HEADER, SCHEMA, ModelFileError, read_header
from sk_adaptive.activations import LEARNED, NAMES
from sk_adaptive.losses import LOSSES
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
    model = AdaptiveMLPRegressor(LOSSES[loss](), (4,), max_iter=3, n_members=2, scale_inputs=True).fit(X, Y + 1)
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
    model = classifier().fit(X, Y)
    model.itself = model
    with pytest.raises(ValueError, match="cannot be saved"):
        sk_adaptive.save(model, path)
    with pytest.raises(ValueError, match="JSON"):
        sk_adaptive.save(classifier().fit(X, Y), path, example=[float("nan")])
    assert not list(tmp_path.iterdir())  # no half a file


def test_needs_skops(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "skops.io", None)
    with pytest.raises(ImportError, match=r"sk_adaptive\[io\]"):
        sk_adaptive.save(classifier().fit(X, Y), tmp_path / "m.skops")


# ---- files that are not what they should be --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("saved") / "m.skops"
    sk_adaptive.save(classifier(activation=["spline", "rational"], n_members=2, scale_inputs=True).fit(X, Y), path)
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
        ("theta", np.zeros(3)),
    ],
)
def test_training_states_that_do_not_fit_are_refused(name, value, tmp_path):
    model = classifier().partial_fit(X, Y, classes=[0, 1, 2])
    setattr(model._state, name, value)
    sk_adaptive.save(model, tmp_path / "m.skops")
    with pytest.raises(ModelFileError, match="cannot be loaded"):
        sk_adaptive.load(tmp_path / "m.skops")


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
        found = list(nodes(schema))
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
