"""The service described for machines, in OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from sk_adaptive import __version__

from ._inference import NUMBERS, OUTPUTS
from ._mlflow import FORMS, METHODS
from ._service import Service

JSON = "application/json"
Schema = dict[str, Any]


def openapi(service: Service) -> Schema:
    """Return the description of every route that takes or gives data."""
    model = f"/v2/models/{service.name}"
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{service.name}, served by sk_adaptive", "version": f"{service.version}+{__version__}"},
        "paths": {
            "/predict": _post("Predict rows", _object({"instances": _rows(service)}, ["instances"])),
            "/invocations": _post("Predict rows, as MLflow asks", _invocation(service)),
            f"{model}/infer": _post("Predict tensors, Open Inference Protocol V2", _inference(service)),
            model: _get("The model's tensors"),
            f"{model}/ready": _get("Whether the model is ready"),
            **{path: _get(summary) for path, summary in GETS.items()},
        },
        "components": {
            "schemas": {"Row": _row(service)},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


GETS = {
    "/metadata": "What the model is",
    "/metrics": "Counts, in Prometheus' text format",
    "/ping": "Whether the server lives",
    "/health": "Whether the server lives",
    "/version": "The version of sk_adaptive",
    "/v2": "The server",
    "/v2/health/live": "Whether the server lives",
    "/v2/health/ready": "Whether the server is ready",
}


def _get(summary: str) -> Schema:
    return {"get": {"summary": summary, "responses": {"200": {"description": "The answer"}}}}


def _post(summary: str, body: Schema) -> Schema:
    refusals = {
        "400": "The body is wrong",
        "401": "The token is missing",
        "413": "Too much",
        "415": "Wrong content type",
    }
    return {
        "post": {
            "summary": summary,
            "requestBody": {"required": True, "content": {JSON: {"schema": body}}},
            "responses": {
                "200": {"description": "The predictions", "content": {JSON: {"schema": {"type": "object"}}}},
                **{status: {"description": why} for status, why in refusals.items()},
                "422": {"description": "The answer is not a finite number"},
            },
        }
    }


def _object(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _rows(service: Service) -> Schema:
    row = {"$ref": "#/components/schemas/Row"}
    return {"type": "array", "items": row, "minItems": 1, "maxItems": service.limits.max_rows}


def _row(service: Service) -> Schema:
    cells = {
        feature.name: {"type": ["string", "number", "boolean", "null"] if feature.is_category else ["number", "null"]}
        for feature in service.features
    }
    values = {"type": "array", "prefixItems": list(cells.values()), "items": False, "minItems": len(cells)}
    return {"oneOf": [values, _object(cells, list(cells))], "example": service.example}


def _invocation(service: Service) -> Schema:
    forms = {form: {"type": ["array", "object"]} for form in FORMS} | {"instances": _rows(service)}
    params = _object({"method": {"enum": list(METHODS)}}, [])
    return {"oneOf": [_object({form: schema, "params": params}, [form]) for form, schema in forms.items()]}


def _inference(service: Service) -> Schema:
    tensor = {
        "name": {"type": "string"},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1, "maxItems": 2},
        "datatype": {"enum": ["BYTES", *sorted(NUMBERS)]},
        "data": {"type": "array"},
        "parameters": {"type": "object"},
    }
    output = {"name": {"enum": list(OUTPUTS)}, "parameters": {"type": "object"}}
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "inputs": {"type": "array", "items": _object(tensor, ["name", "shape", "datatype", "data"]), "minItems": 1},
            "outputs": {"type": "array", "items": _object(output, ["name"]), "minItems": 1},
        },
        "required": ["inputs"],
    }
