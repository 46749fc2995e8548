"""Where the time of a fit goes: samples of Linux' perf, by what the core was doing.

Run: python docs/benchmarks/bench_profile.py
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from functools import partial
from pathlib import Path

from paired import seconds
from report import Effort, Table, run
from workloads import DTYPES, MIDDLE, SMALL, TINY, WIDE, Workload, load, ours

# Epochs that take a second or more.
LONG = (
    TINY._replace(epochs=100_000),
    SMALL._replace(epochs=1000),
    MIDDLE._replace(epochs=200),
    WIDE._replace(epochs=30),
)
# What a symbol of the core belongs to, by what is in its name; the first that fits.
GROUPS = {
    "copies": ("copy_strip", "turn_", "transpose"),
    "products": ("tile<", "strip<", "Product"),
    "activations": ("with_kernel", "activate", "backpropagate"),
    "loss": ("cross_entropy",),
    "solver": ("solver_step",),
    "waiting": ("team_", "Team::"),
}
REST, OUTSIDE = "rest of the core", "Python, system"


def profile(effort: Effort) -> Table:
    """Percentages of the samples."""
    if shutil.which("perf") is None:
        sys.exit("a profile needs Linux' perf")
    columns = [*GROUPS, REST, OUTSIDE]
    rows = []
    for work in LONG:
        for dtype in DTYPES:
            shares = sampled(work._replace(epochs=effort.of(work.epochs)), dtype)
            rows.append([f"{work}, {dtype}", *(f"{shares[column]:.0f}" for column in columns)])
    note = (
        "Percent of the samples of one fit, 1000 a second, on all its threads. Copies are those that products read; "
        "waiting is for the other thread."
    )
    return Table(["network, batch", *columns], rows, note)


def sampled(work: Workload, dtype: str) -> dict[str, float]:
    """Return the percentages of one fit."""
    fit = partial(ours(work).fit, *load(work.data, dtype))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples"
        perf = ["perf", "record", "--quiet", "--event=cpu-clock", "--freq=1000", f"--output={path}"]
        recorder = subprocess.Popen([*perf, f"--pid={os.getpid()}"], stderr=subprocess.DEVNULL)
        time.sleep(0.5)  # until it has attached
        seconds(fit)
        recorder.send_signal(signal.SIGINT)
        recorder.wait()
        report = ["perf", "report", "--stdio", "--sort=dso,symbol", "--field-separator=;", f"--input={path}"]
        lines = subprocess.run(report, capture_output=True, text=True, check=True).stdout.splitlines()
    shares: defaultdict[str, float] = defaultdict(float)
    for line in lines:
        if line.strip() and not line.startswith("#"):
            percent, library, symbol = line.split(";", 2)
            shares[group(library, symbol)] += float(percent.rstrip("% "))
    return shares


def group(library: str, symbol: str) -> str:
    """Return what a symbol belongs to."""
    if not library.startswith("engine"):
        return OUTSIDE
    return next((name for name, parts in GROUPS.items() if any(part in symbol for part in parts)), REST)


if __name__ == "__main__":
    run(__doc__, profile)
