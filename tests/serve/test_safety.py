"""What a service refuses, how it says so, and what it never does."""

import base64
import io
import json
import logging

import numpy as np
import pytest
from serve.models import iris
from sklearn.exceptions import NotFittedError
from threadpoolctl import threadpool_info, threadpool_limits

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.serve import Limits, create_app

JSON = "application/json"
VALID = {"instances": [[5.1, 3.5, 1.4, 0.2]]}


def tensor(**changes) -> bytes:
    good = {"name": "x", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}
    return json.dumps({"inputs": [{**good, **changes}]}).encode()


REFUSED = [
    # path, body, what the message names
    ("/predict", b"", "not JSON"),
    ("/predict", b"{", "not JSON"),
    ("/predict", b"\xff\xfe\x00", "not JSON"),
    ("/predict", b"[]", "must be a JSON object, got an array"),
    ("/predict", b"{}", "'instances' is missing"),
    ("/predict", b'{"instances": [], "more": 1}', "'more'"),
    ("/predict", b'{"instances": []}', "no rows"),
    ("/predict", b'{"instances": {}}', "'instances' must be an array"),
    ("/predict", b'{"instances": [3]}', "row 0"),
    ("/predict", b'{"instances": [[1, 2, 3]]}', "row 0 has 3 values, but the model has 4"),
    ("/predict", b'{"instances": [[1, 2, 3, "4"]]}', "'petal width (cm)' must be a number, got a string"),
    ("/predict", b'{"instances": [[1, 2, [3], 4]]}', "'petal length (cm)' must be a number, got an array"),
    ("/predict", b'{"instances": [[1, 2, 3, NaN]]}', "NaN is not a JSON number"),
    ("/predict", b'{"instances": [[1, 2, 3, -Infinity]]}', "-Infinity is not a JSON number"),
    ("/predict", b'{"instances": [[1, 2, 3, 1e999]]}', "'petal width (cm)' is not a finite number"),
    ("/predict", b'{"instances": [[1, 2, 3, 1%s]]}' % (b"0" * 400), "'petal width (cm)' is not a finite number"),
    ("/predict", b'{"instances": [[1, 2, 3, 1%s]]}' % (b"0" * 5000), "not JSON"),
    ("/predict", b'{"instances": [{"sepal length (cm)": 1}]}', "'sepal width (cm)' is missing"),
    ("/predict", b"[" * 100_000, "nested too deeply"),
    ("/predict", b'{"instances":' * 50_000, "nested too deeply"),
    ("/invocations", b"{}", "exactly one of"),
    ("/invocations", b'{"inputs": [], "instances": []}', "exactly one of"),
    ("/invocations", b'{"dataframe_split": []}', "'dataframe_split'"),
    ("/invocations", b'{"dataframe_split": {"data": [[1]]}}', "'columns'"),
    ("/invocations", b'{"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}}', "row 0"),
    ("/invocations", b'{"inputs": {"a": [1], "b": [1, 2]}}', "equal length"),
    ("/invocations", b'{"inputs": [[1, 2, 3, 4]], "params": []}', "'params'"),
    ("/invocations", b'{"inputs": [[1, 2, 3, 4]], "params": {"method": "fit"}}', "'method'"),
    ("/v1/models/iris:predict", b"{}", "'instances' is missing"),
    ("/v1/models/iris:predict", b'{"instances": [[1, 2, 3]]}', "row 0 has 3 values"),
    ("/v1/models/iris:predict", b'{"instances": [[1, 2, 3, 4]], "inputs": 1}', "'inputs'"),
    ("/v1/models/iris:predict", b'{"instances": [[1, 2, 3, 4]], "parameters": []}', "'parameters'"),
    ("/v1/models/iris:predict", b'{"instances": [[1, 2, 3, 4]], "parameters": {"method": []}}', "'method'"),
    ("/v2/models/iris/infer", b"{}", "'inputs'"),
    ("/v2/models/iris/infer", b'{"inputs": []}', "'inputs'"),
    ("/v2/models/iris/infer", tensor(name=3), "'name'"),
    ("/v2/models/iris/infer", tensor(shape=[1]), "shape needs 1"),
    ("/v2/models/iris/infer", tensor(shape=[1, 5]), "5 columns"),
    ("/v2/models/iris/infer", tensor(shape=[2, 4]), "its shape needs 8"),
    ("/v2/models/iris/infer", tensor(shape=[-1, 4]), "'shape'"),
    ("/v2/models/iris/infer", tensor(shape=[10**30, 4]), "rows"),
    ("/v2/models/iris/infer", tensor(shape="4"), "'shape'"),
    ("/v2/models/iris/infer", tensor(datatype="FP128"), "'datatype'"),
    ("/v2/models/iris/infer", tensor(data="abcd"), "'data'"),
    ("/v2/models/iris/infer", tensor(data=[1, 2, 3, {}]), "'petal width (cm)' must be a number, got an object"),
    ("/v2/models/iris/infer", json.dumps({**json.loads(tensor()), "outputs": [{"name": "z"}]}).encode(), "'z'"),
]


@pytest.mark.parametrize(("path", "body", "names"), REFUSED)
def test_wrong_bodies_are_refused_with_the_field(client, path, body, names):
    answer = client.post(path, data=body, content_type=JSON)
    assert answer.status_code in (400, 413)
    message = answer.get_json().get("error") or answer.get_json()["message"]
    assert names in message
    assert "Traceback" not in message
    assert len(message) <= 500


def test_unknown_feature_is_named(client, rows):
    row = {**rows.iloc[0].to_dict(), "height": 1}
    assert "'height'" in client.post("/predict", json={"instances": [row]}).get_json()["error"]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b"", "no rows"),
        (b"\xff", "UTF-8"),
        (b"a,b\n1,2\n", "no feature 'a'"),
        (b"sepal length (cm)\nx\n", "must be a number, got 'x'"),
        (b"sepal length (cm)\n1,2\n", "expected 1"),
        (b"sepal length (cm)\n1\n", "'sepal width (cm)' is missing"),
    ],
)
def test_wrong_csv_is_refused(client, body, names):
    answer = client.post("/invocations", data=body, content_type="text/csv")
    assert answer.status_code == 400
    assert names in answer.get_json()["message"]


@pytest.mark.parametrize("path", ["/predict", "/invocations"])
def test_other_content_types_are_refused(client, path):
    for content_type in ("text/plain", "application/x-www-form-urlencoded", None):
        assert client.post(path, data=json.dumps(VALID), content_type=content_type).status_code == 415


def test_other_methods_and_paths_are_json_errors(client):
    answer = client.get("/predict")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert "error" in answer.get_json()
    assert client.get("/nowhere").status_code == 404


@pytest.mark.parametrize(
    ("limits", "instances", "names"),
    [
        (Limits(max_rows=2), [[0] * 4] * 3, "3 rows"),
        (Limits(max_cells=8), [[0] * 4] * 3, "cells"),
        (Limits(max_body_bytes=64), [[0] * 4] * 30, "Too Large"),
    ],
)
@pytest.mark.parametrize("path", ["/predict", "/v1/models/model:predict", "/v2/models/model/infer", "/invocations"])
def test_limits(model, limits, instances, names, path):
    client = create_app(model, limits=limits, blas_threads=None).test_client()
    flat = [value for row in instances for value in row]
    bodies = {
        "/predict": {"instances": instances},
        "/v1/models/model:predict": {"instances": instances},
        "/invocations": {"inputs": instances},
        "/v2/models/model/infer": {
            "inputs": [{"name": "x", "shape": [len(instances), 4], "datatype": "FP32", "data": flat}]
        },
    }
    answer = client.post(path, json=bodies[path])
    assert answer.status_code == 413
    assert names in (answer.get_json().get("error") or answer.get_json()["message"])


@pytest.mark.parametrize(("length", "status"), [(4000, 413), (64, 413), (63, 200)])
def test_limits_hold_for_chunked_bodies_too(model, length, status):
    client = create_app(model, limits=Limits(max_body_bytes=64), blas_threads=None).test_client()
    body = json.dumps(VALID).encode().ljust(length)
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    answer = client.post("/predict", input_stream=io.BytesIO(body), content_type=JSON, environ_overrides=chunked)
    assert answer.status_code == status


@pytest.mark.parametrize(("value", "status"), [(1e300, 400), (3e38, 422)], ids=["too large to read", "overflows later"])
def test_answers_that_are_not_finite_are_refused(value, status):
    X, _ = iris()
    X = X.to_numpy(np.float32)
    knobs = {
        "hidden_layer_sizes": (4,),
        "activation": "identity",
        "standardize": False,
        "max_iter": 2,
        "random_state": 4,
    }
    model = AdaptiveMLPRegressor(**knobs).fit(X, X[:, 0])
    answer = create_app(model, blas_threads=None).test_client().post("/predict", json={"instances": [[value] * 4]})
    assert answer.status_code == status
    assert "row 0" in answer.get_json()["error"] or "column 0" in answer.get_json()["error"]


def test_a_failing_model_is_a_500_without_a_traceback(model, rows, monkeypatch, caplog):
    client = create_app(model, blas_threads=None).test_client()

    message = "terces"[::-1]  # not as such in the source, which the log quotes

    def fail(_):
        raise RuntimeError(message)

    monkeypatch.setattr(client.application.extensions["sk_adaptive"].model, "predict", fail, raising=False)
    with caplog.at_level(logging.INFO):
        answer = client.post("/predict", json=VALID)
    assert answer.status_code == 500
    assert "secret" not in answer.get_data(as_text=True)
    assert "secret" not in caplog.text
    assert "RuntimeError" in caplog.text


def test_logs_hold_no_bodies(client, caplog):
    with caplog.at_level(logging.DEBUG):
        client.post("/predict", json={"instances": [[123.456, "topsecret", 1, 1]]})
        client.get("/topsecret?password=topsecret")
    assert "/predict 400" in caplog.text
    assert "topsecret" not in caplog.text
    assert "123.456" not in caplog.text


class TestToken:
    TOKEN = "s3cret-token"

    @pytest.fixture
    def client(self, model):
        return create_app(model, token=self.TOKEN, blas_threads=None).test_client()

    @staticmethod
    def basic(password: str) -> str:
        return "Basic " + base64.b64encode(f"anyone:{password}".encode()).decode()

    def test_right_tokens_enter(self, client):
        for header in (f"Bearer {self.TOKEN}", f"bearer {self.TOKEN}", self.basic(self.TOKEN)):
            assert client.post("/predict", json=VALID, headers={"Authorization": header}).status_code == 200

    @pytest.mark.parametrize(
        "header",
        [None, "", "Bearer", "Bearer wrong", "Bearer s3cret-tokeN", "Bearer \u00e9", "Token s3cret-token", "Basic !"],
    )
    def test_wrong_tokens_do_not(self, client, header):
        headers = {} if header is None else {"Authorization": header}
        for path in ("/", "/metadata", "/metrics", "/openapi.json", "/v2/models/model"):
            answer = client.get(path, headers=headers)
            assert answer.status_code == 401
            assert "Bearer" in answer.headers["WWW-Authenticate"]
        assert client.post("/predict", json=VALID, headers=headers).status_code == 401

    def test_wrong_password_does_not(self, client):
        assert client.get("/", headers={"Authorization": self.basic("wrong")}).status_code == 401

    def test_health_is_open(self, client):
        for path in ("/ping", "/health", "/v2/health/live", "/v2/health/ready"):
            assert client.get(path).status_code == 200

    @pytest.mark.parametrize("token", ["", "two words", "\u00e9"])
    def test_tokens_that_no_header_can_carry_are_refused(self, model, token):
        with pytest.raises(ValueError, match="token"):
            create_app(model, token=token, blas_threads=None)


def test_other_origins_are_not_allowed_unless_asked(model, client):
    asked = {"Origin": "https://friend.example"}
    assert "Access-Control-Allow-Origin" not in client.get("/metadata", headers=asked).headers
    client = create_app(model, allow_origins=["https://friend.example"], token="t", blas_threads=None).test_client()
    preflight = client.options("/predict", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://friend.example"
    other = client.options("/predict", headers={"Origin": "https://other.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    assert "Origin" in other.headers["Vary"]


def test_pages_may_not_load_or_be_framed(client):
    headers = client.get("/").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_blas_is_limited(model):
    with threadpool_limits(limits=2, user_api="blas"):
        create_app(model)
        assert {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"} == {1}


def test_a_model_that_cannot_predict_is_not_served(model):
    with pytest.raises(ValueError, match="example row"):
        create_app(model, example=["a", "b", "c", "d"], blas_threads=None)
    with pytest.raises(ValueError, match="has 3 values"):
        create_app(model, example=[1, 2, 3], blas_threads=None)
    with pytest.raises(NotFittedError):
        create_app(AdaptiveMLPClassifier())


@pytest.mark.parametrize("name", ["", "a b", "../x", "a/b", "\u00e9"])
def test_names_go_into_a_path(model, name):
    with pytest.raises(ValueError, match="name must consist of"):
        create_app(model, name=name, blas_threads=None)
