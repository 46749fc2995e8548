"""JSON as the standard has it: no NaN or infinity, neither in nor out."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from typing import Any, NoReturn

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
    """Return the object that a body holds.

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
    """Return a response; a number that JSON cannot express is a bug, not an answer."""
    return Response(json.dumps(content, allow_nan=False), status, mimetype="application/json")


def check_fields(content: dict[str, Any], known: Collection[str]) -> None:
    """Refuse fields that nobody would read."""
    unknown = [field for field in content if field not in known]
    if unknown:
        raise RequestError(f"unknown field {unknown[0]!r}; known are {', '.join(known)}")


def kind(value: Any) -> str:
    """Return what JSON calls a value."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    kinds: dict[type, str] = {dict: "an object", list: "an array", str: "a string"}
    return kinds.get(type(value), "a number")


def _refuse(constant: str) -> NoReturn:
    raise RequestError(f"the body is not JSON: {constant} is not a JSON number; use null for a missing value")
