"""Every benchmark of speed, each in a process of its own; the tables go to docs/benchmarks/results.

The documentation includes them. Other options than these are handed on. On a machine that does nothing else:
Run: python docs/benchmarks/run.py [--quick] [--pairs 7]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
NAMES = (
    *("import", "fit", "search", "predict", "rows", "limit", "default_rate", "profile", "threads", "instructions"),
    *("growth", "dask"),
)


def main() -> None:
    """Run what the command line names; fail if one fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scripts", nargs="+", choices=NAMES, default=NAMES)
    options, handed_on = parser.parse_known_args()
    failed = []
    for name in options.scripts:
        began = time.perf_counter()
        print(f"\n=== {name}", flush=True)
        if subprocess.run([sys.executable, HERE / f"bench_{name}.py", *handed_on], check=False).returncode:
            failed.append(name)
        print(f"=== {name}: {time.perf_counter() - began:.0f} s", flush=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
