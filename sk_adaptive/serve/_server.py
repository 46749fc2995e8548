"""Server process on waitress, with graceful shutdown."""

from __future__ import annotations

import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from ._service import Service

SECONDS_TO_FINISH = 10.0
SECONDS_TO_NOTICE = 0.25  # how long a signal may wait
CONNECTIONS = {
    "connection_limit": 500,  # open at a time, below the 1024 files that most systems allow a process
    "channel_timeout": 20,  # seconds until one that is idle is closed
    "cleanup_interval": 2,  # seconds between looks for them
}
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(
    app: Flask,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    threads: int = 4,
    on_listening: Callable[[str], None] | None = None,
) -> None:
    """Serve an app until SIGINT or SIGTERM, then finish the current requests within 10 s.

    Parameters
    ----------
    app : Flask
        From `create_app`.
    host : str, default="127.0.0.1"
        Address to listen on. The default accepts connections from this machine only, "0.0.0.0" from all machines.
    port : int, default=8080
        Port; 0 chooses a free port.
    threads : int, default=4
        Number of requests that are processed in parallel.
    on_listening : callable, default=None
        Called with the address of the service when it is ready.

    Raises
    ------
    OSError
        If the server cannot listen on the address.
    ValueError
        If called from a thread other than the main thread, because only the main thread receives signals.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns of every request that waits for a thread
    service: Service = app.extensions["sk_adaptive"]
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in SIGNALS}
    channels: dict[int, Any] = {}
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        server = create_server(
            app,
            map=channels,
            sockets=[listening],
            threads=threads,
            max_request_body_size=service.limits.max_body_bytes + 1,  # waitress refuses this size, not only more
            ident=None,
            **CONNECTIONS,
        )
        if on_listening is not None:
            on_listening(f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}")
        while not stop.is_set():
            _exchange(channels, SECONDS_TO_NOTICE)
        service.draining.set()
        _finish(server, channels)
    finally:
        wasyncore.close_all(channels)
        for number, handler in before.items():
            signal.signal(number, handler)


def _exchange(channels: dict[int, Any], seconds: float) -> None:
    """Process connections that are ready; wait for them at most this number of seconds."""
    wasyncore.loop(timeout=seconds, map=channels, count=1, use_poll=True)


def _finish(server: Any, channels: dict[int, Any]) -> None:
    """Accept no new connections, and answer the requests that have started to arrive."""
    wasyncore.dispatcher.close(server)
    deadline = time.monotonic() + SECONDS_TO_FINISH
    while time.monotonic() < deadline and any(
        channel.request or channel.requests or channel.total_outbufs_len
        for channel in list(server.active_channels.values())
    ):
        _exchange(channels, 0.05)
    server.task_dispatcher.shutdown()
