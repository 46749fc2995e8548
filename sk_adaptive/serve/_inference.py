"""Open Inference Protocol, version 2, over REST, as used by KServe, Triton and MLServer.

https://github.com/kserve/open-inference-protocol; tensors in JSON, without the binary extension. The output names are
those of MLServer's scikit-learn runtime.
"""

from __future__ import annotations

import math
from typing import Any

from flask import Blueprint, Response, request

from sk_adaptive import __version__

from ._errors import RequestError
from ._json import kind, parse, read_body, reply
from ._methods import METHODS
from ._openapi import Schema, an_object, get, post
from ._rows import check_size
from ._service import Service

NUMBERS = {f"{sort}{bits}" for sort in ("INT", "UINT") for bits in (8, 16, 32, 64)} | {"FP16", "FP32", "FP64", "BOOL"}
MODEL = "/v2/models/<model>"


def blueprint(service: Service) -> Blueprint:
    """Return the routes of this protocol."""
    routes = Blueprint("inference", __name__)

    @routes.get("/v2")
    def server() -> Response:
        return reply({"name": "sk_adaptive", "version": __version__, "extensions": []})

    @routes.get("/v2/health/live")
    def live() -> Response:
        return reply({"live": True})

    @routes.get("/v2/health/ready")
    def ready() -> Response:
        return _ready(service)

    for prefix in (MODEL, f"{MODEL}/versions/<version>"):
        _add_model(routes, prefix, service)
    return routes


def _add_model(routes: Blueprint, prefix: str, service: Service) -> None:
    """Add the routes of a model, with or without its version."""

    def ready(model: str, version: str | None = None) -> Response:
        service.check_name(model, version)
        return _ready(service)

    def metadata(model: str, version: str | None = None) -> Response:
        service.check_name(model, version)
        return reply(_metadata(service))

    def infer(model: str, version: str | None = None) -> Response:
        service.check_name(model, version)
        if "Inference-Header-Content-Length" in request.headers:
            raise RequestError("binary tensors are not supported: send the data as JSON (binary_data=False)")
        return reply(_infer(service, parse(read_body())))

    routes.add_url_rule(f"{prefix}/ready", view_func=ready, endpoint=f"ready {prefix}")
    routes.add_url_rule(prefix, view_func=metadata, endpoint=f"metadata {prefix}")
    routes.add_url_rule(f"{prefix}/infer", view_func=infer, endpoint=f"infer {prefix}", methods=["POST"])


def paths(service: Service) -> Schema:
    """Return the description of these routes."""
    tensor = {
        "name": {"type": "string"},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1, "maxItems": 2},
        "datatype": {"enum": ["BYTES", *sorted(NUMBERS)]},
        "data": {"type": "array"},
        "parameters": {"type": "object"},
    }
    output = {"name": {"enum": list(METHODS)}, "parameters": {"type": "object"}}
    required = ["name", "shape", "datatype", "data"]
    body = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "inputs": {"type": "array", "items": an_object(tensor, required), "minItems": 1},
            "outputs": {"type": "array", "items": an_object(output, ["name"]), "minItems": 1},
        },
        "required": ["inputs"],
    }
    model = f"/v2/models/{service.name}"
    return {
        "/v2": get("The server"),
        "/v2/health/live": get("Whether the server lives"),
        "/v2/health/ready": get("Whether the server is ready"),
        model: get("The model's tensors"),
        f"{model}/ready": get("Whether the model is ready"),
        f"{model}/infer": post("Predict tensors, Open Inference Protocol V2", body),
    }


def _infer(service: Service, content: dict[str, Any]) -> dict[str, Any]:
    names = _wanted(service, content.get("outputs"))
    rows = service.checked(_rows(service, content.get("inputs")), "inputs")
    answer = service.answer(rows, predictions="predict" in names, probabilities="predict_proba" in names)
    tensors: dict[str, tuple[Any, list[Any] | None]] = {
        "predict": (answer.predictions, service.classes),
        "predict_proba": (answer.probabilities, None),
    }
    result: dict[str, Any] = {"model_name": service.name, "model_version": service.version}
    if isinstance(content.get("id"), str):
        result["id"] = content["id"]
    return result | {"outputs": [_tensor(name, *tensors[name]) for name in names]}


def _ready(service: Service) -> Response:
    return reply({"ready": service.ready}, 200 if service.ready else 503)


def _metadata(service: Service) -> dict[str, Any]:
    outputs = [{"name": "predict", "datatype": _datatype(service.classes or [0.0]), "shape": [-1]}]
    if service.gives_probabilities:
        outputs.append({"name": "predict_proba", "datatype": "FP64", "shape": [-1, len(service.classes or [])]})
    datatypes = ["BYTES" if feature.holds_text else "FP64" for feature in service.features]
    datatype = "BYTES" if "BYTES" in datatypes else "FP64"
    one_matrix = [{"name": "input", "datatype": datatype, "shape": [-1, len(service.features)]}]
    columns = [
        {"name": feature.name, "datatype": datatype, "shape": [-1]}
        for feature, datatype in zip(service.features, datatypes, strict=True)
    ]
    return {
        "name": service.name,
        "versions": [service.version],
        "platform": "sk_adaptive",
        "inputs": columns if service.named else one_matrix,
        "outputs": outputs,
    }


def _wanted(service: Service, outputs: Any) -> list[str]:
    if outputs is None:
        return ["predict"]
    if not isinstance(outputs, list) or not outputs or not all(isinstance(output, dict) for output in outputs):
        raise RequestError("'outputs' must be an array of objects with a 'name'")
    names = [output.get("name") for output in outputs]
    here = METHODS if service.gives_probabilities else METHODS[:1]
    unknown = [name for name in names if name not in here]
    if unknown:
        raise RequestError(f"'outputs': unknown output {unknown[0]!r}, known are {', '.join(here)}")
    return list(dict.fromkeys(names))


def _rows(service: Service, inputs: Any) -> list[Any]:
    """Return the rows of one matrix, or of one column per feature."""
    if not isinstance(inputs, list) or not inputs or not all(isinstance(tensor, dict) for tensor in inputs):
        raise RequestError("'inputs' must be an array of tensors")
    n_features = len(service.features)
    if len(inputs) == 1 and len(_shape(inputs[0])) == 2:
        n_rows, width = _shape(inputs[0])
        if width != n_features:
            raise RequestError(
                f"tensor {inputs[0].get('name')!r} has {width} columns, the model has {n_features} features"
            )
        check_size(n_rows, n_features, service.limits)
        flat = _values(inputs[0])
        return [flat[i : i + n_features] for i in range(0, len(flat), n_features)]
    if len(inputs) > n_features:
        raise RequestError(f"there are {len(inputs)} tensors, but the model has {n_features} features")
    columns = {}
    for tensor in inputs:
        shape = _shape(tensor)
        if shape[1:] not in ([], [1]) or shape[0] != _shape(inputs[0])[0]:
            raise RequestError(f"tensor {tensor.get('name')!r} must have the shape [rows] or [rows, 1] of the others")
        check_size(shape[0], n_features, service.limits)
        columns[str(tensor.get("name"))] = _values(tensor)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _shape(tensor: dict[str, Any]) -> list[int]:
    shape = tensor.get("shape")
    if (
        not isinstance(shape, list)
        or not 1 <= len(shape) <= 2
        or not all(type(size) is int and size >= 0 for size in shape)
    ):
        raise RequestError(f"tensor {tensor.get('name')!r}: 'shape' must be [rows] or [rows, columns]")
    return shape


def _values(tensor: dict[str, Any]) -> list[Any]:
    """Return the data of a tensor row by row; the data can be flat or nested."""
    name, data, datatype = tensor.get("name"), tensor.get("data"), tensor.get("datatype")
    if not isinstance(name, str):
        raise RequestError(f"a tensor's 'name' must be a string, got {kind(name)}")
    if datatype != "BYTES" and (not isinstance(datatype, str) or datatype not in NUMBERS):
        raise RequestError(f"tensor {name!r}: 'datatype' must be one of BYTES, {', '.join(sorted(NUMBERS))}")
    if not isinstance(data, list):
        raise RequestError(f"tensor {name!r}: 'data' must be an array, got {kind(data)}")
    if data and all(isinstance(row, list) for row in data):
        data = [value for row in data for value in row]
    if len(data) != math.prod(_shape(tensor)):
        raise RequestError(f"tensor {name!r} has {len(data)} values, but its shape needs {math.prod(_shape(tensor))}")
    return data


def _tensor(name: str, values: list[Any], classes: list[Any] | None) -> dict[str, Any]:
    nested = isinstance(values[0], list)
    flat = [value for row in values for value in row] if nested else values
    shape = [len(values), len(values[0])] if nested else [len(values)]
    datatype = _datatype(classes or flat)
    data = [str(value) for value in flat] if datatype == "BYTES" else flat
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


def _datatype(values: list[Any]) -> str:
    """Return the datatype of a tensor; values of mixed types are sent as text."""
    kinds = set(map(type, values))
    return {bool: "BOOL", int: "INT64", float: "FP64"}.get(kinds.pop(), "BYTES") if len(kinds) == 1 else "BYTES"
