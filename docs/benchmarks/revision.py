"""Compare the working tree with another revision: builds it apart and fits the same networks with both, in turns.

The working tree must be built; pip builds the other revision into a temporary folder, which takes a minute.

Run: python docs/benchmarks/revision.py HEAD~5 [--pairs 7]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from paired import print_table

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


class Side:
    """A process that fits with the package of one folder, when it is asked to."""

    def __init__(self, folder: Path) -> None:
        self.process: Any = subprocess.Popen(
            [sys.executable, HERE / "worker.py"],
            env={**os.environ, "PYTHONPATH": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.names: list[str] = self.answer()

    def answer(self) -> Any:
        """Return the next line's content."""
        return json.loads(self.process.stdout.readline())

    def seconds(self, number: int) -> float:
        """Fit once; NaN where this revision cannot."""
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        """End the process."""
        self.process.stdin.close()
        self.process.wait()


def build(revision: str, folder: Path) -> Path:
    """Build a revision into a folder and return where its package lies."""
    source, target = folder / "source", folder / "built"
    source.mkdir()
    archive = subprocess.run(["git", "archive", revision], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(["tar", "-x"], cwd=source, input=archive, check=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--target", str(target), str(source)], check=True)
    return target


def rows(here: Side, there: Side, pairs: int) -> list[list[str]]:
    """Return each network's medians and the median ratio, the two sides in turns."""
    table = []
    for number, name in enumerate(here.names):
        sides = [partial(side.seconds, number) for side in (here, there)]
        runs = [[fit() for fit in sides] for _ in range(pairs + 1)][1:]  # the first of each warms up
        ours, others = zip(*runs, strict=True)
        ratio = median(there / here for here, there in runs)
        table.append([name, f"{1e3 * median(ours):.3g}", f"{1e3 * median(others):.3g}", f"{ratio:.2f}"])
        print(*table[-1], sep="; ", flush=True)
    return table


def main() -> None:
    """Build, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision")
    parser.add_argument("--pairs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        built = build(options.revision, Path(folder))
        here, there = Side(ROOT), Side(built)
        try:
            table = rows(here, there, options.pairs)
        finally:
            here.close()
            there.close()
    print_table(["network, batch", "working tree, ms", f"{options.revision}, ms", "times faster now"], table)


if __name__ == "__main__":
    main()
