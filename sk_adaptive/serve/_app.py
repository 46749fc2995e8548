"""The app: a service, its dialects, its page, and the guard around them."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from flask import Flask
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from sk_adaptive._persistence import load, read_header

from . import _about, _inference, _mlflow, _openapi, _page, _predict, _tf_serving
from ._guard import guard
from ._limits import Limits
from ._service import Service

DIALECTS = (_predict, _mlflow, _tf_serving, _inference, _about, _page)  # each a `blueprint` and its `paths`


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
    """Make a WSGI app that serves a fitted model.

    The model predicts one row before the app is returned: an app that exists is ready.

    Parameters
    ----------
    model : estimator, str or path-like
        A fitted estimator or pipeline, or the .skops file that one was saved to.
    name : str, default=None
        What requests call the model: letters, digits, ".", "_" and "-". None takes the name of the file, with "_" for
        other characters, and "model" for an estimator.
    version : str, default="1"
        Its version, of the same characters.
    example : sequence or mapping, default=None
        One row that the page's form and the description start from. None takes the row saved in the file, or else
        zeros and first categories.
    token : str, default=None
        A secret that requests must bear, but for the health checks; compared in constant time. None lets everyone in.
    allow_origins : collection of str, default=()
        Origins whose pages may call the service (CORS), such as "https://example.org".
    limits : Limits, default=None
        What one request may ask for; None takes the defaults.
    blas_threads : int, default=1
        Threads that BLAS may use in this process from now on: requests are answered side by side, and threads on top
        of threads slow each other down. None leaves BLAS alone.

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
        example, or two of its classes are the same as JSON.

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
        example = read_header(path)["example"] if example is None else example
        model = load(path)
    name = "model" if name is None else name
    for what, text in {"name": name, "version": version}.items():
        if not text or not text.isascii() or not text.replace(".", "").replace("_", "").replace("-", "").isalnum():
            raise ValueError(f"{what} must be of letters, digits, '.', '_' and '-', got {text!r}")
    if token is not None and (not token or not token.isascii() or not token.isprintable() or " " in token):
        raise ValueError("token must be of printable ASCII characters without spaces")
    if blas_threads is not None:
        threadpool_limits(limits=blas_threads, user_api="blas")
    service = Service.from_model(model, name, version, example, limits or Limits())
    app = Flask("sk_adaptive.serve", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = service.limits.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = service.limits.max_body_bytes
    app.extensions["sk_adaptive"] = service
    for dialect in DIALECTS:
        app.register_blueprint(dialect.blueprint(service))
    app.register_blueprint(_openapi.blueprint(service, [dialect.paths(service) for dialect in DIALECTS]))
    guard(app, service, token, frozenset(allow_origins))
    return app
