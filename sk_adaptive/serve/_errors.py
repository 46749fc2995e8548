"""Errors of requests."""

from __future__ import annotations

MAX_MESSAGE = 500


class RequestError(Exception):
    """Error of a request, with a message for the client.

    Parameters
    ----------
    message : str
        Names the field at fault; it is cut at 500 characters.
    status : int, default=400
        The HTTP status.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        self.message = message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 3] + "..."
        self.status = status
        super().__init__(self.message)
