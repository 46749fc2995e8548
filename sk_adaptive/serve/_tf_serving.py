"""Prediction protocol, version 1, as used by TensorFlow Serving, KServe and Vertex AI.

https://www.tensorflow.org/tfx/serving/api_rest, https://kserve.github.io/website/docs/concepts/architecture/data-plane/v1-protocol
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from ._errors import RequestError
from ._json import check_fields, parse, read_body, reply
from ._methods import SCHEMA, ask, method_of
from ._openapi import ROWS, Schema, an_object, get, post
from ._service import Service

MODEL = "/v1/models/<model>"
FIELDS = ["instances", "parameters", "signature_name"]


def blueprint(service: Service) -> Blueprint:
    """Return the routes of this protocol."""
    routes = Blueprint("tf_serving", __name__)

    @routes.get("/v1/models")
    def models() -> Response:
        return reply({"models": [service.name]})

    @routes.get(MODEL)
    @routes.get(f"{MODEL}/versions/<version>")
    def status(model: str, version: str | None = None) -> Response:
        service.check_name(model, version)
        return reply(_status(service), 200 if service.ready else 503)

    @routes.post(f"{MODEL}:predict")
    @routes.post(f"{MODEL}/versions/<version>:predict")
    def predict(model: str, version: str | None = None) -> Response:
        service.check_name(model, version)
        content = parse(read_body())
        check_fields(content, FIELDS)  # a signature's name is not used: the model has one
        if "instances" not in content:
            raise RequestError("field 'instances' is missing: an array of rows")
        method = method_of(content.get("parameters"), "parameters")
        return reply({"predictions": ask(service, content["instances"], "instances", method)})

    return routes


def paths(service: Service) -> Schema:
    """Return the description of these routes."""
    model = f"/v1/models/{service.name}"
    fields = {"instances": ROWS, "parameters": SCHEMA, "signature_name": {"type": "string"}}
    return {
        "/v1/models": get("The models that are served: one"),
        model: get("Whether the model is ready"),
        f"{model}:predict": post(
            "Predict rows, as TensorFlow Serving, KServe and Vertex AI ask", an_object(fields, ["instances"])
        ),
    }


def _status(service: Service) -> dict[str, Any]:
    """Return the status of a model in the formats of KServe and TensorFlow Serving."""
    state = "AVAILABLE" if service.ready else "UNLOADING"
    version = {"version": service.version, "state": state, "status": {"error_code": "OK", "error_message": ""}}
    return {"name": service.name, "ready": service.ready, "model_version_status": [version]}
