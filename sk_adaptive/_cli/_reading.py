"""Reading of tables from CSV and Parquet files, with guesses that are printed."""

from __future__ import annotations

import argparse
import bz2
import csv
import gzip
import lzma
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

PARQUET = (".parquet", ".pq")
EXCEL = (".xlsx", ".xlsm", ".xls", ".ods")
OPENERS: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
BAD_ARCHIVES = (gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError)
UNREAD = (".zip", ".zst", ".tar")  # pandas unpacks them; the guesses do without
SEPARATORS = (",", ";", "\t", "|")
SAMPLE = 2**16  # bytes to guess from
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
NOT_UTF_8 = "cp1252"  # what Excel writes in western countries


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a CSV file is written."""
    parser.add_argument(
        "--sep", type=_separator, metavar="CHARACTER", help="between the cells of a CSV file (default: guessed)"
    )
    parser.add_argument("--encoding", metavar="NAME", help=f"of a CSV file (default: utf-8, or else {NOT_UTF_8})")
    parser.add_argument("--decimal", choices=(".", ","), help="decimal point of a CSV file (default: guessed)")


def _separator(text: str) -> str:
    text = text.replace("\\t", "\t")  # as a tab is written where shells take none
    if len(text) != 1:
        raise argparse.ArgumentTypeError(f"must be one character, or \\t for a tab, got {text!r}")
    return text


def read(path: Path, args: argparse.Namespace, text: Sequence[str] = ()) -> pd.DataFrame:
    """Return the table in a CSV file (with a header, also compressed) or a Parquet file.

    `text` names columns of a CSV file whose cells stay as they are written: "007" is no number there.

    Raises
    ------
    ImportError
        If pandas is not installed.
    ValueError
        If the file is neither, or has no rows.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError("reading tables needs pandas: pip install 'sk_adaptive[data]'") from error
    if path.suffix.lower() in EXCEL:
        raise ValueError(f"{path} is a spreadsheet, which is not read: save it as CSV")
    try:
        table = pd.read_parquet(path) if path.suffix.lower() in PARQUET else _read_csv(path, args, text)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, LookupError, *BAD_ARCHIVES) as error:
        raise ValueError(f"{path} cannot be read: {error} (see --sep and --encoding)") from error
    if not len(table):
        raise ValueError(f"{path} has no rows")
    table.columns = table.columns.map(str)
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise ValueError(f"{path} has two columns {twice[0]!r}")
    return table.reset_index(drop=True)


def _read_csv(path: Path, args: argparse.Namespace, text: Sequence[str]) -> pd.DataFrame:
    """Read with the given options and guesses for the others; print the guesses that are not the usual."""
    import pandas as pd

    sample = _sample(path)
    if sample.startswith(b"PK\x03\x04"):
        raise ValueError(f"{path} is a spreadsheet or an archive, not a CSV file: save it as CSV")
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if sample.startswith(mark)), None)
    encoding = args.encoding or marked or "utf-8"
    begin = sample.decode(encoding, errors="replace")
    sep = args.sep or guess_separator(begin)
    decimal = args.decimal or guess_decimal(begin, sep)
    dtypes = dict.fromkeys(text, str)
    options: dict[str, Any] = {"sep": sep, "decimal": decimal, "low_memory": False, "dtype": dtypes}
    try:
        table = pd.read_csv(path, encoding=encoding, **options)
    except UnicodeDecodeError:
        if args.encoding or marked:
            raise
        encoding = NOT_UTF_8
        table = pd.read_csv(path, encoding=encoding, **options)
    guesses = {"sep": (sep, args.sep, ","), "decimal": (decimal, args.decimal, ".")}
    guesses["encoding"] = (encoding, args.encoding or marked, "utf-8")
    told = [f"--{name} {value!r}" for name, (value, given, usual) in guesses.items() if not given and value != usual]
    if told:
        print(f"{path}: read as with {' '.join(told)}, a guess")
    return table


def _sample(path: Path) -> bytes:
    """Return how a file begins, unpacked."""
    if path.suffix in UNREAD:
        return b""
    with OPENERS.get(path.suffix, open)(path, "rb") as file:
        return bytes(file.read(SAMPLE))


def guess_separator(text: str) -> str:
    """Return the character that divides every line into the same number of cells, the largest one."""
    lines = text.splitlines()[:50]
    lines = lines[:-1] if len(lines) > 2 else lines  # the last may be cut off
    widths = {sep: {len(row) for row in csv.reader(lines, delimiter=sep) if row} for sep in SEPARATORS}
    even = {sep: max(found) for sep, found in widths.items() if len(found) == 1 and max(found) > 1}
    return max(even, key=even.__getitem__) if even else ","


def guess_decimal(text: str, sep: str) -> str:
    """Return a comma if numbers have commas and none has a point."""
    cells = [cell for row in csv.reader(text.splitlines(), delimiter=sep) for cell in row]
    with_comma = any(re.fullmatch(r"\s*[-+]?\d+,\d+\s*", cell) for cell in cells)
    with_point = any(re.fullmatch(r"\s*[-+]?\d+\.\d+\s*", cell) for cell in cells)
    return "," if sep != "," and with_comma and not with_point else "."
