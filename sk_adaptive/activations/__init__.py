"""Activation functions: fixed ones by name, learned families as objects, and the base class of your own."""

from __future__ import annotations

from ._base import Activation
from ._check import check_activation
from ._functions import FIXED
from .blend import Blend
from .fitted import FittedActivation
from .fixed import Fixed
from .polynomial import Polynomial
from .prelu import PReLU
from .rational import Rational
from .snake import Snake
from .spline import Spline
from .swish import Swish

# Every learned family, by the string that stands for its defaults.
LEARNED: dict[str, type[Activation]] = {
    "polynomial": Polynomial,
    "prelu": PReLU,
    "swish": Swish,
    "blend": Blend,
    "rational": Rational,
    "spline": Spline,
    "snake": Snake,
}
NAMES: tuple[str, ...] = (*FIXED, *LEARNED)


def resolve(activation: str | Activation) -> Activation:
    """Return the activation object that a string or an object stands for.

    Parameters
    ----------
    activation : str or Activation
        A fixed function's name, a learned family's name, or an object, which is returned as it is.

    Returns
    -------
    Activation
        The object.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if isinstance(activation, Activation):
        return activation
    if activation in LEARNED:
        return LEARNED[activation]()
    if activation in FIXED:
        return Fixed(activation)
    raise ValueError(f"unknown activation {activation!r}; known are {', '.join(NAMES)}")


__all__ = [
    "FIXED",
    "LEARNED",
    "Activation",
    "Blend",
    "FittedActivation",
    "Fixed",
    "PReLU",
    "Polynomial",
    "Rational",
    "Snake",
    "Spline",
    "Swish",
    "check_activation",
    "resolve",
]
