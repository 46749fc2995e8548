"""Checks of every request: token, origin, headers, metrics and error responses."""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import time
import traceback
from collections.abc import Collection

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, NotFound

from ._errors import RequestError
from ._json import reply
from ._service import Service

logger = logging.getLogger("sk_adaptive.serve")

OPEN_ROUTES = {"/ping", "/health", "/v2/health/live", "/v2/health/ready"}  # what a load balancer asks
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def guard(app: Flask, service: Service, token: str | None, origins: Collection[str]) -> None:
    """Add the checks to an app.

    Parameters
    ----------
    app : Flask
        The app.
    service : Service
        Whose metrics count.
    token : str or None
        What a request must bear; None lets everyone in.
    origins : collection of str
        Other origins whose pages may ask; none by default.
    """

    @app.before_request
    def admit() -> Response | None:
        g.began = time.perf_counter()
        if token is None or _route() in OPEN_ROUTES or (request.method == "OPTIONS" and origins):
            return None
        if _bears(token):
            return None
        response = reply({"error": "a token is needed: send it as 'Authorization: Bearer TOKEN'"}, 401)
        response.headers["WWW-Authenticate"] = 'Bearer, Basic realm="the token as password"'
        return response

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers.update(HEADERS)
        if origins:
            _allow_origin(response, origins)
        seconds = time.perf_counter() - g.began
        service.metrics.count_request(_route(), response.status_code, seconds)
        logger.info("%s %s %d %.1f ms", request.method, _route(), response.status_code, 1000 * seconds)
        return response

    @app.errorhandler(RequestError)
    def refused(error: RequestError) -> Response:
        return reply({"error": error.message}, error.status)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        why = f"the routes are {_routes(app, service)}" if isinstance(error, NotFound) else error.description
        response = reply({"error": f"{error.name}: {why}"}, error.code or 500)
        response.headers.extend((key, value) for key, value in error.get_headers() if key == "Allow")
        return response

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        # The place, without the message: it may quote what was sent.
        place = "".join(traceback.format_tb(error.__traceback__))
        logger.error("%s %s: %s\n%s", request.method, _route(), type(error).__name__, place)
        return reply({"error": "the server failed; its log says where"}, 500)


def _route() -> str:
    """Return the rule that a request matched, never text of the request."""
    return str(request.url_rule.rule) if request.url_rule is not None else "unmatched"


def _routes(app: Flask, service: Service) -> str:
    """Return every method and path of an app, without paths that only add the model's version."""
    paths = [
        f"{method} {rule.rule.replace('<model>', service.name)}"
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
        if "version" not in rule.arguments
    ]
    return ", ".join(paths)


def _bears(token: str) -> bool:
    """Return whether the request has the token, as a bearer token or as a password, for which a browser can ask."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return False
    elif scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.encode(), token.encode())


def _allow_origin(response: Response, origins: Collection[str]) -> None:
    origin = request.headers.get("Origin")
    response.headers.add("Vary", "Origin")
    if origin in origins:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
