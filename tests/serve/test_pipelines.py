"""Columns that reach the network through other steps: what the service asks for is what the network or a step reads."""

import json

import numpy as np
import pandas as pd
import pytest
import skrub
from flask.testing import FlaskClient
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.ensemble import VotingClassifier
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.serve import create_app

N = 120
NETWORK = AdaptiveMLPClassifier((4,), max_iter=3, n_members=1, random_state=0)
CATEGORIES = ["town", "sold", "grade"]
NUMBERS = ["size", "rooms"]


def table(**changes) -> pd.DataFrame:
    random = np.random.RandomState(0)
    columns = {
        "size": np.where(random.rand(N) < 0.1, np.nan, random.normal(70, 20, N)),
        "town": pd.Series(random.choice(["Oslo", "Rome", np.nan], N), dtype=object).replace("nan", np.nan),
        "sold": random.rand(N) < 0.5,
        "rooms": random.randint(1, 5, N),
        "grade": pd.Categorical(random.choice([10, 20, 30], N)),
    }
    return pd.DataFrame({**columns, **changes})


def target(rows: pd.DataFrame) -> np.ndarray:
    return ((rows["town"] == "Rome") | (rows["size"] > 80)).to_numpy()


def client_of(model: BaseEstimator) -> FlaskClient:
    return create_app(model, blas_threads=None).test_client()


def levels_of(client: FlaskClient) -> dict:
    features = client.get("/metadata").get_json()["features"]
    return {each["name"]: set(each.get("categories", ())) for each in features if each["kind"] == "category"}


def assert_same_answers(client: FlaskClient, model: BaseEstimator, rows: pd.DataFrame) -> None:
    """Compare all rows, and one row alone, whose columns JSON gives no dtype."""
    for some in (rows, rows[:1]):
        sent = json.loads(some.to_json(orient="records", date_format="iso"))
        answer = client.post("/predict", json={"instances": sent}).get_json()
        np.testing.assert_allclose(answer.get("probabilities", answer), model.predict_proba(some), rtol=1e-9)


def in_pandas(*parts, **options) -> ColumnTransformer:
    return make_column_transformer(*parts, **options).set_output(transform="pandas")


PIPELINES = {
    "one-hot": make_pipeline(
        make_column_transformer((OneHotEncoder(handle_unknown="ignore"), CATEGORIES), (StandardScaler(), NUMBERS)),
        NETWORK,
    ),
    "passthrough": make_pipeline(in_pandas(("passthrough", CATEGORIES), (StandardScaler(), NUMBERS)), NETWORK),
    "remainder": make_pipeline(in_pandas((StandardScaler(), NUMBERS), remainder="passthrough"), NETWORK),
    "array": make_pipeline(
        make_column_transformer((StandardScaler(), NUMBERS), ("passthrough", CATEGORIES)),
        AdaptiveMLPClassifier((4,), max_iter=3, n_members=1, categorical_features=[2, 3, 4]),
    ),
    "nested": make_pipeline(
        in_pandas(
            (in_pandas((StandardScaler(), NUMBERS), ("passthrough", ["town"])), [*NUMBERS, "town"]),
            ("passthrough", ["grade", "sold"]),
        ),
        NETWORK,
    ),
    "function": make_pipeline(
        FunctionTransformer(lambda X: X[["sold", "town", "grade", "rooms"]].astype({"town": "category"})), NETWORK
    ),
}
WRAPPED = {
    "calibrated": CalibratedClassifierCV(PIPELINES["passthrough"], cv=2),
    "threshold": FixedThresholdClassifier(PIPELINES["passthrough"]),
    "vote": VotingClassifier([("a", PIPELINES["passthrough"]), ("b", PIPELINES["one-hot"])], voting="soft"),
}


@pytest.mark.parametrize("name", [*PIPELINES, *WRAPPED])
def test_categories_that_reach_the_network_are_offered_and_read(name):
    rows = table()
    model = (PIPELINES | WRAPPED)[name].fit(rows, target(rows))
    client = client_of(model)
    assert levels_of(client) == {"town": {"Oslo", "Rome"}, "sold": {True, False}, "grade": {10, 20, 30}}
    assert_same_answers(client, model, rows)
    page = client.get("/").get_data(as_text=True)
    assert page.count("<select") == 3
    assert '<option value="Rome"' in page
    form = {"x0": "70", "x1": "Rome", "x2": "True", "x3": "2", "x4": "10"}
    expected = model.predict(pd.DataFrame([[70.0, "Rome", True, 2, 10]], columns=rows.columns))[0]
    assert f'<span id="prediction">{expected}</span>' in client.post("/", data=form).get_data(as_text=True)
    for cell, message in (({"town": 3}, "'town' must be a string"), ({"grade": "10"}, "'grade' must be a number")):
        sent = {"size": 1.0, "town": "Rome", "sold": True, "rooms": 1, "grade": 10} | cell
        answer = client.post("/predict", json={"instances": [sent]})
        assert (answer.status_code, message in answer.get_json()["error"]) == (400, True)


def test_columns_that_steps_change_are_not_those_of_the_network():
    rows = table()[["town", "rooms"]].dropna()
    ordinal = in_pandas((OrdinalEncoder(), ["town"]), (StandardScaler(), ["rooms"]))
    network = AdaptiveMLPClassifier((4,), max_iter=3, categorical_features=[0, 1])
    model = make_pipeline(ordinal, network).fit(rows, rows["town"] == "Rome")
    client = client_of(model)
    assert levels_of(client) == {"town": {"Oslo", "Rome"}}  # not their numbers, nor those of scaled rooms
    assert_same_answers(client, model, rows)


@pytest.mark.filterwarnings("ignore:Skipping features without any observed values")
def test_steps_that_drop_or_add_columns_are_followed():
    rows = table(none=np.nan, one=1.0)
    imputed = in_pandas(
        (SimpleImputer(add_indicator=True), ["none", "size"]),
        (VarianceThreshold(), ["one", "rooms"]),
        (SimpleImputer(strategy="most_frequent"), ["town"]),
        (FeatureUnion([("a", "passthrough"), ("b", "passthrough")]), ["grade"]),
        verbose_feature_names_out=True,
    )
    model = make_pipeline(imputed, NETWORK).fit(rows, target(rows))
    client = client_of(model)
    assert levels_of(client) == {"town": {"Oslo", "Rome"}, "grade": {10, 20, 30}}
    assert_same_answers(client, model, rows)


@pytest.mark.filterwarnings("ignore:Downcasting behavior:FutureWarning")  # of skrub with pandas 2
@pytest.mark.parametrize("encoder", [None, skrub.ToCategorical(), "passthrough"], ids=str)
def test_tables_with_dates_and_free_text_that_skrub_reads(encoder):
    days = pd.date_range("2020", periods=N)
    notes = [f"a long story about {i}" for i in range(N)]
    rows = table(day=days, written=days.strftime("%Y-%m-%d"), note=notes).drop(columns=["sold", "grade"])
    rows["rooms"] = rows["rooms"].astype(float)
    if encoder is None:
        model = skrub.tabular_pipeline(NETWORK)
    else:
        model = make_pipeline(skrub.TableVectorizer(low_cardinality=encoder), NETWORK)
    model.fit(rows, target(rows))
    client = client_of(model)
    text = set()
    assert levels_of(client) == {"town": {"Oslo", "Rome"}, "day": text, "written": text, "note": text}
    assert_same_answers(client, model, rows)
    assert client.get("/").get_data(as_text=True).count("<select") == 1
    for name in rows:
        row = json.loads(rows[:1].to_json(orient="records", date_format="iso"))[0] | {name: None}
        expected = rows[:1].assign(**{name: pd.Series([None], dtype=rows[name].dtype)})
        answer = client.post("/predict", json={"instances": [row]}).get_json()
        np.testing.assert_allclose(answer.get("probabilities", answer), model.predict_proba(expected), rtol=1e-9)
    answer = client.post("/predict", json={"instances": [row | {"day": 3}]})
    assert "'day' must be a string, got a number" in answer.get_json()["error"]


def test_levels_of_text_and_numbers_together():
    kind = pd.Series([1, "one", 2.5, ""] * (N // 4), dtype=object)
    rows = table(kind=kind)[["size", "kind"]]
    network = AdaptiveMLPClassifier((4,), max_iter=3, categorical_features=["kind"]).fit(rows, kind == "one")
    client = client_of(network)
    assert_same_answers(client, network, rows)
    types = client.get("/openapi.json").get_json()["components"]["schemas"]["Row"]["oneOf"][0]["prefixItems"][1]
    assert types["type"] == ["string", "number", "boolean", "null"]
    for text, value in {"1": 1, "one": "one", "2.5": 2.5, "": ""}.items():
        csv = client.post("/invocations", data=f"size,kind\n70,{text}\n", content_type="text/csv").get_json()
        expected = network.predict(pd.DataFrame({"size": [70.0], "kind": pd.Series([value], dtype=object)}))
        assert csv["predictions"] == expected.tolist()


def test_large_whole_numbers_are_levels_with_every_digit():
    account = np.where(np.arange(N) % 2, 2**60, 2**60 + 1)
    rows = table(account=account)[["size", "account"]]
    network = AdaptiveMLPClassifier((4,), max_iter=30, categorical_features=["account"], random_state=0)
    network.fit(rows, account == 2**60)
    client = client_of(network)
    assert_same_answers(client, network, rows)
    form = {"x0": "70", "x1": str(2**60 + 1)}
    assert '<span id="prediction">False</span>' in client.post("/", data=form).get_data(as_text=True)


def test_the_inference_protocol_describes_numbers_as_numbers():
    rows = table()
    model = PIPELINES["passthrough"].fit(rows, target(rows))
    inputs = client_of(model).get("/v2/models/model").get_json()["inputs"]
    assert [each["datatype"] for each in inputs] == ["FP64", "BYTES", "FP64", "FP64", "FP64"]
    values = rows.to_numpy(object)
    network = AdaptiveMLPClassifier((4,), max_iter=3, categorical_features=[1, 2, 4]).fit(values, target(rows))
    (tensor,) = client_of(network).get("/v2/models/model").get_json()["inputs"]
    assert tensor["datatype"] == "BYTES"
