"""A seeded part of the forgeries of fuzz.py, in a process of its own: a crash fails the test and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

FUZZ = str(Path(__file__).parent / "fuzz.py")


@pytest.mark.parametrize(
    ("count", "arguments"), [(300, ["7"]), (200, ["8", "2", "3", "4"])], ids=["one change", "2 to 4 changes"]
)
def test_forged_files_are_refused_or_work(count, arguments, seeds_of):
    command = [sys.executable, "-X", "faulthandler", FUZZ, str(seeds_of(count)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "'refused'" in done.stdout
    assert "'worked'" in done.stdout
