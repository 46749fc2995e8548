"""A seeded part of the forgeries of fuzz.py, in a process of its own: a crash fails the test and nothing else."""

import subprocess
import sys
from pathlib import Path


def test_forged_files_are_refused_or_work():
    command = [sys.executable, "-X", "faulthandler", str(Path(__file__).parent / "fuzz.py"), "300", "7"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "'refused'" in done.stdout
    assert "'worked'" in done.stdout
