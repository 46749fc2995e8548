"""Columns of a result that print as a table."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np


class Columns(dict[str, np.ndarray]):
    """Dict of columns of equal length, for ``pandas.DataFrame``, that prints as a table."""

    def __repr__(self) -> str:
        """Return the columns side by side, one line per row."""
        lines = [list(self), *self._cells()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        texts = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
        return "\n".join(text.rstrip() for text in texts)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>" for line in self._cells())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _cells(self) -> list[list[str]]:
        return [[_text(value) for value in row] for row in zip(*self.values(), strict=True)]


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, (float, np.floating)) else str(value)
