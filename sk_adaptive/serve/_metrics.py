"""Metrics of the requests of one worker, in Prometheus' text format."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Number of requests, their times, and number of rows; thread-safe.

    Parameters
    ----------
    name, version : str
        The model's.
    """

    def __init__(self, name: str, version: str) -> None:
        self._info = f'sk_adaptive_model_info{{model="{_escaped(name)}",version="{_escaped(version)}"}} 1'
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(SECONDS) + 1))
        self._seconds: Counter[str] = Counter()
        self._rows = 0

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is a rule of the app, so that the number of routes is bounded."""
        with self._lock:
            self._requests[route, status] += 1
            self._buckets[route][bisect_left(SECONDS, seconds)] += 1
            self._seconds[route] += seconds  # type: ignore[assignment]  # a Counter of floats

    def count_rows(self, n_rows: int) -> None:
        """Count predicted rows."""
        with self._lock:
            self._rows += n_rows

    def text(self) -> str:
        """Return everything counted so far."""
        with self._lock:
            return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield "# HELP sk_adaptive_model_info The model that is served."
        yield "# TYPE sk_adaptive_model_info gauge"
        yield self._info
        yield "# HELP sk_adaptive_rows_total Rows predicted by this worker."
        yield "# TYPE sk_adaptive_rows_total counter"
        yield f"sk_adaptive_rows_total {self._rows}"
        yield "# HELP sk_adaptive_requests_total Requests answered by this worker."
        yield "# TYPE sk_adaptive_requests_total counter"
        for (route, status), count in sorted(self._requests.items()):
            yield f'sk_adaptive_requests_total{{route="{route}",status="{status}"}} {count}'
        yield "# HELP sk_adaptive_request_seconds Time from a request's headers to its answer."
        yield "# TYPE sk_adaptive_request_seconds histogram"
        for route, counts in sorted(self._buckets.items()):
            total = 0
            for bound, count in zip((*map(str, SECONDS), "+Inf"), counts, strict=True):
                total += count
                yield f'sk_adaptive_request_seconds_bucket{{route="{route}",le="{bound}"}} {total}'
            yield f'sk_adaptive_request_seconds_sum{{route="{route}"}} {self._seconds[route]:.6f}'
            yield f'sk_adaptive_request_seconds_count{{route="{route}"}} {total}'


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
