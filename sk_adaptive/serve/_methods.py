"""Choice between labels and probabilities by the name of a method."""

from __future__ import annotations

from typing import Any

from ._errors import RequestError
from ._json import check_fields, kind
from ._openapi import Schema, an_object
from ._service import Service

METHODS = ("predict", "predict_proba")
SCHEMA: Schema = an_object({"method": {"enum": list(METHODS)}}, [])


def method_of(parameters: Any, field: str) -> str:
    """Return the method in the parameters of a request; "predict" if there are none.

    Raises
    ------
    RequestError
        If the parameters hold anything else; the message names the field.
    """
    if parameters is None:
        return "predict"
    if not isinstance(parameters, dict):
        raise RequestError(f"{field!r} must be an object, got {kind(parameters)}")
    check_fields(parameters, ["method"])
    method = parameters.get("method", "predict")
    if method not in METHODS:
        raise RequestError(f"{field}: 'method' must be one of {', '.join(METHODS)}")
    return str(method)


def ask(service: Service, rows: Any, field: str, method: str) -> Any:
    """Return the result of a method of the model for the rows of a request.

    Raises
    ------
    RequestError
        If the rows are rejected, or the model has no probabilities.
    """
    checked = service.checked(rows, field)
    if method == "predict":
        return service.answer(checked, probabilities=False).predictions
    if not service.gives_probabilities:
        raise RequestError("this model has no predict_proba")
    return service.answer(checked, predictions=False).probabilities
