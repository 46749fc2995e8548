"""The command line: `sk-adaptive COMMAND ...`, one module per command.

A command's module has `add_parser(subparsers)`, which also sets `run` as the parser's default, and `run(args)`, which
prints its answer. What a command needs beyond argparse is imported when it runs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from . import demo, evaluate, export, predict, reproduce, serve, train

COMMANDS = (demo, reproduce, train, evaluate, predict, serve, export)

FAILED = 1
MISUSED = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Leave with status 2; see `argparse.ArgumentParser.error`."""
        self.exit(MISUSED, f"{self.prog}: {message} (see {self.prog} --help)\n")


def make_parser() -> Parser:
    """Return the parser of all commands."""
    from sk_adaptive import __version__

    parser = Parser(prog="sk-adaptive", description="Multilayer perceptrons with learned activation functions.")
    parser.add_argument("--version", action="version", version=f"sk_adaptive {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, default=None
        The arguments; None takes those of the process.

    Returns
    -------
    int
        Exit status: 0 for success, 1 if the command failed, 130 if it was interrupted. Misuse leaves with
        SystemExit of status 2.
    """
    args = make_parser().parse_args(argv)
    try:
        args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt as interruption:
        return _failed(args.command, str(interruption) or "interrupted", INTERRUPTED)
    except BrokenPipeError:  # `... | head`: nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (ImportError, OSError, TypeError, ValueError) as error:
        return _failed(args.command, " ".join(str(error).split()), FAILED)
    return 0


def _failed(command: str, message: str, status: int) -> int:
    print(f"sk-adaptive {command}: {message}", file=sys.stderr)
    return status
