"""Each protocol gives the numbers that the model gives in Python."""

import json

import numpy as np
import pytest
from flask.testing import FlaskClient
from serve.models import iris, iris_model, mixed_model
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_multilabel_classification
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sk_adaptive
from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.serve import create_app


def client_of(model, **options) -> FlaskClient:
    return create_app(model, blas_threads=None, **options).test_client()


@pytest.mark.parametrize("orient", ["lists", "objects"])
def test_predict(client, model, rows, orient):
    instances = rows.to_numpy().tolist() if orient == "lists" else rows.to_dict("records")
    answer = client.post("/predict", json={"instances": instances}).get_json()
    assert answer["predictions"] == model.predict(rows).tolist()
    np.testing.assert_array_equal(answer["probabilities"], model.predict_proba(rows))
    assert answer["classes"] == model.classes_.tolist()
    assert (answer["model_name"], answer["model_version"]) == ("iris", "1")


def test_objects_may_have_any_order(client, model, rows):
    backwards = [dict(reversed(row.items())) for row in rows.to_dict("records")]
    assert (
        client.post("/predict", json={"instances": backwards}).get_json()["predictions"] == model.predict(rows).tolist()
    )


@pytest.mark.parametrize("form", ["dataframe_split", "dataframe_records", "instances", "inputs", "columns"])
@pytest.mark.parametrize("method", [None, "predict", "predict_proba"])
def test_mlflow_invocations(client, model, rows, form, method):
    content = {
        "dataframe_split": rows.to_dict("split"),
        "dataframe_records": rows.to_dict("records"),
        "instances": rows.to_numpy().tolist(),
        "inputs": rows.to_numpy().tolist(),
        "columns": rows.to_dict("list"),
    }[form]
    body = {"inputs" if form == "columns" else form: content}
    if method is not None:
        body["params"] = {"method": method}
    answer = client.post("/invocations", json=body).get_json()
    assert set(answer) == {"predictions"}
    np.testing.assert_array_equal(answer["predictions"], getattr(model, method or "predict")(rows))


def test_mlflow_csv(client, model, rows):
    body = rows[rows.columns[::-1]].to_csv(index=False)
    answer = client.post("/invocations", data=body, content_type="text/csv; charset=utf-8")
    assert answer.get_json() == {"predictions": model.predict(rows).tolist()}


@pytest.mark.parametrize("path", ["/ping", "/health", "/version"])
def test_mlflow_health(client, path):
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("version", ["", "/versions/1"])
@pytest.mark.parametrize("method", [None, "predict", "predict_proba"])
@pytest.mark.parametrize("orient", ["lists", "objects"])
def test_tensorflow_serving(client, model, rows, version, method, orient):
    instances = rows.to_numpy().tolist() if orient == "lists" else rows.to_dict("records")
    body = {"instances": instances, "signature_name": "serving_default"}
    if method is not None:
        body["parameters"] = {"method": method}
    answer = client.post(f"/v1/models/iris{version}:predict", data=json.dumps(body))  # no content type, as curl -d
    assert set(answer.get_json()) == {"predictions"}
    np.testing.assert_array_equal(answer.get_json()["predictions"], getattr(model, method or "predict")(rows))


@pytest.mark.parametrize("path", ["/v1/models/iris", "/v1/models/iris/versions/1"])
def test_tensorflow_serving_describes_itself(client, path):
    about = client.get(path).get_json()
    assert (about["name"], about["ready"]) == ("iris", True)
    assert [(version["version"], version["state"]) for version in about["model_version_status"]] == [("1", "AVAILABLE")]
    assert client.get("/v1/models").get_json() == {"models": ["iris"]}
    client.application.extensions["sk_adaptive"].draining.set()
    assert client.get(path).status_code == 503


def matrix(rows) -> list:
    return [{"name": "x", "shape": list(rows.shape), "datatype": "FP64", "data": rows.to_numpy().ravel().tolist()}]


def nested(rows) -> list:
    return [{**matrix(rows)[0], "data": rows.to_numpy().tolist()}]


def columns(rows) -> list:
    return [
        {"name": name, "shape": [len(rows), 1], "datatype": "FP64", "data": rows[name].tolist()}
        for name in rows.columns
    ]


@pytest.mark.parametrize("tensors", [matrix, nested, columns])
@pytest.mark.parametrize("version", ["", "/versions/1"])
def test_inference_protocol(client, model, rows, tensors, version):
    body = {"id": "7", "inputs": tensors(rows), "outputs": [{"name": "predict"}, {"name": "predict_proba"}]}
    answer = client.post(f"/v2/models/iris{version}/infer", json=body).get_json()
    assert (answer["id"], answer["model_name"], answer["model_version"]) == ("7", "iris", "1")
    labels, probabilities = answer["outputs"]
    assert labels == {"name": "predict", "shape": [3], "datatype": "BYTES", "data": model.predict(rows).tolist()}
    assert (probabilities["name"], probabilities["datatype"]) == ("predict_proba", "FP64")
    np.testing.assert_array_equal(np.reshape(probabilities["data"], probabilities["shape"]), model.predict_proba(rows))


def test_inference_protocol_gives_predictions_unless_asked(client, model, rows):
    answer = client.post("/v2/models/iris/infer", json={"inputs": matrix(rows)}).get_json()
    assert [output["name"] for output in answer["outputs"]] == ["predict"]


@pytest.mark.parametrize("path", ["", "/health/live", "/health/ready", "/models/iris", "/models/iris/ready"])
def test_inference_protocol_describes_itself(client, path):
    assert client.get(f"/v2{path}").status_code == 200


@pytest.mark.parametrize(
    "path", ["/v2/models/other", "/v2/models/iris/versions/2", "/v2/models/other/ready", "/v1/models/other"]
)
def test_another_model_is_not_found(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "unknown" in answer.get_json()["error"]


def test_metadata(client, model, rows):
    about = client.get("/metadata").get_json()
    assert about["task"] == "classification"
    assert [feature["name"] for feature in about["features"]] == list(rows.columns)
    assert [feature["example"] for feature in about["features"]] == rows.iloc[0].tolist()
    assert about["classes"] == model.classes_.tolist()
    assert [layer["formula"] for layer in about["activations"]] == [f.formula() for f in model[-1].activations_]


@pytest.mark.parametrize("around", ["search", "target", "calibrated"])
def test_the_network_is_found_inside(around):
    X, y = iris()
    numbers = X.iloc[:, 0].to_numpy()
    regressor = AdaptiveMLPRegressor(hidden_layer_sizes=(3, 2), max_iter=2)
    classifier = make_pipeline(StandardScaler(), AdaptiveMLPClassifier((3, 2), max_iter=2))
    model, n_layers = {
        "search": (GridSearchCV(classifier, {"adaptivemlpclassifier__alpha": [1.0]}, cv=2).fit(X, y), 2),
        "target": (TransformedTargetRegressor(regressor, transformer=StandardScaler()).fit(X, numbers), 2),
        "calibrated": (CalibratedClassifierCV(classifier, cv=2).fit(X, y), 2),  # that of the first fold
    }[around]
    client = client_of(model)
    assert len(client.get("/metadata").get_json()["activations"]) == n_layers
    assert client.get("/").get_data(as_text=True).count("<svg") == n_layers


def test_openapi_names_every_route_and_feature(client, rows):
    document = client.get("/openapi.json").get_json()
    documented = {path.replace("/iris", "/<model>") for path in document["paths"]}
    routes = {rule.rule for rule in client.application.url_map.iter_rules() if "<version>" not in rule.rule}
    assert documented == routes - {"/", "/openapi.json"}
    named = document["components"]["schemas"]["Row"]["oneOf"][1]
    assert set(named["properties"]) == set(rows.columns)


def test_an_unknown_path_is_answered_with_those_that_exist(client):
    message = client.get("/v1/modles/iris:predict").get_json()["error"]
    listed = set(message.partition("the routes are ")[2].split(", "))
    assert {"GET /", "POST /", "POST /v1/models/iris:predict", "GET /v2/models/iris/ready"} < listed
    documented = client.get("/openapi.json").get_json()["paths"]
    assert {f"{method.upper()} {path}" for path, item in documented.items() for method in item} < listed


def test_a_file_gives_its_name_and_its_example(tmp_path, model, rows):
    path = tmp_path / "iris (2nd try).skops"
    sk_adaptive.save(model, path, example=rows.iloc[1].tolist())
    about = client_of(path).get("/metadata").get_json()
    assert about["model_name"] == "iris_2nd_try_"
    assert [feature["example"] for feature in about["features"]] == rows.iloc[1].tolist()
    about = client_of(str(path), name="other", example=rows.iloc[2].tolist()).get("/metadata").get_json()
    assert about["model_name"] == "other"
    assert [feature["example"] for feature in about["features"]] == rows.iloc[2].tolist()


def test_metrics_count(client, rows):
    client.post("/predict", json={"instances": rows.to_numpy().tolist()})
    client.post("/predict", json={})
    client.get("/nowhere")
    lines = client.get("/metrics").get_data(as_text=True).splitlines()
    assert 'sk_adaptive_requests_total{route="/predict",status="200"} 1' in lines
    assert 'sk_adaptive_requests_total{route="/predict",status="400"} 1' in lines
    assert 'sk_adaptive_requests_total{route="unmatched",status="404"} 1' in lines
    assert 'sk_adaptive_request_seconds_count{route="/predict"} 2' in lines
    assert "sk_adaptive_rows_total 4" in lines  # with the row that warmed it up


def test_float32_model_without_names():
    X, y = iris()
    X = X.to_numpy(np.float32)
    model = AdaptiveMLPClassifier((4,), max_iter=2).fit(X, y)
    client = client_of(model)
    answer = client.post("/predict", json={"instances": X[:2].tolist()}).get_json()
    np.testing.assert_allclose(answer["probabilities"], model.predict_proba(X[:2]), rtol=1e-5)
    by_name = [{f"x{i}": value for i, value in enumerate(row)} for row in X[:2].tolist()]
    assert client.post("/predict", json={"instances": by_name}).get_json() == answer
    split = {"columns": [0, 1, 2, 3], "data": X[:2].tolist()}
    assert (
        client.post("/invocations", json={"dataframe_split": split}).get_json()["predictions"] == answer["predictions"]
    )


@pytest.mark.parametrize("outputs", [1, 2])
def test_regressor(outputs):
    X, _ = iris()
    y = X.to_numpy()[:, :outputs]
    model = AdaptiveMLPRegressor(hidden_layer_sizes=(4,), max_iter=2).fit(X, y[:, 0] if outputs == 1 else y)
    client = client_of(model)
    answer = client.post("/predict", json={"instances": X[:3].to_numpy().tolist()}).get_json()
    np.testing.assert_array_equal(answer["predictions"], model.predict(X[:3]))
    assert "probabilities" not in answer
    assert client.get("/metadata").get_json()["task"] == "regression"
    assert client.get("/").status_code == 200
    body = {"inputs": matrix(X[:3])}
    tensor = client.post("/v2/models/model/infer", json=body).get_json()["outputs"][0]
    assert tensor["shape"] == ([3] if outputs == 1 else [3, 2])
    refused = client.post(
        "/invocations", json={"inputs": X[:1].to_numpy().tolist(), "params": {"method": "predict_proba"}}
    )
    assert refused.status_code == 400


def test_multilabel():
    X, y = make_multilabel_classification(n_samples=50, n_features=4, random_state=0)
    model = AdaptiveMLPClassifier((4,), max_iter=2).fit(X, y)
    client = client_of(model)
    answer = client.post("/predict", json={"instances": X[:3].tolist()}).get_json()
    np.testing.assert_array_equal(answer["predictions"], model.predict(X[:3]))
    np.testing.assert_array_equal(answer["probabilities"], model.predict_proba(X[:3]))
    assert client.post("/", data={f"x{i}": "1" for i in range(4)}).status_code == 200


@pytest.fixture(scope="module")
def mixed():
    """A client of a model that reads numbers and categories, which may be missing."""
    model, X = mixed_model()
    return client_of(model), model, X


def test_categories_and_missing_values(mixed):
    client, model, X = mixed
    records = json.loads(X.iloc[2:6].to_json(orient="records"))
    assert records[1]["length"] is None
    answer = client.post("/predict", json={"instances": records}).get_json()
    np.testing.assert_array_equal(answer["probabilities"], model.predict_proba(X.iloc[2:6]))
    kinds = {feature["name"]: feature["kind"] for feature in client.get("/metadata").get_json()["features"]}
    assert kinds == {"length": "number", "width": "number", "colour": "category", "size": "category"}
    csv = client.post("/invocations", data=X.iloc[2:6].to_csv(index=False), content_type="text/csv")
    assert csv.get_json()["predictions"] == answer["predictions"]


def test_categories_as_tensors(mixed):
    client, model, X = mixed
    tensors = [
        {"name": name, "shape": [2], "datatype": "BYTES" if name == "colour" else "FP64", "data": X[name][:2].tolist()}
        for name in X.columns
    ]
    answer = client.post("/v2/models/model/infer", json={"inputs": tensors}).get_json()
    assert answer["outputs"][0]["data"] == model.predict(X[:2]).tolist()


@pytest.mark.parametrize("threads", [1, 8])
def test_requests_at_the_same_time_do_not_mix(threads):
    from concurrent.futures import ThreadPoolExecutor

    model = iris_model(n_members=2)
    X, _ = iris()
    app = create_app(model, blas_threads=None)

    def ask(i: int) -> list:
        return app.test_client().post("/predict", json={"instances": [X.iloc[i].tolist()]}).get_json()["probabilities"]

    with ThreadPoolExecutor(threads) as pool:
        answers = np.concatenate(list(pool.map(ask, range(len(X)))))
    np.testing.assert_allclose(answers, model.predict_proba(X), rtol=1e-12)
