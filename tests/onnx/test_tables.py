"""Tables as they are in onnxruntime: an input per column, text and numbers, missing values and unseen levels."""

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import skl2onnx
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.onnx import to_onnx

N = 120
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-10}
SHORT = {"hidden_layer_sizes": (6,), "max_iter": 10, "learning_rate_init": 0.02, "n_bins": 4, "random_state": 0}


def table(dtype=np.float64, **changes) -> pd.DataFrame:
    random = np.random.RandomState(0)
    columns = {
        "town": random.choice(["Oslo", "Paris", "Rome", None], N).astype(object),
        "size": np.where(random.rand(N) < 0.1, np.nan, random.normal(70, 20, N)).astype(dtype),
        "age": random.normal(40, 10, N).astype(dtype),
        "rooms": random.randint(1, 5, N),
        "sold": random.rand(N) < 0.5,
    }
    return pd.DataFrame({**columns, **changes})


def target(rows: pd.DataFrame) -> np.ndarray:
    return (rows["town"] == "Rome").to_numpy(int) + (rows["size"] > 70).to_numpy(int)


def strange(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with unseen levels, missing ones, and missing numbers where training had none."""
    changed = rows.copy()
    changed.loc[:20, "town"] = "Bergen"
    changed.loc[10:40, "rooms"] = 99
    changed.loc[30:50, "age"] = np.nan
    return changed


def outputs(graph, rows: pd.DataFrame) -> list[np.ndarray]:
    runner = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    is_text = {each.name: each.type == "tensor(string)" for each in runner.get_inputs()}
    return runner.run(
        None, {c: rows[[c]].fillna("").to_numpy(object) if is_text[c] else rows[[c]].to_numpy() for c in rows}
    )


def assert_same(model, graph, rows: pd.DataFrame, tolerance: float) -> None:
    labels, probabilities = outputs(graph, rows)
    np.testing.assert_allclose(probabilities, model.predict_proba(rows), rtol=0, atol=tolerance)
    np.testing.assert_array_equal(labels, model.predict(rows))


@pytest.mark.parametrize("n_members", [1, 3])
@pytest.mark.parametrize("chosen", ["from_dtype", ["town", "rooms", "sold"], ["town", "size", "age", "rooms", "sold"]])
def test_a_table_of_text_and_numbers(n_members, chosen, dtype):
    rows = table(dtype)
    model = AdaptiveMLPClassifier(n_members=n_members, categorical_features=chosen, min_frequency=None, **SHORT)
    model.fit(rows, target(rows))
    graph = to_onnx(model, rows)
    kinds = [each.type.tensor_type.elem_type for each in graph.graph.input]
    number = 1 if dtype == np.float32 else 11
    assert [each.name for each in graph.graph.input] == list(rows)
    assert kinds == [8, number, number, 7, 9]
    assert graph.graph.output[1].type.tensor_type.elem_type == number
    assert_same(model, graph, strange(rows), TOLERANCE[dtype])
    assert_same(model, to_onnx(model, rows.dropna().iloc[:1]), strange(rows), TOLERANCE[dtype])


@pytest.mark.parametrize("outputs_of_y", [1, 2])
def test_regressor(outputs_of_y, dtype):
    rows = table(dtype)
    y = rows[["age", "rooms"]].to_numpy(float)[:, :outputs_of_y]
    model = AdaptiveMLPRegressor(learn_scales=True, **SHORT).fit(rows, y.ravel() if outputs_of_y == 1 else y)
    (predicted,) = outputs(to_onnx(model, rows), strange(rows))
    expected = model.predict(strange(rows)).reshape(N, outputs_of_y)
    np.testing.assert_allclose(predicted, expected, rtol=TOLERANCE[dtype])


@pytest.mark.parametrize("missing", ["", None])
def test_an_empty_text_is_a_missing_one_where_it_is_no_level(missing):
    rows = table(town=pd.Series(np.random.RandomState(1).choice(["Oslo", "Rome", missing], N), dtype=object))
    model = AdaptiveMLPClassifier(**SHORT).fit(rows, target(rows))
    assert ("town=missing" in model.input_names_) == (missing is None)
    assert_same(model, to_onnx(model, rows), rows, 1e-10)


@pytest.mark.parametrize("missing", ["", "nan", None, np.nan, pd.NA], ids=repr)
def test_a_missing_text_however_it_is_given(missing):
    rows = table()
    model = AdaptiveMLPClassifier(**SHORT).fit(rows, target(rows))
    inputs = {name: rows[[name]].to_numpy() for name in rows} | {"town": np.full((N, 1), missing, dtype=object)}
    runner = onnxruntime.InferenceSession(to_onnx(model, rows).SerializeToString(), providers=["CPUExecutionProvider"])
    expected = model.predict_proba(rows.assign(town=pd.Series([None] * N, dtype=object)))
    np.testing.assert_allclose(runner.run(None, inputs)[1], expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("levels", [[1.0, 2.0, np.nan], [0.1, 0.25, np.nan], [2**40, 2**40 + 1], [1.0, 2.5]], ids=str)
def test_levels_that_are_numbers(levels):
    rows = table(size=np.random.RandomState(1).choice(levels, N))
    model = AdaptiveMLPClassifier(categorical_features=["town", "size"], **SHORT).fit(rows, rows["size"] == levels[0])
    for changed in (rows, rows.assign(size=np.array([1.5, *rows["size"][1:]]))):
        assert_same(model, to_onnx(model, changed), changed, 1e-10)


IDS = [2**24, 2**24 + 1, 2**24 + 2]


@pytest.mark.parametrize("kind", [np.int64, np.float64])
def test_whole_levels_that_float32_rounds_in_a_wider_input(kind):
    rows = table(np.float32, rooms=np.random.RandomState(1).choice(IDS, N).astype(kind))
    model = AdaptiveMLPClassifier(categorical_features=["town", "rooms"], **SHORT).fit(rows, rows["rooms"] == IDS[1])
    graph = to_onnx(model, rows)
    assert graph.graph.output[1].type.tensor_type.elem_type == 1  # an id does not make numbers float64
    assert_same(model, graph, rows.assign(rooms=np.where(np.arange(N) % 3, rows["rooms"], IDS[1] + 2)), 1e-5)


def test_whole_levels_that_an_input_rounds_are_refused():
    rows = table(np.float32, rooms=np.random.RandomState(1).choice(IDS, N))
    model = AdaptiveMLPClassifier(categorical_features=["rooms"], **SHORT).fit(rows.drop(columns="town"), rows["sold"])
    with pytest.raises(ValueError, match=r"column rooms has the level 16777217, which float32 rounds: .* float64 or"):
        to_onnx(model, rows.drop(columns="town").astype({"rooms": np.float32}))
    array = rows[["size", "rooms"]].to_numpy(np.float64)
    model = AdaptiveMLPClassifier(categorical_features=[1], **SHORT).fit(array, rows["sold"])
    with pytest.raises(ValueError, match=r"column 1 has the level 1677721.*, which float32 rounds"):
        to_onnx(model, array.astype(np.float32))
    runner = onnxruntime.InferenceSession(to_onnx(model, array).SerializeToString())
    np.testing.assert_allclose(runner.run(None, {"X": array})[1], model.predict_proba(array), atol=1e-10)
    rows = rows.assign(rooms=np.random.RandomState(1).choice([2**60, 2**60 + 1], N))
    model.set_params(categorical_features=["rooms"]).fit(rows[["rooms", "age"]], rows["sold"])
    with pytest.raises(ValueError, match="which float64 rounds: its ONNX input must be of whole numbers"):
        to_onnx(model, rows[["rooms", "age"]].astype({"rooms": np.float64}))


@pytest.mark.parametrize("levels", [[0.1, 0.25, 1.0], [1e300, 0.5, 2.0]], ids=str)
def test_a_number_near_a_level_is_unseen(levels):
    rows = table(size=np.random.RandomState(1).choice(levels, N))
    model = AdaptiveMLPClassifier(categorical_features=["town", "size"], **SHORT).fit(rows, rows["size"] == levels[0])
    near = rows.assign(size=rows["size"] * (1 + 1e-12 * (np.arange(N) % 2)))
    assert not np.allclose(model.predict_proba(near), model.predict_proba(rows), atol=1e-3)
    assert_same(model, to_onnx(model, rows), near, 1e-10)


def test_fractions_that_float32_rounds_are_levels_of_a_float32_input():
    rows = table(size=np.random.RandomState(1).choice([0.1, 0.25, 0.7], N)).drop(columns="town")
    model = AdaptiveMLPClassifier(categorical_features=["size"], **SHORT).fit(rows, rows["size"] == 0.1)
    single = rows.astype({"size": np.float32, "age": np.float32})
    _, probabilities = outputs(to_onnx(model, single), single)
    np.testing.assert_allclose(probabilities, model.predict_proba(rows), rtol=0, atol=1e-5)


def test_a_table_of_text_alone():
    rows = table()[["town"]].assign(key=np.random.RandomState(1).choice(list("abc"), N))
    model = AdaptiveMLPClassifier(**SHORT).fit(rows.astype("category"), rows["key"])
    assert_same(model, to_onnx(model, rows.astype("category")), rows, 1e-5)
    values = rows.fillna("").to_numpy(object)
    model = AdaptiveMLPClassifier(categorical_features=[0, 1], **SHORT).fit(values, rows["key"])
    graph = to_onnx(model, values)
    (name,) = (each.name for each in graph.graph.input)
    runner = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(runner.run(None, {name: values})[1], model.predict_proba(values), atol=1e-5)


@pytest.mark.parametrize("dtype_of_levels", ["f2", "i1", "u1", "u4", "?", "O"])
def test_levels_of_every_dtype_of_numbers(dtype_of_levels):
    values = np.random.RandomState(1).randint(0, 2, N) == 1
    rows = table(rooms=values.astype(dtype_of_levels) if dtype_of_levels != "O" else pd.Series([*values], dtype=object))
    model = AdaptiveMLPClassifier(categorical_features=["town", "rooms"], **SHORT).fit(rows, target(rows))
    graph = to_onnx(model, rows)
    if dtype_of_levels == "O":
        rows = rows.astype({"rooms": bool})
    assert_same(model, graph, rows, 1e-10)


def test_columns_without_values_and_levels_that_are_shown_as_text():
    band = pd.cut(table()["age"], [0, 30, 50, 100])
    rows = table(size=pd.Series([None] * N, dtype=object), band=band)
    model = AdaptiveMLPClassifier(**SHORT).fit(rows, target(rows))
    graph = to_onnx(model, rows)
    assert [each.type.tensor_type.elem_type for each in graph.graph.input] == [8, 11, 11, 7, 9, 8]
    as_text = rows.assign(size=np.nan, band=band.astype(str))
    runner = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    kinds = {"town": object, "band": object}
    inputs = {
        name: as_text[[name]].fillna("").to_numpy(object) if name in kinds else as_text[[name]].to_numpy()
        for name in rows
    }
    np.testing.assert_allclose(runner.run(None, inputs)[1], model.predict_proba(rows), rtol=0, atol=1e-10)
    with pytest.raises(ValueError, match="column age holds numbers: its ONNX input cannot be of strings"):
        to_onnx(model, rows.assign(age="old"))


@pytest.mark.parametrize(
    ("levels", "column", "message"),
    [
        ([10**400, 1], np.float64, "column size has the level 1000.*, which float64 rounds"),
        (["\ud800", "a"], None, r"column size has the level '\\ud800', half of a surrogate pair"),
        ([2**64 - 1, 1], np.uint64, "column size has the level 18446744073709551615, which is no int64"),
        ([0.5, 1.5], np.int64, "column size has no whole number as level"),
    ],
)
def test_levels_that_no_graph_holds_are_named(levels, column, message):
    size = pd.Series(levels * (N // 2), dtype=object)
    rows = table(size=size)
    model = AdaptiveMLPClassifier(categorical_features=["town", "size"], **SHORT).fit(rows, target(table()))
    shown = rows if column is None else rows.assign(size=np.ones(N, dtype=column))
    with pytest.raises(ValueError, match=message):
        to_onnx(model, shown)


def test_tables_of_every_library():
    rows = table()
    model = AdaptiveMLPClassifier(**SHORT).fit(rows, target(rows))
    expected = to_onnx(model, rows).SerializeToString()
    nullable = rows.astype({"town": "string", "size": "Float64", "rooms": "Int64", "sold": "boolean"})
    polars = pytest.importorskip("polars").from_pandas(rows)
    for other in (rows.astype({"town": "category"}), nullable, polars):
        assert to_onnx(model, other).SerializeToString() == expected


@pytest.mark.parametrize("wrapped", [False, True])
def test_skl2onnx_itself_takes_a_table(wrapped):
    rows = table().dropna()
    network = AdaptiveMLPClassifier(**SHORT)
    model = (make_pipeline(network) if wrapped else network).fit(rows, target(rows))
    graph = skl2onnx.to_onnx(model, rows[:1], options={"zipmap": False})
    assert_same(model, graph, rows, 1e-10)


def test_missing_numbers_in_a_pipeline(dtype):
    rows = table(dtype)[["size", "age"]]
    model = make_pipeline(StandardScaler(), AdaptiveMLPClassifier(**{**SHORT, "n_bins": 0})).fit(
        rows.to_numpy(), rows["size"] > 70
    )
    assert model[-1].input_names_.tolist() == ["0", "1", "0=missing"]
    values = strange(table(dtype))[["size", "age"]].to_numpy()
    runner = onnxruntime.InferenceSession(
        to_onnx(model, values).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    _, probabilities = runner.run(None, {"X": values})
    np.testing.assert_allclose(probabilities, model.predict_proba(values), rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("n_members", [1, 3])
def test_means_that_moved_while_training_continued(n_members, dtype):
    rows = table(dtype)
    model = AdaptiveMLPRegressor(n_members=n_members, learn_scales=True, **SHORT)
    for moved in (0, 50):
        model.partial_fit(rows.assign(size=rows["size"] + dtype(moved)), rows["age"])
    assert model._plan.inputs.shift is not None
    (predicted,) = outputs(to_onnx(model, rows), strange(rows))
    np.testing.assert_allclose(predicted[:, 0], model.predict(strange(rows)), rtol=TOLERANCE[dtype])


def test_columns_of_tiny_numbers(dtype):
    rows = pd.DataFrame({"size": np.random.RandomState(0).normal(size=N).astype(dtype) * np.finfo(dtype).tiny})
    model = AdaptiveMLPRegressor(**SHORT).fit(rows, np.arange(N))
    (predicted,) = outputs(to_onnx(model, rows), rows)
    np.testing.assert_allclose(predicted[:, 0], model.predict(rows), rtol=1e-4)


def test_what_no_onnx_input_holds_is_named():
    rows = table()
    model = AdaptiveMLPClassifier(**SHORT).fit(rows, target(rows))
    with pytest.raises(ValueError, match="column town holds text: its ONNX input must be of strings"):
        to_onnx(model, rows.assign(town=0.0))
    with pytest.raises(ValueError, match=r"column town of X holds datetime64.*: an ONNX input is of numbers"):
        to_onnx(model, rows.assign(town=pd.Timestamp("2026-01-01")))
    with pytest.raises(ValueError, match="the network reads 5 columns, got 2 inputs"):
        to_onnx(model, rows[["town", "size"]])
    mixed = AdaptiveMLPClassifier(categorical_features=["town"], **SHORT)
    mixed.fit(rows.assign(town=pd.Series([1, "one"] * (N // 2), dtype=object)), target(rows))
    with pytest.raises(ValueError, match="column town holds numbers and text"):
        to_onnx(mixed, rows)
    model = AdaptiveMLPClassifier(categorical_features=["rooms"], **SHORT).fit(rows[["rooms", "age"]], target(rows))
    with pytest.raises(ValueError, match="levels of column rooms are numbers: its ONNX input cannot be of strings"):
        to_onnx(model, rows[["rooms", "age"]].assign(rooms="one"))
    close = AdaptiveMLPClassifier(categorical_features=["town", "size"], **SHORT)
    close.fit(rows.assign(size=np.where(rows["age"] > 40, 0.1, 0.1 + 1e-12)), target(rows))
    with pytest.raises(ValueError, match="levels of column size are numbers that float32 does not tell apart"):
        to_onnx(close, rows)
