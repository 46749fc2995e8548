"""Models that commands load from files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Add the model's file."""
    parser.add_argument("model", type=Path, help="a .skops file that `train` or sk_adaptive.save wrote")


def load(path: Path) -> Any:
    """Return the model in a file.

    Raises
    ------
    ValueError
        If the file holds no model, or one that predicts nothing.
    """
    import sk_adaptive

    model = sk_adaptive.load(path)
    if not hasattr(model, "predict"):
        raise ValueError(f"{path} holds a {type(model).__name__}, which predicts nothing")
    return model
