"""Labels that JSON does not know are answered as text, on every route."""

import datetime as dt
import json
from decimal import Decimal

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from sk_adaptive.serve import create_app

# Strings of NumPy 2.
STRINGS = (
    [
        (np.array(["a", "b"], dtype=np.dtypes.StringDType()), ["a", "b"]),
        (np.array(["a", np.nan], dtype=np.dtypes.StringDType(na_object=np.nan)), ["a", "nan"]),
    ]
    if hasattr(np.dtypes, "StringDType")
    else []
)


class Cyclic(ClassifierMixin, BaseEstimator):
    """Gives each class in turn, whatever its type: our own estimators and scikit-learn's refuse some of these."""

    def __init__(self, labels) -> None:
        self.labels = labels

    def fit(self) -> "Cyclic":
        self.classes_, self.n_features_in_ = self.labels, 1
        return self

    def predict(self, X):
        return self.classes_[np.arange(len(X)) % len(self.classes_)]

    def predict_proba(self, X):
        return np.eye(len(self.classes_))[np.arange(len(X)) % len(self.classes_)]


def objects(*labels) -> np.ndarray:
    return np.array([*labels, None], dtype=object)[:-1]


LABELS = [
    (np.array(["2020-01-01", "2021-01-01"], dtype="datetime64[D]"), ["2020-01-01", "2021-01-01"]),
    (
        np.array(["2020-01-01", "2021-01-01"], dtype="datetime64[ns]"),
        [f"{y}-01-01T00:00:00.000000000" for y in (2020, 2021)],
    ),
    (np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"), ["2020-01-01", "NaT"]),
    (np.array([1, 2], dtype="timedelta64[D]"), ["1 days", "2 days"]),
    (np.array([b"a", b"b"]), ["a", "b"]),
    (objects(b"\xff", b"b"), ["\\xff", "b"]),
    *STRINGS,
    (np.array([1.0, np.nan]), [1.0, "nan"]),
    (np.array([1.0, np.inf]), [1.0, "inf"]),
    (np.array([1.5, 2.5], dtype=np.longdouble), [1.5, 2.5]),
    (np.array([1.5, 2.5], dtype=np.float16), [1.5, 2.5]),
    (np.array([1j, 2j]), ["1j", "2j"]),
    (np.array(["\ud800", "b"]), ["\\ud800", "b"]),
    (objects(None, "a"), [None, "a"]),
    (objects(np.int64(2), np.bool_(True), np.str_("a")), [2, True, "a"]),
    (objects(Decimal("1.5"), dt.date(2020, 1, 1), (1, 2)), ["1.5", "2020-01-01", "(1, 2)"]),
    (objects(float("nan"), "a"), ["nan", "a"]),
    (np.array([2**63], dtype=np.uint64), [2**63]),
]


@pytest.mark.parametrize(("labels", "texts"), LABELS)
def test_every_route_answers_labels_that_json_does_not_know(labels, texts):
    client = create_app(Cyclic(labels).fit(), blas_threads=None).test_client()
    rows = [[float(i)] for i in range(len(labels))]
    for path, answer in {
        "/predict": client.post("/predict", json={"instances": rows}),
        "/invocations": client.post("/invocations", json={"inputs": rows}),
        "/v1/models/model:predict": client.post("/v1/models/model:predict", json={"instances": rows}),
    }.items():
        assert answer.status_code == 200, path
        assert answer.get_json()["predictions"] == texts
    assert client.get("/metadata").get_json()["classes"] == texts
    tensor = {"name": "x", "shape": [len(rows), 1], "datatype": "FP64", "data": rows}
    output = client.post("/v2/models/model/infer", json={"inputs": [tensor]}).get_json()["outputs"][0]
    assert output["data"] == (list(map(str, texts)) if output["datatype"] == "BYTES" else texts)
    assert output["datatype"] == client.get("/v2/models/model").get_json()["outputs"][0]["datatype"]
    for page in (client.get("/"), client.post("/", data={"x0": "1"})):
        assert page.status_code == 200
    json.loads(client.get("/openapi.json").data)


def test_labels_that_would_read_the_same_are_refused_when_the_app_is_made():
    with pytest.raises(ValueError, match="two classes"):
        create_app(Cyclic(objects(b"a", "a")).fit(), blas_threads=None)


def test_feature_names_that_no_request_can_hold_are_refused_when_the_app_is_made():
    model = Cyclic(np.array([0, 1])).fit()
    model.feature_names_in_ = np.array(["\ud800"], dtype=object)
    with pytest.raises(ValueError, match="feature name"):
        create_app(model, blas_threads=None)
