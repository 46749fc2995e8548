"""Protocol of MLflow's scoring server: `/invocations`, `/ping`, `/health` and `/version`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from sk_adaptive import __version__

from ._errors import RequestError
from ._json import check_fields, parse, read_body, reply
from ._methods import SCHEMA, ask, method_of
from ._openapi import ROWS, Schema, an_object, get, post
from ._service import Service


def blueprint(service: Service) -> Blueprint:
    """Return the routes of this protocol."""
    routes = Blueprint("mlflow", __name__)

    @routes.errorhandler(RequestError)
    def refused(error: RequestError) -> Response:
        code = "BAD_REQUEST" if error.status < 500 else "INTERNAL_ERROR"
        return reply({"error_code": code, "message": error.message}, error.status)

    @routes.get("/ping")
    @routes.get("/health")
    def ping() -> Response:
        return Response("\n", 200 if service.ready else 503, mimetype="application/json")

    @routes.get("/version")
    def version() -> Response:
        return Response(f"sk_adaptive {__version__}", mimetype="text/plain")

    @routes.post("/invocations")
    def invocations() -> Response:
        if request.mimetype == "text/csv":
            return reply({"predictions": ask(service, _from_csv(service, read_body()), "csv", "predict")})
        if request.mimetype != "application/json":
            raise RequestError(
                f"content type must be application/json or text/csv, got {request.mimetype!r}", status=415
            )
        content = parse(read_body())
        check_fields(content, [*FORMS, "params"])
        given = [form for form in FORMS if form in content]
        if len(given) != 1:
            raise RequestError(f"the body must have exactly one of {', '.join(FORMS)}, got {len(given)} of them")
        method = method_of(content.get("params"), "params")
        return reply({"predictions": ask(service, FORMS[given[0]](service, content[given[0]]), given[0], method)})

    return routes


def paths(service: Service) -> Schema:
    """Return the description of these routes."""
    forms: Schema = {form: {"type": ["array", "object"]} for form in FORMS} | {"instances": ROWS}
    bodies = [an_object({form: schema, "params": SCHEMA}, [form]) for form, schema in forms.items()]
    return {
        "/invocations": post("Predict rows, in MLflow's formats", {"oneOf": bodies}),
        "/ping": get("Whether the server lives"),
        "/health": get("Whether the server lives"),
        "/version": get("The version of sk_adaptive"),
    }


def _rows(service: Service, rows: Any) -> Any:
    return rows


def _from_split(service: Service, split: Any) -> list[Any]:
    """Return the rows of pandas' orient="split"; without feature names, columns are identified by position."""
    if not isinstance(split, dict) or not isinstance(split.get("data"), list):
        raise RequestError("'dataframe_split' must be an object with 'columns' and 'data', an array of rows")
    columns, rows = split.get("columns"), split["data"]
    if not service.named:
        return rows
    if not isinstance(columns, list) or not all(isinstance(column, str) for column in columns):
        raise RequestError("'dataframe_split': 'columns' must be an array of feature names")
    for i, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(columns):
            raise RequestError(f"'dataframe_split': row {i} must be an array of {len(columns)} values")
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _from_inputs(service: Service, inputs: Any) -> Any:
    """Return the rows of a tensor, or of an object of columns."""
    if not isinstance(inputs, dict):
        return inputs
    columns = list(inputs.values())
    if not columns or not all(isinstance(column, list) and len(column) == len(columns[0]) for column in columns):
        raise RequestError("'inputs' must be an array of rows, or an object of columns of equal length")
    return [dict(zip(inputs, row, strict=True)) for row in zip(*columns, strict=True)]


def _from_csv(service: Service, body: bytes) -> list[Any]:
    """Return the rows of a CSV text with a header; an empty cell is a missing value."""
    try:
        lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
    except (ValueError, csv.Error) as error:
        raise RequestError(f"the body is not CSV in UTF-8: {error}") from None
    header, rows = (lines[0], [line for line in lines[1:] if line]) if lines else ([], [])
    names = header if service.named else [feature.name for feature in service.features]
    features = {feature.name: feature for feature in service.features}
    unknown = [name for name in names if name not in features]
    if unknown:
        raise RequestError(f"csv: the model has no feature {unknown[0]!r}")
    for i, row in enumerate(rows):
        if len(row) != len(names):
            raise RequestError(f"csv: row {i} has {len(row)} cells, expected {len(names)}")
    return [
        {name: features[name].from_text(cell, i) for name, cell in zip(names, row, strict=True)}
        for i, row in enumerate(rows)
    ]


# Each form that a body may take, and how its rows are found.
FORMS: dict[str, Callable[[Service, Any], Any]] = {
    "dataframe_split": _from_split,
    "dataframe_records": _rows,
    "instances": _rows,
    "inputs": _from_inputs,
}
