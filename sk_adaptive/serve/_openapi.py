"""Description of the service in OpenAPI 3.1: `/openapi.json`, and helpers for the protocols."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response

from sk_adaptive import __version__

from ._features import Feature
from ._json import reply
from ._service import Service

JSON = "application/json"
REFUSALS = {
    "400": "The body is wrong",
    "401": "The token is missing",
    "413": "Too much",
    "415": "Wrong content type",
    "422": "The answer is not a finite number",
}
Schema = dict[str, Any]
ROWS: Schema = {"$ref": "#/components/schemas/Rows"}


def blueprint(service: Service, paths: Iterable[Schema]) -> Blueprint:
    """Return the route of the description; `paths` are those of each protocol."""
    routes = Blueprint("openapi", __name__)
    document = {
        "openapi": "3.1.0",
        "info": {"title": f"{service.name}, served by sk_adaptive", "version": f"{service.version}+{__version__}"},
        "paths": {path: item for described in paths for path, item in described.items()},
        "components": {
            "schemas": {
                "Row": _row(service),
                "Rows": {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/Row"},
                    "minItems": 1,
                    "maxItems": service.limits.max_rows,
                },
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }

    @routes.get("/openapi.json")
    def schema() -> Response:
        return reply(document)

    return routes


def get(summary: str) -> Schema:
    """Return the description of a GET path."""
    return {"get": {"summary": summary, "responses": {"200": {"description": "The answer"}}}}


def post(summary: str, body: Schema) -> Schema:
    """Return the description of a POST path that predicts; `body` is the schema of its body."""
    answer = {"description": "The predictions", "content": {JSON: {"schema": {"type": "object"}}}}
    return {
        "post": {
            "summary": summary,
            "requestBody": {"required": True, "content": {JSON: {"schema": body}}},
            "responses": {"200": answer, **{status: {"description": why} for status, why in REFUSALS.items()}},
        }
    }


def an_object(properties: Schema, required: list[str]) -> Schema:
    """Return the schema of an object without other properties."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _row(service: Service) -> Schema:
    cells = {feature.name: {"type": _types(feature)} for feature in service.features}
    values = {"type": "array", "prefixItems": list(cells.values()), "items": False, "minItems": len(cells)}
    return {"oneOf": [values, an_object(cells, list(cells))], "example": service.example}


def _types(feature: Feature) -> list[str]:
    text = ["string"] if feature.holds_text else []
    return [*text, *(["number", "boolean"] if feature.holds_numbers else []), "null"]
