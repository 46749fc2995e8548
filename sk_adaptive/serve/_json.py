"""JSON of requests and responses, as in the standard: without NaN and infinity."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from typing import Any, NoReturn

import numpy as np
from flask import Response, request

from ._errors import RequestError


def read_body() -> bytes:
    """Return the body of the request.

    Raises
    ------
    RequestError
        If it is longer than it may be. Flask raises as much for a length that is announced; a chunked body it cuts.
    """
    body = request.get_data()
    if request.content_length is None and len(body) >= (request.max_content_length or math.inf):
        raise RequestError(f"the body is too large, the limit is {request.max_content_length} bytes", 413)
    return body


def parse(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body.

    Raises
    ------
    RequestError
        If the body is not JSON, is nested too deeply, holds NaN or Infinity, or is not an object.
    """
    try:
        parsed = json.loads(body, parse_constant=_refuse)
    except RecursionError:
        raise RequestError("the body is nested too deeply") from None
    except ValueError as error:
        raise RequestError(f"the body is not JSON: {error}") from None
    if not isinstance(parsed, dict):
        raise RequestError(f"the body must be a JSON object, got {kind(parsed)}")
    return parsed


def reply(content: Any, status: int = 200) -> Response:
    """Return a JSON response; NaN or infinity raises an error."""
    return Response(json.dumps(content, allow_nan=False), status, mimetype="application/json")


def plain(values: Any) -> Any:
    """Return a label, or an array of labels, as JSON values; types unknown to JSON, such as dates, become text."""
    if isinstance(values, np.ndarray):
        is_known = values.dtype.kind in "biu" or (
            values.dtype in (np.float32, np.float64) and np.isfinite(values).all()
        )
        return values.tolist() if is_known else [plain(value) for value in values]
    if isinstance(values, np.generic) and values.dtype.kind in "biuf":
        values = values.astype(float) if isinstance(values, np.longdouble) else values.item()
    if values is None or isinstance(values, (bool, int)) or (isinstance(values, float) and math.isfinite(values)):
        return values
    text = values if isinstance(values, (str, bytes)) else str(values)
    data = text if isinstance(text, bytes) else text.encode(errors="backslashreplace")
    return data.decode(errors="backslashreplace")


def check_fields(content: dict[str, Any], known: Collection[str]) -> None:
    """Raise an error if there are unknown fields."""
    unknown = [field for field in content if field not in known]
    if unknown:
        raise RequestError(f"unknown field {unknown[0]!r}; known are {', '.join(known)}")


def kind(value: Any) -> str:
    """Return the JSON type of a value."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    kinds: dict[type, str] = {dict: "an object", list: "an array", str: "a string"}
    return kinds.get(type(value), "a number")


def _refuse(constant: str) -> NoReturn:
    raise RequestError(f"the body is not JSON: {constant} is not a JSON number; use null for a missing value")
