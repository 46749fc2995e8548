"""Page for browsers: the model, its learned activations, and a form for predictions. It uses no script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from markupsafe import Markup

from sk_adaptive._estimators.html_repr import figure

from ._about import metadata
from ._errors import RequestError
from ._openapi import Schema
from ._service import Service

MAX_FIELDS = 100  # beyond, the row is one field of comma-separated values
MAX_OPTIONS = 1000  # of a select; beyond, a category is a field of text
ROW = "row"


def blueprint(service: Service) -> Blueprint:
    """Return the routes of the page."""
    routes = Blueprint("page", __name__, template_folder="templates")
    network = service.network
    one_field = len(service.features) > MAX_FIELDS
    selects = [0 < len(feature.options) <= MAX_OPTIONS for feature in service.features]
    fixed = {
        "about": metadata(service),
        "features": service.features,
        "one_field": one_field,
        "selects": selects,
        "optional": [not one_field and is_select and service.takes_missing(i) for i, is_select in enumerate(selects)],
        "pictures": [
            (fitted, Markup(figure(fitted, f"hidden layer {i}")))
            for i, fitted in enumerate(network.activations_ if network is not None else [])
        ],
    }

    def page(values: Mapping[str, str], status: int = 200, **result: Any) -> Response:
        return make_response(render_template("page.html", values=values, **fixed, **result), status)

    @routes.get("/")
    def show() -> Response:
        return page(_start(service))

    @routes.post("/")
    def ask() -> Response:
        values = request.form.to_dict()
        try:
            answer = service.answer(service.checked([_row(service, values)], ROW))
        except RequestError as error:
            return page(values, error.status, error=error.message.removeprefix("row 0: "))
        pairs = zip(service.classes or [], (answer.probabilities or [[]])[0], strict=False)
        probabilities = sorted(pairs, key=lambda pair: -pair[1])
        return page(values, prediction=answer.predictions[0], probabilities=probabilities)

    return routes


def paths(service: Service) -> Schema:
    """Return the description of these routes: none, because they are not for programs."""
    return {}


def _start(service: Service) -> dict[str, str]:
    """Return the initial values of the form: the example row."""
    texts = ["" if value is None else str(value) for value in service.example]
    return {ROW: ", ".join(texts)} | {f"x{i}": text for i, text in enumerate(texts)}


def _row(service: Service, values: Mapping[str, str]) -> list[Any]:
    n_features = len(service.features)
    texts = values[ROW].split(",") if ROW in values else [values.get(f"x{i}", "") for i in range(n_features)]
    if len(texts) != n_features:
        raise RequestError(f"there are {len(texts)} values, but the model has {n_features} features")
    return [feature.from_text(text, 0) for feature, text in zip(service.features, texts, strict=True)]
