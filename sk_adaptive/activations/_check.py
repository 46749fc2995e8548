"""Validation of user-defined activations."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.base import clone

from sk_adaptive._finite_differences import OFFSETS, difference_fault
from sk_adaptive._part_checks import copy_faults, report_faults
from sk_adaptive._sklearn import validate_params

from ._base import SHARED_CONSTRAINTS, Activation

ROWS, UNITS = 61, 3
NOISE = 0.1 * np.array([0, 1, 1])  # added to the initial parameters of the three units; the first keeps them


def check_activation(activation: object) -> None:
    """Check that an activation can be trained, and report every fault in words.

    Derivatives are compared with finite differences; at a kink, with the differences of both sides. They are compared
    at the initial parameters and at random parameters within 0.1 of them, as errors can vanish if a parameter is 0.
    The check also covers initial parameters, cloning, pickling, shapes and dtypes; that rows and units are independent;
    that z = 1e30 gives finite numbers; and that NaN gives NaN.

    Parameters
    ----------
    activation : Activation
        The object to check.

    Raises
    ------
    AssertionError
        If there are faults. The message lists them; a kind of check runs only if those before it pass.

    Examples
    --------
    >>> from sk_adaptive.activations import Swish, check_activation
    >>> check_activation(Swish())
    """
    report_faults(activation, Activation, CHECKS)


def _attribute_faults(activation: Activation) -> Iterator[str]:
    missing = [name for name in SHARED_CONSTRAINTS if not hasattr(activation, name)]
    if missing:
        yield f"it has no {', '.join(missing)}: call super().__init__(scope=scope, start=start, ...) in __init__"
    elif activation.scope not in ("unit", "layer", "network"):
        yield f"scope must be unit, layer or network, got {activation.scope!r}"
    names = activation.parameter_names
    if len(set(names)) < len(names) or any(not isinstance(name, str) for name in names):
        yield f"parameter names must be different strings, got {names}"


def _start_faults(activation: Activation) -> Iterator[str]:
    names = activation.parameter_names
    try:
        validate_params(activation)
        start = np.asarray(activation.initial_parameters(), dtype=np.float64)
        other = clone(activation).set_params(start=(start + 0.5).tolist()) if len(names) else activation
        given = other.initial_parameters()
    except Exception as error:  # noqa: BLE001  # a user's code raises what it likes
        yield f"its parameters are invalid: {error!r}"
        return
    if start.shape != (len(names),):
        yield f"initial_parameters() has shape {start.shape}; there are {len(names)} parameter names"
    elif not np.isfinite(start).all():
        yield f"initial parameters must be finite, got {start}"
    elif len(names) and not np.allclose(given, start + 0.5):
        yield f"initial_parameters() ignores start={other.start} and returns {given}"


def _formula_faults(activation: Activation) -> Iterator[str]:
    try:
        text = activation.formula(activation.initial_parameters())
    except Exception as error:  # noqa: BLE001
        yield f"formula(p) raised {error!r}"
        return
    if not isinstance(text, str) or not text:
        yield f"formula(p) must return a str that is not empty, got {text!r}"


def _array_faults(activation: Activation) -> Iterator[str]:
    for dtype in (np.dtype(np.float32), np.dtype(np.float64)):
        z, p = _inputs(activation, dtype)
        before = z.copy(), p.copy()
        try:
            with np.errstate(all="ignore"):
                arrays = _outputs(activation, z, p)
                alone = _outputs(activation, z[:1, :1].copy(), p[:, :1].copy())
        except Exception as error:  # noqa: BLE001
            yield f"an array of shape {z.shape} and dtype {dtype} raised {error!r}"
            continue
        if len(arrays) != activation.n_parameters + 2:
            yield f"parameter_gradients(z, p) returns {len(arrays) - 2} arrays for {activation.n_parameters} parameters"
        for name, array in arrays.items():
            if np.shape(array) != z.shape:
                yield f"{name} has shape {np.shape(array)}, not that of z, {z.shape}"
            elif array.dtype != dtype:
                yield f"{name} has dtype {array.dtype} for z of {dtype}"
            elif not np.allclose(alone[name], array[:1, :1], rtol=1e-5, equal_nan=True):
                yield f"{name} of one row and unit depends on the other rows or units"
        if not (np.array_equal(z, before[0]) and np.array_equal(p, before[1])):
            yield "z or p was changed in place"


def _outputs(activation: Activation, z: np.ndarray, p: np.ndarray) -> dict[str, np.ndarray]:
    names = [*activation.parameter_names, *(f"the unnamed parameter {i}" for i in range(9))]
    gradients = zip(names, activation.parameter_gradients(z, p), strict=False)
    by_name = {f"the gradient with respect to {name}": gradient for name, gradient in gradients}
    return {"value(z, p)": activation.value(z, p), "derivative(z, p)": activation.derivative(z, p), **by_name}


def _gradient_faults(activation: Activation) -> Iterator[str]:
    z, p = _inputs(activation, np.dtype(np.float64))
    _, (what, derivative), *gradients = _outputs(activation, z, p).items()
    fault = difference_fault(derivative, [activation.value(z + offset, p) for offset in OFFSETS], z)
    if fault:
        yield f"{what} is not the derivative of the value at {fault}"
    for i, (what, gradient) in enumerate(gradients):
        by = (np.arange(len(p)) == i)[:, None]
        fault = difference_fault(gradient, [activation.value(z, p + offset * by) for offset in OFFSETS], z)
        if fault:
            yield f"{what} is not the derivative of the value at {fault}"


def _extreme_faults(activation: Activation) -> Iterator[str]:
    for dtype in (np.dtype(np.float32), np.dtype(np.float64)):
        _, p = _inputs(activation, dtype)
        z = np.repeat(np.array([[0.0], [-0.0], [1e30], [-1e30], [np.nan]], dtype=dtype), UNITS, axis=1)
        with np.errstate(all="ignore"):
            outputs = _outputs(activation, z, p)
        for name, array in outputs.items():
            lost = ~np.isfinite(array[:-1]).all(axis=1)
            if lost.any():
                at = z[:-1][lost, 0].tolist()
                yield f"{name} is not finite at z = {at} in {dtype}: limit the argument of terms that outgrow z"
        if not np.isnan(outputs["value(z, p)"][-1]).all():
            yield f"value(z, p) is not NaN where z is NaN, in {dtype}: the training would not notice a divergence"


def _inputs(activation: Activation, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Return pre-activations and one set of parameters per unit, near the initial values."""
    z = np.linspace(-6, 6, ROWS * UNITS).reshape(ROWS, UNITS) + 0.00731  # shifted away from usual kinks
    start = activation.initial_parameters()[:, None]
    # if a parameter is 0, the terms that it multiplies vanish, and errors in them too
    noise = NOISE * np.random.RandomState(0).uniform(-1, 1, (len(start), UNITS))
    return z.astype(dtype), (start + noise).astype(dtype)


# Each check assumes that those before it found no fault.
CHECKS = (
    _attribute_faults,
    _start_faults,
    copy_faults,
    _formula_faults,
    _array_faults,
    _extreme_faults,
    _gradient_faults,
)
