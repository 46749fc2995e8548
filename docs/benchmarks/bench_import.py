"""What importing sk_adaptive adds to importing scikit-learn's neural networks, each time in a new process.

Run: python docs/benchmarks/bench_import.py
"""

from __future__ import annotations

import subprocess
import sys
from statistics import median

from report import Effort, Table, beside_aim, figure, run

AIM = 50.0  # milliseconds
PROGRAM = """
import time
began = time.perf_counter()
import sklearn.neural_network
between = time.perf_counter()
import sk_adaptive
print(1e3 * (between - began), 1e3 * (time.perf_counter() - between))
"""


def import_time(effort: Effort) -> Table:
    """Milliseconds of both imports, one after the other in one process."""
    imported()  # from here on, files are in the system's cache
    theirs, ours = zip(*(imported() for _ in range(3 * effort.pairs)), strict=True)
    row = [figure(median(theirs)), beside_aim(median(ours), AIM, at_most=True)]
    note = f"Median of {len(ours)} processes."
    return Table(["import sklearn.neural_network, ms", "import sk_adaptive after it, ms"], [row], note)


def imported() -> tuple[float, float]:
    """Return the milliseconds of one process."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    theirs, ours = map(float, done.stdout.split())
    return theirs, ours


if __name__ == "__main__":
    run(__doc__, import_time)
