"""WSGI app: the service, its protocols, its page and the checks of requests."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from flask import Flask
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from sk_adaptive._persistence import load_with_header

from . import _about, _inference, _mlflow, _openapi, _page, _predict, _tf_serving
from ._guard import guard
from ._limits import Limits
from ._service import Service

PROTOCOLS = (_predict, _mlflow, _tf_serving, _inference, _about, _page)  # each a `blueprint` and its `paths`


def create_app(
    model: BaseEstimator | str | os.PathLike,
    *,
    name: str | None = None,
    version: str = "1",
    example: Sequence | Mapping | None = None,
    token: str | None = None,
    allow_origins: Collection[str] = (),
    limits: Limits | None = None,
    blas_threads: int | None = 1,
) -> Flask:
    """Create a WSGI app that serves a fitted model.

    The model predicts one row before the function returns, so that the app is ready.

    Parameters
    ----------
    model : estimator, str or path-like
        A fitted estimator or pipeline, or the path of a .skops file.
    name : str, default=None
        Name of the model in requests: letters, digits, ".", "_" and "-". None takes the name of the file, with "_" in
        place of other characters, or "model" for an estimator.
    version : str, default="1"
        Version of the model, with the same characters.
    example : sequence or mapping, default=None
        Example row in the form of the page and in the API description. None takes the row saved in the file; without
        one, zeros and first categories.
    token : str, default=None
        Secret that all requests except health checks must contain; compared in constant time. None allows all requests.
    allow_origins : collection of str, default=()
        Origins whose pages are allowed to call the service (CORS), such as "https://example.org".
    limits : Limits, default=None
        Limits on the size of one request; None takes the defaults.
    blas_threads : int, default=1
        Number of BLAS threads in this process from now on. Requests run in parallel, and more threads than cores are
        slow. None does not change BLAS.

    Returns
    -------
    Flask
        The app. `app.extensions["sk_adaptive"]` is its service.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    ValueError
        If a name or the token cannot be used, the file is not one of `sk_adaptive.save`, the model cannot predict the
        example, or two of its classes are equal in JSON.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sk_adaptive import AdaptiveMLPClassifier
    >>> from sk_adaptive.serve import create_app
    >>> X, y = load_iris(return_X_y=True)
    >>> app = create_app(AdaptiveMLPClassifier(solver="lbfgs", random_state=0).fit(X, y), name="iris")
    >>> app.test_client().post("/predict", json={"instances": [[5.1, 3.5, 1.4, 0.2]]}).get_json()["predictions"]
    [0]
    """
    if isinstance(model, (str, os.PathLike)):
        path = Path(model)
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", path.stem) if name is None else name
        model, header = load_with_header(path)
        example = header["example"] if example is None else example
    name = "model" if name is None else name
    for what, text in {"name": name, "version": version}.items():
        if not text or not text.isascii() or not text.replace(".", "").replace("_", "").replace("-", "").isalnum():
            raise ValueError(f"{what} must consist of letters, digits, '.', '_' and '-', got {text!r}")
    if token is not None and (not token or not token.isascii() or not token.isprintable() or " " in token):
        raise ValueError("token must consist of printable ASCII characters without spaces")
    if blas_threads is not None:
        threadpool_limits(limits=blas_threads, user_api="blas")
    service = Service.from_model(model, name, version, example, limits or Limits())
    app = Flask("sk_adaptive.serve", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = service.limits.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = service.limits.max_body_bytes
    app.extensions["sk_adaptive"] = service
    for protocol in PROTOCOLS:
        app.register_blueprint(protocol.blueprint(service))
    app.register_blueprint(_openapi.blueprint(service, [protocol.paths(service) for protocol in PROTOCOLS]))
    guard(app, service, token, frozenset(allow_origins))
    return app
