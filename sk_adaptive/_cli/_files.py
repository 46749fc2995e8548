"""Files that commands write: what is checked before the work, and replacement only once a file is complete."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def add_force(parser: argparse.ArgumentParser) -> None:
    """Add the option without which no file is replaced."""
    parser.add_argument("--force", action="store_true", help="replace files that exist already")


def check_output(path: Path, endings: tuple[str, ...], *, force: bool, inputs: Sequence[Path] = ()) -> None:
    """Check that a file may be written.

    Raises
    ------
    ValueError
        If it is a folder, is in no folder, has another ending, is one of the inputs, or exists and may not be replaced.
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder: give the file to write")
    if not path.parent.is_dir():
        raise ValueError(f"there is no folder {path.parent}")
    if not path.name.lower().endswith(endings):
        raise ValueError(f"{path} has the wrong ending: the file to write must end in {' or '.join(endings)}")
    if not path.exists():
        return
    if any(given.exists() and path.samefile(given) for given in inputs):
        raise ValueError(f"{path} is an input of this command, which would be lost: write to another file")
    if not force:
        raise ValueError(f"{path} exists already: write to another file, or replace it with --force")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the name of a temporary file beside `path`, which becomes `path` if nothing fails."""
    unfinished = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
