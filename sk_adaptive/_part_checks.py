"""Checks of user-defined activations and losses: the report of faults, and the faults of copies."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sklearn.base import BaseEstimator, clone

from ._identity import same_parameters
from ._sklearn import validate_params


def report_faults(part: object, base: type, checks: Sequence[Callable[[Any], Iterator[str]]]) -> None:
    """Raise an error that lists the faults of the first check that finds any.

    Parameters
    ----------
    part : object
        The object to check.
    base : type
        The class that it must be an object of.
    checks : sequence of callable
        Each yields the faults of `part` in words, and assumes that those before it found none.

    Raises
    ------
    AssertionError
        If `part` is not an object of `base`, or has faults.
    """
    if not isinstance(part, base):
        kind = "class, not an object" if isinstance(part, type) else type(part).__name__
        raise AssertionError(f"expected an object of a subclass of {base.__name__}, got a {kind}")
    for find_faults in checks:
        faults = list(find_faults(part))
        if faults:
            raise AssertionError(f"{type(part).__name__}:\n" + "\n".join(f" - {fault}" for fault in faults))


def copy_faults(part: BaseEstimator) -> Iterator[str]:
    """Yield what is wrong with the constructor's parameters, a clone and a pickled copy."""
    try:
        validate_params(part)
        copies = {"clone()": clone(part), "pickle": pickle.loads(pickle.dumps(part))}
    except Exception as error:  # noqa: BLE001  # a user's code can raise any exception
        yield f"it cannot be cloned and pickled: {error!r}"
        return
    for how, copy in copies.items():
        if not same_parameters(copy, part):
            yield f"{how} gives other parameters: {copy!r}, not {part!r}"
