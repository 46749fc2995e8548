"""Main protocol: `POST /predict` with `instances`, named as in TensorFlow Serving and Vertex AI."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from ._errors import RequestError
from ._json import check_fields, parse, read_body, reply
from ._openapi import ROWS, Schema, an_object, post
from ._service import Service


def blueprint(service: Service) -> Blueprint:
    """Return the routes of this protocol."""
    routes = Blueprint("predict", __name__)

    @routes.post("/predict")
    def predict() -> Response:
        if request.mimetype != "application/json":
            raise RequestError(f"content type must be application/json, got {request.mimetype!r}", 415)
        content = parse(read_body())
        check_fields(content, ["instances"])
        if "instances" not in content:
            raise RequestError("field 'instances' is missing: an array of rows")
        answer = service.answer(service.checked(content["instances"], "instances"))
        result: dict[str, Any] = {
            "predictions": answer.predictions,
            "model_name": service.name,
            "model_version": service.version,
        }
        if answer.probabilities is not None:
            result |= {"probabilities": answer.probabilities, "classes": service.classes}
        return reply(result)

    return routes


def paths(service: Service) -> Schema:
    """Return the description of these routes."""
    return {"/predict": post("Predict rows", an_object({"instances": ROWS}, ["instances"]))}
