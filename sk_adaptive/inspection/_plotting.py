"""Helpers of all plots: import of matplotlib, axes, and colours suited to colour blindness."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any

import numpy as np

# M. Okabe and K. Ito, "Color universal design" (2008); line styles distinguish the curves without colour.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_STYLES = ("-", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), "-", "-.")

LINES: tuple[dict[str, Any], ...] = tuple(
    {"color": colour, "linestyle": style} for colour, style in zip(_COLOURS, _STYLES, strict=True)
)
LEARNED = _COLOURS[0]
SINGLE = LINES[1:3]  # two with a high contrast to LEARNED
GREY: dict[str, Any] = {"color": "0.35"}
AXES_SIZE = (4.2, 4.4)  # inches
MAX_ACROSS = 4  # axes in a row


def pyplot(caller: str) -> Any:
    """Return matplotlib.pyplot.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(f"{caller} needs matplotlib: pip install 'sk_adaptive[plot]'") from error
    return plt


def axes_for(n: int, ax: Any = None) -> list[Any]:
    """Return n axes: the given ones, a given one divided, or those of a new figure.

    Raises
    ------
    ValueError
        If the number of given axes is not n, or n is 0.
    """
    if n == 0:
        raise ValueError("there is no hidden layer to draw")
    if ax is None:
        return _new_axes(n)
    given = list(np.ravel(np.asarray(ax, dtype=object)))
    if len(given) == 1 and n > 1:
        given[0].set_axis_off()
        grid = given[0].get_subplotspec().subgridspec(1, n)
        return [given[0].figure.add_subplot(cell) for cell in grid]
    if len(given) != n:
        raise ValueError(f"ax: {n} axes are needed, one per layer, got {len(given)}")
    return given


def _new_axes(n: int) -> list[Any]:
    across = min(n, MAX_ACROSS)
    down = -(-n // across)
    _figure, grid = pyplot("A display").subplots(
        down, across, figsize=(AXES_SIZE[0] * across, AXES_SIZE[1] * down), layout="constrained", squeeze=False
    )
    for unused in grid.ravel()[n:]:
        unused.remove()
    return list(grid.ravel()[:n])


def legend_below(ax: Any, handles: Sequence[Any] | None = None, columns: int = 2) -> None:
    """Put the legend below the axes, where it does not hide curves."""
    given = {} if handles is None else {"handles": handles}
    ax.legend(**given, loc="upper center", bbox_to_anchor=(0.5, -0.19), ncols=columns, fontsize="small", frameon=False)


def lines(n: int) -> list[dict[str, Any]]:
    """Return n colours with line styles; they repeat after the last one."""
    return list(islice(cycle(LINES), n))


def layer_name(index: int) -> str:
    """Return the name of a hidden layer in plots; layers count from 0, as in arguments."""
    return f"layer {index}"
