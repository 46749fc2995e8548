"""The kind of a column comes from training: its levels, its missing values, and wherever an encoder finds it."""

import numpy as np
import pandas as pd
import pytest
from flask.testing import FlaskClient
from serve.models import mixed_model, table_network
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
    TargetEncoder,
)

from sk_adaptive import AdaptiveMLPClassifier, HiddenLayerTransformer
from sk_adaptive.serve import create_app

NETWORK = AdaptiveMLPClassifier((4,), solver="lbfgs", max_iter=2, random_state=0)
SHORT = {"hidden_layer_sizes": (4,), "max_iter": 5, "n_members": 1, "random_state": 0}
STRICT = OneHotEncoder(sparse_output=False)  # an unknown level is an error


def client_of(model: BaseEstimator, **options) -> FlaskClient:
    return create_app(model, blas_threads=None, **options).test_client()


def table(levels: list, missing: object = np.nan) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a number, a category that is sometimes missing, another number, and two classes."""
    generator = np.random.default_rng(0)
    category = np.array([*levels, missing] * 30, dtype=object)
    numbers = generator.normal(size=(len(category), 2))
    category = pd.Series(category, dtype=object) if missing is None else category  # pandas makes NaN of None in strings
    X = pd.DataFrame({"first": numbers[:, 0], "category": category, "last": numbers[:, 1]})
    return X, numbers[:, 0] > 0


def ask(client: FlaskClient, *rows: list) -> tuple[int, dict]:
    answer = client.post("/predict", json={"instances": list(rows)})
    return answer.status_code, answer.get_json()


@pytest.mark.parametrize(
    ("levels", "missing", "encoder"),
    [
        (["red", "blue"], np.nan, STRICT),
        (["red", "blue"], None, STRICT),
        (["red", "blue"], None, OrdinalEncoder(encoded_missing_value=-1)),
        (["red", "blue"], np.nan, TargetEncoder(cv=2)),
        (["red", "blue"], np.nan, make_pipeline(SimpleImputer(strategy="most_frequent"), STRICT)),
        (["red", "blue"], None, make_pipeline(SimpleImputer(missing_values=None, strategy="most_frequent"), STRICT)),
        (["red", "blue"], "?", make_pipeline(SimpleImputer(missing_values="?", strategy="most_frequent"), STRICT)),
        ([1, 2], np.nan, STRICT),
        ([1, 2], None, STRICT),
        ([1.5, 2.5], np.nan, OrdinalEncoder(encoded_missing_value=-1)),
        ([True, False], np.nan, STRICT),
        ([b"red", b"blue"], np.nan, STRICT),
    ],
)
def test_a_missing_category_is_answered_as_in_training(levels, missing, encoder):
    X, y = table(levels, missing)
    parts = ColumnTransformer([("n", StandardScaler(), ["first", "last"]), ("c", encoder, ["category"])])
    model = make_pipeline(parts, NETWORK).fit(X, y)
    client = client_of(model)
    sent = [level.decode() if isinstance(level, bytes) else level for level in levels]
    for rows in ([[0.5, None, 1.5]], [[0.5, sent[0], 1.5], [0.5, None, 1.5]]):
        trained = dict(zip(sent, levels, strict=True)) | {None: missing}
        there = pd.DataFrame(rows, columns=X.columns, dtype=object)
        there["category"] = pd.Series([trained[row[1]] for row in rows], dtype=object)
        expected = model.predict_proba(there)
        status, answer = ask(client, *rows)
        assert status == 200, answer
        np.testing.assert_allclose(answer["probabilities"], expected)
    form = {"x0": "0.5", "x1": "", "x2": "1.5"}
    assert client.post("/", data=form).status_code == 200
    assert '<option value="">missing' in client.get("/").get_data(as_text=True)


def test_a_number_that_an_imputer_marks_as_missing():
    X, y = table(["red", "blue"])
    X = X.drop(columns="category")
    X.loc[::4, "first"] = -999.0
    model = make_pipeline(SimpleImputer(missing_values=-999.0), NETWORK).fit(X, y)
    _, answer = ask(client_of(model), [None, 1.0])
    np.testing.assert_array_equal(
        answer["probabilities"], model.predict_proba(pd.DataFrame({"first": [-999.0], "last": [1.0]}))
    )


def test_the_missing_value_that_is_refused_is_named():
    X, y = table(["red", "blue"])
    parts = ColumnTransformer([("c", STRICT, ["category"])], remainder=PCA())
    client = client_of(make_pipeline(parts, NETWORK).fit(X, y))
    status, answer = ask(client, [1.0, None, 1.0], [1.0, None, None])
    assert (status, answer["error"].partition(",")[0]) == (400, "row 1: feature 'last' is null")
    status, answer = ask(client, [1.0, None, 1.0], [1.0, "green", 1.0])  # a null that is taken is not blamed
    assert status == 400
    assert "green" in answer["error"]


def test_the_page_offers_missing_only_where_it_is_answered():
    X, y = table(["red", "blue"])
    X, y = X[X["category"].notna()], y[X["category"].notna()]
    model = make_pipeline(ColumnTransformer([("c", STRICT, ["category"])], remainder="passthrough"), NETWORK).fit(X, y)
    assert '<option value="">missing' not in client_of(model).get("/").get_data(as_text=True)


@pytest.mark.parametrize(
    ("levels", "value", "names"),
    [
        (["red", "blue"], 3, "must be a string, got a number"),
        (["red", "blue"], True, "must be a string, got true"),
        (["red", "blue"], ["red"], "must be a string, got an array"),
        (["red", "blue"], "\ud800", "half of a surrogate pair"),
        (["red", "blue"], "green", "green"),
        (["1", "2"], 1, "must be a string, got a number"),
        ([1, 2], "1", "must be a number, got a string"),
        ([1, 2], 10**400, "not a finite number"),
        ([1, 2], 3, "3"),
    ],
)
def test_a_value_of_another_kind_names_the_category(levels, value, names):
    X, y = table(levels)
    model = make_pipeline(ColumnTransformer([("c", STRICT, ["category"])], remainder="passthrough"), NETWORK).fit(X, y)
    client = client_of(model)
    for rows in ([[1.0, value, 1.0]], [[1.0, levels[0], 1.0], [1.0, value, 1.0]]):
        status, answer = ask(client, *rows)
        assert status == 400
        assert names in answer["error"]
        assert "isnan" not in answer["error"]
    types = client.get("/openapi.json").get_json()["components"]["schemas"]["Row"]["oneOf"][0]["prefixItems"][1]
    assert ("string" in types["type"]) == isinstance(levels[0], str)


@pytest.mark.parametrize(
    ("numbers", "category", "named"),
    [
        *[
            (numbers, category, named)
            for named in (True, False)
            for numbers, category in [
                ([0, 2], [1]),
                ([-3, -1], [-2]),
                (slice(0, 3, 2), slice(1, 2)),
                ([True, False, True], np.array([False, True, False])),
                (lambda X: [0, 2], lambda X: slice(-2, -1)),
            ]
        ],
        (["first", "last"], "category", True),
        (slice("first", "first"), slice("category", "category"), True),
        (make_column_selector(dtype_include=float), make_column_selector(dtype_exclude=float), True),
        (make_column_selector(pattern="st$"), make_column_selector(pattern="^cat"), True),
    ],
)
def test_columns_may_be_selected_in_every_way(numbers, category, named):
    X, y = table(["red", "blue"])
    X = X.fillna("none")
    encoder = CountVectorizer() if isinstance(category, str) else STRICT  # a vectorizer takes one column by its name
    parts = ColumnTransformer([("n", StandardScaler(), numbers), ("c", encoder, category)])
    model = make_pipeline(parts, NETWORK).fit(X if named else X.to_numpy(), y)
    client = client_of(model)
    features = client.get("/metadata").get_json()["features"]
    assert [feature["kind"] for feature in features] == ["number", "category", "number"]
    _, answer = ask(client, [0.5, "red", 1.5])
    expected = pd.DataFrame([[0.5, "red", 1.5]], columns=X.columns)
    np.testing.assert_allclose(answer["probabilities"], model.predict_proba(expected if named else expected.to_numpy()))
    assert client.post("/", data={"x0": "0.5", "x1": "red", "x2": "1.5"}).status_code == 200
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("around", ["search", "pipeline", "nested", "remainder", "function"])
def test_encoders_are_found_inside(around):
    X, y = table(["red", "blue"])
    inner = ColumnTransformer([("c", STRICT, ["category"])], remainder="passthrough")
    first = {
        "search": inner,
        "pipeline": make_pipeline(inner, StandardScaler()),
        "nested": ColumnTransformer([("n", "passthrough", ["first"]), ("c", inner, ["last", "category"])]),
        "remainder": ColumnTransformer([("n", "passthrough", ["last", "first"])], remainder=STRICT),
        "function": make_pipeline(FunctionTransformer(), "passthrough", inner),
    }[around]
    model = make_pipeline(first, NETWORK)
    model = GridSearchCV(model, {"adaptivemlpclassifier__alpha": [1.0]}, cv=2) if around == "search" else model
    features = client_of(model.fit(X, y)).get("/metadata").get_json()["features"]
    assert [feature.get("categories") for feature in features] == [None, ["blue", "red"], None]


def test_levels_of_bins_are_not_those_of_the_column():
    X, y = table(["red", "blue"])
    bins = make_pipeline(KBinsDiscretizer(3, encode="ordinal", strategy="uniform"), OneHotEncoder())
    model = make_pipeline(ColumnTransformer([("b", bins, ["first"]), ("n", "passthrough", ["last"])]), NETWORK).fit(
        X, y
    )
    features = client_of(model).get("/metadata").get_json()["features"]
    assert "categories" not in features[0]
    assert features[0]["kind"] == "number"


def test_categories_coded_as_numbers_in_an_array():
    X = np.random.default_rng(0).normal(size=(60, 3))
    X[:, 1] = np.arange(60) % 3
    model = make_pipeline(ColumnTransformer([("c", STRICT, [1])], remainder="passthrough"), NETWORK).fit(X, X[:, 0] > 0)
    client = client_of(model)
    assert client.get("/metadata").get_json()["features"][1]["categories"] == [0.0, 1.0, 2.0]
    assert ask(client, [0.5, 2, 1.5])[1]["probabilities"] == model.predict_proba([[0.5, 2.0, 1.5]]).tolist()


def test_text_that_a_vectorizer_reads():
    X, y = table(["red car", "blue car"])
    X["category"] = X["category"].fillna("")
    parts = ColumnTransformer([("t", CountVectorizer(), "category")], remainder="passthrough", sparse_threshold=0)
    model = make_pipeline(parts, NETWORK).fit(X, y)
    client = client_of(model)
    assert ask(client, [0.5, "a green car", 1.5])[0] == 200
    status, answer = ask(client, [0.5, None, 1.5])  # AttributeError in scikit-learn
    assert status == 400
    assert "'category' is null" in answer["error"]


PROTOCOLS = {
    "/predict": lambda rows: {"instances": rows},
    "/v1/models/model:predict": lambda rows: {"instances": [list(row.values()) for row in rows]},
    "/invocations": lambda rows: {"dataframe_records": rows},
}


def predictions(client: FlaskClient, path: str, *rows: dict) -> list:
    answer = client.post(path, json=PROTOCOLS[path](list(rows)))
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()["predictions"]


@pytest.mark.parametrize("made", [mixed_model, table_network])
def test_every_protocol_answers_a_lone_missing_category(made):
    model, X = made()
    client = client_of(model)
    row = {"length": 5.0, "width": None, "colour": None, "size": None}
    frame = pd.DataFrame([row], columns=X.columns).astype(X.dtypes)
    expected = model.predict(frame.where(frame.notna(), np.nan))
    tensors = [{"name": name, "shape": [1], "datatype": "BYTES", "data": [value]} for name, value in row.items()]
    for path in PROTOCOLS:
        assert predictions(client, path, row) == expected.tolist()
    answer = client.post("/v2/models/model/infer", json={"inputs": tensors}).get_json()
    assert answer["outputs"][0]["data"] == expected.tolist()
    csv = client.post("/invocations", data="length,width,colour,size\n5,,,\n", content_type="text/csv")
    assert csv.get_json()["predictions"] == expected.tolist()


def test_a_network_of_a_table_answers_every_row_as_in_python():
    model, X = table_network(solver="lbfgs", max_iter=30)
    client = client_of(model)
    rows = X.iloc[::7].assign(colour=lambda some: some["colour"].where(some.index % 3 > 0, "never seen"))
    expected = model.predict_proba(rows)
    sent = [{name: None if value != value else value for name, value in row.items()} for row in rows.to_dict("records")]
    answer = client.post("/predict", json={"instances": sent}).get_json()
    np.testing.assert_allclose(answer["probabilities"], expected)
    for path in PROTOCOLS:
        assert predictions(client, path, *sent) == model.predict(rows).tolist()
    one = client.post("/predict", json={"instances": sent[:1]}).get_json()
    np.testing.assert_allclose(one["probabilities"], expected[:1])


def test_levels_of_a_network_are_described_and_checked():
    client = client_of(table_network()[0])
    features = client.get("/metadata").get_json()["features"]
    assert [feature.get("categories") for feature in features] == [None, None, ["blue", "red"], [2.0, 1.0]]
    for row, message in (
        ([5.0, 3.0, 7, 1.0], "'colour' must be a string, got a number"),
        ([5.0, 3.0, "red", "1"], "'size' must be a number, got a string"),
        ([5.0, "3", "red", 1.0], "'width' must be a number, got a string"),
    ):
        status, answer = ask(client, row)
        assert (status, message in answer["error"]) == (400, True)


def test_the_page_of_a_network_offers_levels_and_empty_fields():
    model, X = table_network()
    client = client_of(model)
    page = client.get("/").get_data(as_text=True)
    assert page.count("<select") == 2
    assert page.count('<option value="">missing</option>') == 2
    assert '<option value="red">red</option>' in page
    text = client.post("/", data={"x0": "", "x1": "3.5", "x2": "", "x3": "1.0"}).get_data(as_text=True)
    row = pd.DataFrame([[np.nan, 3.5, np.nan, 1.0]], columns=X.columns).astype(X.dtypes)
    assert f'<span id="prediction">{model.predict(row)[0]}</span>' in text
    assert '<option value="" selected' in text or '<option value="">missing' in text


def test_more_levels_than_a_page_shows_are_a_field_of_text(monkeypatch):
    monkeypatch.setattr("sk_adaptive.serve._page.MAX_OPTIONS", 1)
    client = client_of(table_network()[0])
    assert "<select" not in client.get("/").get_data(as_text=True)
    assert client.post("/", data={"x0": "5", "x1": "3.5", "x2": "red", "x3": ""}).status_code == 200


def test_levels_with_spaces_around_are_sent_as_they_are():
    X, y = table([" red", "blue "])
    client = client_of(AdaptiveMLPClassifier(**SHORT).fit(X, y))
    assert '<option value=" red"' in client.get("/").get_data(as_text=True)


@pytest.mark.parametrize("levels", [["red", "blue"], [True, False]])
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("hidden", [False, True])
def test_networks_read_levels_wherever_they_stand(levels, named, hidden):
    X, y = table(levels)
    X.loc[::5, "first"] = np.nan
    rows = X if named else X.to_numpy(object)
    model = AdaptiveMLPClassifier(categorical_features=[1], **SHORT)
    if hidden:
        model = make_pipeline(HiddenLayerTransformer(model), LogisticRegression())
    client = client_of(model.fit(rows, y))
    assert client.get("/metadata").get_json()["features"][1]["categories"] == levels
    sent = [[None if value != value else value for value in row] for row in X[:12].to_numpy(object).tolist()]
    _, answer = ask(client, *sent)
    np.testing.assert_allclose(answer["probabilities"], model.predict_proba(rows[:12]))
