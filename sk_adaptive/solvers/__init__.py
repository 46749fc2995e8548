"""Solvers, selected by name or given as objects with their own parameters."""

from __future__ import annotations

from ._base import FullBatchSolver, Solver, StochasticSolver
from ._weight_decay import decay_factor
from .adam import Adam
from .lbfgs import LBFGS
from .levenberg_marquardt import LevenbergMarquardt
from .sgd import SGD

SOLVERS: dict[str, type[Solver]] = {"adam": Adam, "lbfgs": LBFGS, "lm": LevenbergMarquardt, "sgd": SGD}


def resolve(solver: str | Solver) -> Solver:
    """Return the solver object that a string or an object stands for.

    Parameters
    ----------
    solver : str or solver object
        One of "adam", "lbfgs", "lm", "sgd", or an object, which is returned as it is.

    Returns
    -------
    Solver
        The object.
    """
    return SOLVERS[solver]() if isinstance(solver, str) else solver


__all__ = [
    "LBFGS",
    "SGD",
    "SOLVERS",
    "Adam",
    "FullBatchSolver",
    "LevenbergMarquardt",
    "Solver",
    "StochasticSolver",
    "decay_factor",
    "resolve",
]
