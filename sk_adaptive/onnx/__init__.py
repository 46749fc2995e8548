"""Export to ONNX. Importing this module registers both estimators with skl2onnx.

Afterwards `skl2onnx.to_onnx` and `skl2onnx.convert_sklearn` take them like scikit-learn's own, in pipelines too, with
the options of classifiers: zipmap, nocl and output_class_labels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from sk_adaptive._data.targets import ClassTargets, NumberTargets
from sk_adaptive._data.values import is_table
from sk_adaptive._estimators.base import BaseAdaptiveMLP
from sk_adaptive._estimators.classifier import AdaptiveMLPClassifier
from sk_adaptive._estimators.regressor import AdaptiveMLPRegressor
from sk_adaptive.activations import Activation

try:
    import skl2onnx
    from onnx import ModelProto, TensorProto
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
    from skl2onnx.common.utils_classifier import get_label_classes
except ImportError as error:
    raise ImportError("exporting to ONNX needs skl2onnx: pip install 'sk_adaptive[onnx]'") from error

from ._graphs import Graph
from ._inputs import Table, types_of

__all__ = ["Graph", "to_onnx"]


def to_onnx(model: BaseEstimator, X: Any, *, options: dict | None = None, target_opset: Any = None) -> ModelProto:
    """Convert a fitted estimator or pipeline to ONNX.

    Parameters
    ----------
    model : estimator
        A fitted estimator of this package, or a pipeline of steps that skl2onnx knows that ends in one.
    X : array-like or DataFrame of shape (n_samples, n_features)
        Rows that tell the types of the graph's inputs; one row without missing values is enough. float32 numbers make a
        float32 graph, float64 numbers a float64 one. Each column of a DataFrame becomes an input of its own, of shape
        (n_samples, 1): strings, whole numbers or floats. NaN is a missing number; ONNX has no missing string: an empty
        one stands for it, and so do "nan", "None" and "<NA>", if they were no levels in training.
    options : dict, default=None
        skl2onnx's options, by estimator. None asks for probabilities as one tensor: ``{"zipmap": False}``.
    target_opset : int or dict, default=None
        The version of ONNX' operators, 13 or above; None takes the newest that skl2onnx writes.

    Returns
    -------
    onnx.ModelProto
        The model: its outputs are "label" and "probabilities" of a classifier, "variable" of a regressor.

    Raises
    ------
    ValueError
        If a user's own activation does not define `onnx_graph`, or a column cannot be read as its levels need it.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sk_adaptive import AdaptiveMLPClassifier
    >>> from sk_adaptive.onnx import to_onnx
    >>> X, y = load_iris(return_X_y=True)
    >>> model = AdaptiveMLPClassifier(solver="lbfgs", random_state=0).fit(X, y)
    >>> [output.name for output in to_onnx(model, X[:1].astype(np.float32)).graph.output]
    ['label', 'probabilities']
    """
    if options is None:
        options = {"zipmap": False} if hasattr(model, "classes_") else {}
    known = model._columns if isinstance(model, BaseAdaptiveMLP) else None
    rows = {"initial_types": types_of(X, known)} if is_table(X) else {"X": X[:1]}
    return skl2onnx.to_onnx(model, **rows, options=options, target_opset=target_opset)


def _graph(operator: Any, scope: Any, container: Any) -> Graph:
    """Return a graph in float64 if one of an operator's inputs of numbers is, else in float32."""
    return Graph(scope, container, np.dtype(np.float64 if _is_double(operator) else np.float32))


def _is_double(operator: Any) -> bool:
    inputs, categories = operator.inputs, operator.raw_operator._columns.categories
    numbers = [each for i, each in enumerate(inputs) if i not in categories] if len(inputs) > 1 else []
    return any(isinstance(each.type, DoubleTensorType) for each in numbers or inputs)


def _raw(g: Graph, operator: Any) -> str:
    """Add the layers; return raw outputs (n_rows, n_outputs), or (n_members, n_rows, n_outputs) of an ensemble."""
    network: BaseAdaptiveMLP = operator.raw_operator
    plan, theta = network._plan, network.theta_
    table = Table(g, operator.inputs, network._columns)
    h = ""
    for i, layer in enumerate(plan.layers):
        coef, intercept = plan.coefs(theta)[i], plan.intercepts(theta)[i]
        h = table.product(_front(network) * coef, plan.inputs) if i == 0 else g("MatMul", h, coef)
        h = g("Add", h, intercept[:, None] if intercept.ndim == 2 else intercept)
        if layer.activation is not None:
            p = plan.parameters(theta)[i]
            h = _activate(g, h, layer.activation, np.broadcast_to(p, (len(p), layer.n_out)))
    return h


def _activate(g: Graph, z: str, activation: Activation, p: np.ndarray) -> str:
    kinds = type(activation).__mro__
    owner = next(kind for kind in kinds if "onnx_graph" in vars(kind))
    value_owner = next(kind for kind in kinds if "value" in vars(kind))
    if not issubclass(owner, value_owner):  # a subclass with another function: the inherited graph is not its graph
        return Activation.onnx_graph(activation, g, z, p)
    return activation.onnx_graph(g, z, p)


def _front(network: BaseAdaptiveMLP) -> np.ndarray:
    """Return what scales each input's weights: (n_inputs, 1), or (n_members, n_inputs, 1) of an ensemble."""
    plan, theta = network._plan, network.theta_
    n_inputs = plan.layers[0].n_in
    scale = np.ones(n_inputs)
    if plan.input_scale >= 0:
        scale = theta[plan.input_scale : plan.input_scale + n_inputs]
    return (scale if plan.signs is None else plan.signs * scale)[..., None]


def _mean_of_members(g: Graph, values: str, network: BaseAdaptiveMLP) -> str:
    n_members = network._plan.n_members
    if network._plan.signs is None:
        return values
    return g("Div", g("ReduceSum", values, g.constant(np.array([0])), keepdims=0), float(n_members))


def _convert_regressor(scope: Any, operator: Any, container: Any) -> None:
    network: AdaptiveMLPRegressor = operator.raw_operator
    targets: NumberTargets = network._targets
    g = _graph(operator, scope, container)
    raw = _raw(g, operator)
    standard = _mean_of_members(g, _predictions(g, raw, targets.out_activation), network)
    shift, scale = targets.scaling
    y = g("Add", g("Mul", standard, scale), shift)
    container.add_node("Identity", y, operator.outputs[0].full_name, name=scope.get_unique_operator_name("Identity"))


def _predictions(g: Graph, raw: str, out_activation: str) -> str:
    if out_activation not in ("identity", "exp"):
        raise ValueError(f"a loss with the inverse link {out_activation!r} cannot be exported to ONNX")
    return g("Exp", raw) if out_activation == "exp" else raw


def _convert_classifier(scope: Any, operator: Any, container: Any) -> None:
    network: AdaptiveMLPClassifier = operator.raw_operator
    targets: ClassTargets = network._targets
    g = _graph(operator, scope, container)
    probabilities = _probabilities(g, _raw(g, operator), network)
    if targets.multilabel:
        label = g("Cast", g("Greater", probabilities, 0.5), to=TensorProto.INT64)
    else:
        classes = np.asarray(get_label_classes(scope, network))
        number = g("ArgMax", probabilities, axis=1, keepdims=0)
        label = g("Gather", g.constant(classes.astype(np.int64) if classes.dtype.kind in "biuf" else classes), number)
    for name, output in zip((label, probabilities), operator.outputs, strict=True):
        container.add_node("Identity", name, output.full_name, name=scope.get_unique_operator_name("Identity"))


def _probabilities(g: Graph, raw: str, network: AdaptiveMLPClassifier) -> str:
    """Add what `ClassTargets.probabilities` computes."""
    targets: ClassTargets = network._targets
    if targets.is_multiclass:
        return _mean_of_members(g, g("Softmax", raw, axis=-1), network)
    p = _mean_of_members(g, g("Sigmoid", raw), network)
    if targets.multilabel:
        return p
    if len(targets.classes) == 1:
        return g("Add", g("Mul", p, 0.0), 1.0)
    rest = _mean_of_members(g, g("Sigmoid", g("Neg", raw)), network)
    return g("Concat", rest, p, axis=1)


def _classifier_shapes(operator: Any) -> None:
    n_rows = operator.inputs[0].get_first_dimension()
    network: AdaptiveMLPClassifier = operator.raw_operator
    classes = np.asarray(get_label_classes(operator.scope_inst, network))
    kind = Int64TensorType if classes.dtype.kind in "biuf" else StringTensorType
    operator.outputs[0].set_type(kind([n_rows, len(classes)] if network._targets.multilabel else [n_rows]))
    operator.outputs[1].set_type(_number_type(operator)([n_rows, len(classes)]))


def _regressor_shapes(operator: Any) -> None:
    shape = [operator.inputs[0].get_first_dimension(), operator.raw_operator.n_outputs_]
    operator.outputs[0].set_type(_number_type(operator)(shape))


def _number_type(operator: Any) -> Any:
    """Return the type of numbers that come out: skl2onnx goes by the first input, which may be text."""
    return DoubleTensorType if _is_double(operator) else FloatTensorType


skl2onnx.update_registered_converter(
    AdaptiveMLPClassifier,
    "SkAdaptiveMLPClassifier",
    _classifier_shapes,
    _convert_classifier,
    options={"zipmap": [True, False, "columns"], "nocl": [True, False], "output_class_labels": [False, True]},
)
skl2onnx.update_registered_converter(
    AdaptiveMLPRegressor, "SkAdaptiveMLPRegressor", _regressor_shapes, _convert_regressor
)
