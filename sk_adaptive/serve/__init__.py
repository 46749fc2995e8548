"""HTTP service of a fitted model: a WSGI app with the protocols of existing clients.

`create_app` creates the app for any WSGI server; `run` serves it with waitress until it receives a signal to stop.
"""

from __future__ import annotations

try:
    import flask  # noqa: F401
except ImportError as error:
    raise ImportError("serving needs Flask and waitress: pip install 'sk_adaptive[serve]'") from error

from ._app import create_app
from ._limits import Limits
from ._server import run

__all__ = ["Limits", "create_app", "run"]
