"""Limits on the size of one request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits on one request; a larger one is rejected with status 413.

    Parameters
    ----------
    max_body_bytes : int, default=4 * 2**20
        Bytes of a request's body, chunked or not.
    max_rows : int, default=10_000
        Number of rows to predict.
    max_cells : int, default=1_000_000
        Number of rows times number of features.
    """

    max_body_bytes: int = 4 * 2**20
    max_rows: int = 10_000
    max_cells: int = 1_000_000
