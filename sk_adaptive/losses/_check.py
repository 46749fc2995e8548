"""Validation of user-defined losses."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sk_adaptive._finite_differences import OFFSETS, difference_fault
from sk_adaptive._part_checks import copy_faults, report_faults

from ._base import Loss

ROWS, OUTPUTS = 61, 3


def check_loss(loss: object) -> None:
    """Check that a loss can be trained, and report every fault in words.

    The gradient is compared with finite differences of the value; at a kink, with the differences of both sides. The
    check also covers cloning, pickling, shapes, dtypes, the inverse link and the scaling of y; that rows and outputs
    are independent; and that NaN gives NaN.

    Parameters
    ----------
    loss : Loss
        The object to check.

    Raises
    ------
    AssertionError
        If there are faults. The message lists them; a kind of check runs only if those before it pass.

    Examples
    --------
    >>> from sk_adaptive.losses import Tweedie, check_loss
    >>> check_loss(Tweedie())
    """
    report_faults(loss, Loss, (copy_faults, _array_faults, _gradient_faults, _scaling_faults))


def example_rows(loss: Loss, dtype: np.dtype, n_rows: int = ROWS, n_outputs: int = OUTPUTS) -> tuple:
    """Return raw outputs and targets that the loss allows, (n_rows, n_outputs) each."""
    random = np.random.RandomState(0)
    raw = np.linspace(-2, 2, n_rows * n_outputs).reshape(n_rows, n_outputs) + 0.00731  # shifted away from usual kinks
    y = random.normal(size=raw.shape) if np.isneginf(loss.y_min) else loss.y_min + random.gamma(2, size=raw.shape)
    return raw.astype(dtype), y.astype(dtype)


def _array_faults(loss: Loss) -> Iterator[str]:
    for dtype in (np.dtype(np.float32), np.dtype(np.float64)):
        raw, y = example_rows(loss, dtype)
        before = raw.copy(), y.copy()
        for name in ("value", "gradient"):
            call = getattr(loss, name)
            try:
                array, alone = call(raw, y), call(raw[:1, :1].copy(), y[:1, :1].copy())
                with np.errstate(invalid="ignore"):
                    missing = call(np.full_like(raw, np.nan), y)
            except Exception as error:  # noqa: BLE001
                yield f"{name}(raw, y) of shape {raw.shape} and dtype {dtype} raised {error!r}"
                continue
            if np.shape(array) != raw.shape:
                yield f"{name} has shape {np.shape(array)}, not that of raw, {raw.shape}"
            elif array.dtype != dtype:
                yield f"{name} has dtype {array.dtype} for raw outputs of {dtype}"
            elif not np.allclose(alone, array[:1, :1], rtol=1e-5):
                yield f"{name} of one row and output depends on the other rows or outputs"
            elif not np.isnan(missing).all():
                yield f"{name} is not NaN where raw is NaN: the training would not notice a divergence"
        if not (np.array_equal(raw, before[0]) and np.array_equal(y, before[1])):
            yield "raw or y was changed in place"


def _gradient_faults(loss: Loss) -> Iterator[str]:
    raw, y = example_rows(loss, np.dtype(np.float64))
    around = [loss.value(raw + offset, y) for offset in OFFSETS]
    fault = difference_fault(loss.gradient(raw, y), around, raw)
    if fault:
        yield f"gradient(raw, y) is not the derivative of the value at {fault}"


def _scaling_faults(loss: Loss) -> Iterator[str]:
    raw, y = example_rows(loss, np.dtype(np.float64))
    mean, deviation = y.mean(axis=0), y.std(axis=0)
    try:
        loss.check_y(y)
        shift, scale = loss.scaling(mean, deviation)
        predicted = loss.inverse_link(raw)
    except Exception as error:  # noqa: BLE001
        yield f"scaling, check_y or inverse_link raised {error!r} for y within [{y.min():.3g}, {y.max():.3g}]"
        return
    if np.shape(shift) != mean.shape or np.shape(scale) != mean.shape:
        yield f"scaling must return one shift and one scale per output, got shapes {np.shape(shift)}, {np.shape(scale)}"
    elif not (np.isfinite(shift).all() and np.isfinite(scale).all() and (np.asarray(scale) > 0).all()):
        yield f"scaling must return finite shifts and positive scales, got {shift} and {scale}"
    if np.shape(predicted) != raw.shape or not np.isfinite(predicted).all():
        yield "inverse_link must return finite predictions of the shape of raw"
    elif (np.diff(predicted, axis=0) < 0).any():
        yield "inverse_link must not decrease"
    if loss.share_below is not None and not 0 < loss.share_below < 1:
        yield f"share_below must be None or in (0, 1), got {loss.share_below}"
