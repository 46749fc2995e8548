"""Metadata and metrics of the service: `/metadata` and `/metrics`."""

from __future__ import annotations

from typing import Any

import sklearn
from flask import Blueprint, Response

from sk_adaptive import __version__

from ._json import reply
from ._openapi import Schema, get
from ._service import Service


def blueprint(service: Service) -> Blueprint:
    """Return these routes."""
    routes = Blueprint("about", __name__)
    description = metadata(service)

    @routes.get("/metadata")
    def about() -> Response:
        return reply(description)

    @routes.get("/metrics")
    def metrics() -> Response:
        return Response(service.metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")

    return routes


def paths(service: Service) -> Schema:
    """Return the description of these routes."""
    return {"/metadata": get("What the model is"), "/metrics": get("Counts, in Prometheus' text format")}


def metadata(service: Service) -> dict[str, Any]:
    """Return the model's names, versions, features, classes and learned activations."""
    network = service.network
    return {
        "model_name": service.name,
        "model_version": service.version,
        "task": "classification" if service.is_classifier else "regression",
        "versions": {"sk_adaptive": __version__, "scikit-learn": sklearn.__version__},
        "features": [
            {
                "name": feature.name,
                "kind": "category" if feature.is_category else "number",
                "example": feature.example,
                **({"categories": list(feature.options)} if feature.options else {}),
            }
            for feature in service.features
        ],
        "classes": service.classes,
        "activations": [
            {"layer": i, "units": fitted.n_units, "family": repr(fitted.activation), "formula": fitted.formula()}
            for i, fitted in enumerate(network.activations_ if network is not None else [], 1)
        ],
        "limits": vars(service.limits),
    }
