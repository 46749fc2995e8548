"""What all benchmarks have in common: their options, and tables that are printed and included in the documentation."""

from __future__ import annotations

import argparse
import csv
import io
import os
import platform
import re
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from paired import print_table
from sklearn.exceptions import ConvergenceWarning

from sk_adaptive._core import engine

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "scipy", "sklearn", "torch", "skorch", "jax")


class Effort(NamedTuple):
    """How much to measure: pairs of runs, and whether a short trial will do."""

    pairs: int
    quick: bool

    def of(self, size: int) -> int:
        """Return a size of the work, a twentieth of it in a short trial."""
        return max(1, size // 20) if self.quick else size


class Table(NamedTuple):
    """A header and rows of text, and what to know beside them."""

    header: list[str]
    rows: list[list[str]]
    note: str = ""


Part = Callable[[Effort], Table]


def beside_aim(value: float, aim: float | None, at_most: bool = False) -> str:
    """Return a figure with its aim, and a word where it is missed."""
    if aim is None:
        return figure(value)
    missed = value > aim if at_most else value < aim
    return f"{figure(value)} (aim {'at most ' if at_most else ''}{aim:g}{', missed' if missed else ''})"


def figure(value: float) -> str:
    """Return three digits, without an exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:#.3g}"


def run(doc: str | None, *parts: Part, pairs: int = 7) -> None:
    """Measure the parts that the command line names, print each table, and write it for the documentation."""
    named = {part.__name__: part for part in parts}
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=named, default=list(named))
    parser.add_argument("--pairs", type=int, default=pairs, help="pairs of runs in turns (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="a short trial: one pair, a twentieth of the work")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)  # epochs are counted, not converged
    effort = Effort(1 if options.quick else options.pairs, options.quick)
    for name in options.only:
        publish(name, named[name](effort), measured(effort))


def publish(name: str, table: Table, how: str) -> None:
    """Print a table, and write it for the documentation."""
    print(f"\n{name}: {how}\n")
    print_table(table.header, table.rows)
    print(table.note, flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.inc").write_text(fragment(table, how))


def fragment(table: Table, how: str) -> str:
    """Return a table as reStructuredText, without the aims: they are for whoever runs a benchmark."""
    text = io.StringIO()
    rows = [[re.sub(r" \(aim [^)]*\)", "", cell) for cell in row] for row in table.rows]
    csv.writer(text, lineterminator="\n").writerows([table.header, *rows])
    lines = "".join(f"   {line}\n" for line in text.getvalue().splitlines())
    notes = "\n\n".join(note for note in (table.note, how) if note)
    return f".. csv-table::\n   :header-rows: 1\n   :widths: auto\n\n{lines}\n{notes}\n"


def measured(effort: Effort) -> str:
    """Return when, on what machine, with which versions and how the figures were measured."""
    how = "a short trial, not to be quoted" if effort.quick else f"medians of {effort.pairs} where nothing else is said"
    return f"{machine()}; {how}."


def seeded(seeds: Sequence[int]) -> str:
    """Return when, on what machine and with which seeds the figures were measured."""
    return f"{machine()}; one thread; seeds {', '.join(map(str, seeds))}."


def machine() -> str:
    """Return the date, the machine and the versions."""
    versions = [
        f"{'scikit-learn' if name == 'sklearn' else name} {sys.modules[name].__version__}"
        for name in PACKAGES
        if name in sys.modules
    ]
    return (
        f"{time.strftime('%Y-%m-%d')}, {processor()}, {len(os.sched_getaffinity(0))} of its cores, instruction set "
        f"{engine.instruction_set()}, load average {os.getloadavg()[0]:.1f}; Python {platform.python_version()}, "
        f"{', '.join(versions)}"
    )


def processor() -> str:
    """Return the processor's name where the system tells it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    return f"{platform.machine()} ({name})" if name else platform.machine()
