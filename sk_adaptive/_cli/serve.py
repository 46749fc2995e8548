"""`sk-adaptive serve`: serve a saved model over HTTP."""

from __future__ import annotations

import argparse
import os

from . import _arguments, _models

TOKEN = "SK_ADAPTIVE_TOKEN"
LAST_PORT = 2**16 - 1


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser of all commands."""
    summary = "serve a saved model over HTTP: a page for people, and the protocols of existing clients"
    parser = subparsers.add_parser(
        "serve",
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"A token is read from the environment variable {TOKEN}, never from the command line.",
    )
    _models.add_argument(parser)
    parser.add_argument("--name", help="what requests call the model (default: the file's name)")
    parser.add_argument("--model-version", default="1", metavar="VERSION", help="default: %(default)s")
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s, this machine only")
    parser.add_argument("--port", type=_port, default=8080, help="default: %(default)s; 0 takes a free one")
    parser.add_argument(
        "--threads", type=_arguments.count, default=4, metavar="N", help="requests side by side (default: %(default)s)"
    )
    parser.add_argument(
        "--allow-origin", nargs="+", default=[], metavar="ORIGIN", help="origins whose pages may call (default: none)"
    )
    parser.add_argument("--log", action="store_true", help="write a line per request to standard error, without bodies")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Load, and serve until SIGINT or SIGTERM."""
    import logging

    from sk_adaptive import serve

    logging.basicConfig(level=logging.INFO if args.log else logging.WARNING, format="%(asctime)s %(message)s")
    app = serve.create_app(
        args.model,
        name=args.name,
        version=args.model_version,
        token=os.environ.get(TOKEN),
        allow_origins=args.allow_origin,
    )
    try:
        serve.run(
            app,
            host=args.host,
            port=args.port,
            threads=args.threads,
            on_listening=lambda address: print(f"serving {args.model} on {address}", flush=True),
        )
    except OSError as error:
        raise OSError(f"cannot listen on {args.host}, port {args.port}: {error.strerror or error}") from error


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to {LAST_PORT}, got {text!r}")
    return int(text)
