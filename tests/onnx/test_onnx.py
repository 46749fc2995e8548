"""onnxruntime computes from an exported model what Python computes."""

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import skl2onnx
from own_activations import Squared
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.activations import NAMES, Blend, Polynomial, Rational, Spline, Swish
from sk_adaptive.losses import LOSSES
from sk_adaptive.onnx import to_onnx

X, Y = make_classification(n_samples=90, n_features=6, n_informative=5, n_redundant=0, n_classes=3, random_state=0)
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-7}  # gelu has float32's precision in both


def classifier(**parameters) -> AdaptiveMLPClassifier:
    defaults = {"hidden_layer_sizes": (6, 5), "max_iter": 10, "learning_rate_init": 0.02, "random_state": 0}
    return AdaptiveMLPClassifier(**defaults | parameters)


def session(model, rows, **options) -> onnxruntime.InferenceSession:
    content = to_onnx(model, rows, **options).SerializeToString()
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


def run(model, rows, **options) -> list[np.ndarray]:
    runner = session(model, rows, **options)
    return runner.run(None, {runner.get_inputs()[0].name: rows})


def assert_same(model, rows, dtype) -> None:
    rows = np.vstack([rows, 4 * rows]).astype(dtype)  # beyond what was seen too
    labels, probabilities = run(model, rows)
    np.testing.assert_allclose(probabilities, model.predict_proba(rows), rtol=0, atol=TOLERANCE[dtype])
    np.testing.assert_array_equal(labels, model.predict(rows))


@pytest.mark.parametrize(
    "activation",
    [*NAMES, Blend(["tanh", "relu", "gelu"]), Polynomial(degree=1), Rational((3, 0)), Spline(5, scope="network")],
    ids=str,
)
def test_every_activation(activation, dtype):
    assert_same(classifier(activation=activation).fit(X.astype(dtype), Y), X, dtype)


@pytest.mark.parametrize("y", [Y, Y > 0, np.array(["one", "two", "three"])[Y], np.array(["a", "b"])[Y % 2], Y * 0])
@pytest.mark.parametrize(
    "network", [{}, {"n_members": 3}, {"learn_scales": True}, {"n_members": 2, "learn_scales": True}]
)
def test_every_kind_of_classes_and_network(y, network, dtype):
    assert_same(classifier(**network).fit(X.astype(dtype), y), X, dtype)


@pytest.mark.parametrize("n_members", [1, 2])
def test_multilabel(n_members, dtype):
    features, y = make_multilabel_classification(n_samples=60, n_features=6, random_state=0)
    assert_same(classifier(n_members=n_members).fit(features.astype(dtype), y), features, dtype)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("n_members", [1, 2])
def test_regressor(loss, outputs, n_members, dtype):
    y = 100 + 10 * np.abs(X[:, :outputs])
    model = AdaptiveMLPRegressor(loss, (6,), n_members=n_members, learn_scales=True, max_iter=10, random_state=0)
    model.fit(X.astype(dtype), y[:, 0] if outputs == 1 else y)
    predicted = model.predict(X.astype(dtype))
    (exported,) = run(model, X.astype(dtype))
    assert exported.shape == (len(X), outputs)
    np.testing.assert_allclose(exported, predicted.reshape(exported.shape), rtol=TOLERANCE[dtype])


def test_pipeline_of_a_table():
    table = pd.DataFrame(X[:, :3].astype(np.float32), columns=list("abc")).assign(colour=np.array(["x", "y", "z"])[Y])
    table.loc[3, "a"] = np.nan
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    parts = ColumnTransformer([("numbers", numbers, list("abc")), ("colour", encoder, ["colour"])])
    model = make_pipeline(parts, classifier()).fit(table, Y)
    inputs = {name: table[[name]].to_numpy(object if name == "colour" else np.float32) for name in table}
    labels, probabilities = session(model, table).run(None, inputs)
    np.testing.assert_allclose(probabilities, model.predict_proba(table), rtol=0, atol=1e-5)
    np.testing.assert_array_equal(labels, model.predict(table))


def test_far_rows_are_clipped(dtype):
    model = classifier().fit(X.astype(dtype), Y)
    assert_same(model, 100 * X, dtype)
    assert_same(model, np.full((1, X.shape[1]), np.finfo(dtype).max / 4), dtype)


@pytest.mark.parametrize("opset", [13, 17, 21])
def test_opsets(opset):
    rows = X.astype(np.float32)
    model = classifier(activation=["spline", "rational"], n_members=2).fit(rows, Y)
    _, probabilities = run(model, rows, target_opset={"": opset, "ai.onnx.ml": 3})
    np.testing.assert_allclose(probabilities, model.predict_proba(rows), rtol=0, atol=1e-5)


def test_options():
    rows = X.astype(np.float32)
    names = np.array(["one", "two", "three"])
    model = classifier().fit(rows, names[Y])
    probabilities = model.predict_proba(rows)
    zipped = run(model, rows, options={"zipmap": True})[1]
    np.testing.assert_allclose([row["two"] for row in zipped], probabilities[:, 2], atol=1e-5)
    columns = session(model, rows, options={"zipmap": "columns"}).get_outputs()
    assert [output.name for output in columns][1:] == [f"s{label}" for label in model.classes_]  # skl2onnx' names
    numbers = run(model, rows, options={"zipmap": False, "nocl": True})[0]
    np.testing.assert_array_equal(model.classes_[numbers], model.predict(rows))
    classes = run(model, rows, options={"zipmap": False, "output_class_labels": True})[2]
    assert list(classes) == list(model.classes_)


def test_skl2onnx_itself_knows_the_estimators():
    rows = X.astype(np.float32)
    model = make_pipeline(StandardScaler(), classifier()).fit(rows, Y)
    graph = skl2onnx.to_onnx(model, rows[:1])
    assert [output.name for output in graph.graph.output] == ["output_label", "output_probability"]


class MirroredSwish(Swish):
    """A built-in family with another function: the graph that it inherits is not its own."""

    kernel = None

    def value(self, z, p):
        return -super().value(z, p)

    def derivative(self, z, p):
        return -super().derivative(z, p)

    def parameter_gradients(self, z, p):
        return (-gradient for gradient in super().parameter_gradients(z, p))


def test_another_function_does_not_inherit_a_graph():
    rows = X.astype(np.float32)
    with pytest.raises(ValueError, match="MirroredSwish cannot be exported"):
        to_onnx(classifier(activation=MirroredSwish()).fit(rows, Y), rows)


def test_own_activation_needs_a_graph(monkeypatch):
    rows = X.astype(np.float32)
    model = classifier(activation=Squared()).fit(rows, Y)
    with pytest.raises(ValueError, match=r"Squared cannot be exported .* must define onnx_graph"):
        to_onnx(model, rows)
    monkeypatch.setattr(Squared, "onnx_graph", lambda self, g, z, p: g("Mul", z, z))
    np.testing.assert_allclose(run(model, rows)[1], model.predict_proba(rows), atol=1e-5)
