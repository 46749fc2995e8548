"""`sk-adaptive export`: write a saved model as ONNX."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Add the command to the parser of all commands."""
    summary = "write a saved model as an ONNX file, for runtimes without Python"
    parser = subparsers.add_parser("export", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    parser.add_argument("model", type=Path, help="a .skops file that `train` or sk_adaptive.save wrote")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the .onnx file to write")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Load, convert and write."""
    import sk_adaptive
    from sk_adaptive._io import read_header
    from sk_adaptive.onnx import to_onnx

    model = sk_adaptive.load(args.model)
    graph = to_onnx(model, example=read_header(args.model)["example"])
    args.output.write_bytes(graph.SerializeToString())
    inputs = ", ".join(value.name for value in graph.graph.input)
    print(f"wrote {args.output}; its inputs are {inputs}")
