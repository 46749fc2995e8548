"""Inputs of the first layer: which columns are numbers, how they are scaled, and which input each level has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sk_adaptive._arrays import is_array

from .moments import Moments
from .pieces import Pieces

SIZE_OF_RARE = 3.0  # root mean square of the values that rows store; other numbers have a deviation of 1
NUMBERS = ("columns", "centre", "factor", "lower", "upper")
NONE = -1  # the input of a level that has none


@dataclass(frozen=True)
class Levels:
    """A column whose level selects one of the inputs, which is 1 for the row; see LevelsSpec in _core/plan.hpp."""

    column: int
    inputs: np.ndarray  # int64: the input of each level of a category, or of "missing" of a number
    is_missing: bool = False  # whether the column is a number, whose only level is "missing"


@dataclass(frozen=True)
class Inputs:
    """What the network reads of a table's row; see InputsSpec in _core/plan.hpp.

    A number x is read as (x - centre) factor, clipped to [lower, upper], NaN as `missing`. The last `n_pieces` numbers
    are pieces of columns that are read as a whole as well; see `pieces`.
    """

    n_columns: int
    columns: np.ndarray  # int64 (n_numbers,): where the numbers stand; pieces repeat a column
    centre: np.ndarray  # float64 (n_numbers,)
    factor: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    missing: np.ndarray
    n_bins: int = 0  # pieces per column, at most
    n_pieces: int = 0
    levels: tuple[Levels, ...] = ()
    n_inputs: int = 0  # numbers and levels
    shift: np.ndarray | None = None  # (n_members, n_units) added to what the inputs give to the first layer
    standardized: bool = False

    def __getstate__(self) -> dict[str, Any]:
        """Return the parts, with one array for "missing" of all numbers: files have no room for one per column."""
        categories = tuple(each for each in self.levels if not each.is_missing)
        missing = [(each.column, *each.inputs) for each in self.levels if each.is_missing]
        return {**vars(self), "levels": categories, "missing_levels": np.array(missing, np.int64).reshape(-1, 2)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        missing = state["missing_levels"]
        if not (isinstance(missing, np.ndarray) and missing.dtype == np.int64 and missing.shape[1:] == (2,)):
            raise ValueError("missing_levels of the inputs must be pairs of integers")
        added = (Levels(int(column), np.array([number]), is_missing=True) for column, number in missing)
        parts = {name: value for name, value in state.items() if name != "missing_levels"}
        self.__dict__.update({**parts, "levels": (*state["levels"], *added)})

    @staticmethod
    def raw(n_columns: int) -> Inputs:
        """Return inputs that are the columns as they are, NaN included."""
        return replace(make_inputs(n_columns, {}), missing=np.full(n_columns, np.nan))

    @property
    def n_numbers(self) -> int:
        """Inputs that are numbers; they come first."""
        return len(self.columns)

    @property
    def n_whole(self) -> int:
        """Numbers that are columns as a whole, which come before pieces."""
        return self.n_numbers - self.n_pieces

    @property
    def n_used_columns(self) -> int:
        """How many inputs are not zero for a row: numbers and categories."""
        return self.n_numbers + len(self.levels)

    def clipped_at(self, clip_inputs: float | None) -> Inputs:
        """Return the inputs with columns clipped elsewhere; None, and inputs that are not standardised, are not."""
        limit = float(clip_inputs) if self.standardized and clip_inputs is not None else np.inf
        lower, upper = self.lower.copy(), self.upper.copy()
        lower[: self.n_whole], upper[: self.n_whole] = -limit, limit
        return replace(self, lower=lower, upper=upper)

    def scaled_by(self, moments: Moments, *, standardize: bool) -> Inputs:
        """Return the inputs with columns that are standardised, or left as they are; limits and pieces stay."""
        whole = self.columns[: self.n_whole]
        mean = moments.mean[whole]
        if standardize:
            constant = moments.is_constant[whole]
            rare = moments.is_rare[whole] & ~constant
            deviation = np.where(constant, 1, moments.deviation[whole])
            with np.errstate(over="ignore"):
                factor = np.where(constant, 0, 1 / deviation)
                factor[rare] = SIZE_OF_RARE / moments.stored_size[whole][rare]
            factor = np.minimum(factor, np.finfo(np.float64).max)
            # Rows that lack a word cost nothing if it is not centred; the bias makes up for that.
            centre = np.where(rare, 0, mean)
            missing = (mean - centre) * factor
        else:
            centre, factor, missing = np.zeros_like(mean), np.ones_like(mean), mean
        scaled = {"centre": centre, "factor": factor, "missing": missing}
        of_pieces = {name: getattr(self, name)[self.n_whole :] for name in scaled}
        both: dict[str, Any] = {name: np.concatenate([scaled[name], of_pieces[name]]) for name in scaled}
        return replace(self, **both, standardized=standardize)

    def with_pieces(self, pieces: Pieces, n_bins: int) -> Inputs:
        """Return the inputs with pieces of columns as further numbers, before the levels' inputs."""
        n_new = len(pieces.columns)
        added: dict[str, Any] = {name: np.concatenate([getattr(self, name), getattr(pieces, name)]) for name in NUMBERS}
        missing = np.concatenate([self.missing, np.zeros(n_new)])
        levels = tuple(
            replace(each, inputs=np.where(each.inputs >= 0, each.inputs + n_new, NONE)) for each in self.levels
        )
        return replace(
            self, **added, missing=missing, levels=levels, n_bins=n_bins, n_pieces=n_new, n_inputs=self.n_inputs + n_new
        )

    def with_missing(self, moments: Moments) -> Inputs:
        """Return the inputs with one more for each number that had missing values, if it has none yet."""
        known = {each.column for each in self.levels}
        whole = self.columns[: self.n_whole]
        new = [column for column in whole[moments.missing[whole] > 0] if column not in known]
        added = tuple(
            Levels(int(column), np.array([self.n_inputs + i]), is_missing=True) for i, column in enumerate(new)
        )
        return replace(self, levels=self.levels + added, n_inputs=self.n_inputs + len(new))

    def interval(self, number: int) -> tuple[float, float]:
        """Return the interval within which a number is told apart, in the units of its column."""
        centre, width = self.centre[number], 1 / self.factor[number]
        ends = centre + width * np.array([self.lower[number], self.upper[number]])
        ends[np.abs(ends) < np.finfo(np.float64).eps * abs(centre)] = 0  # rounding, not a knot
        return float(ends[0]), float(ends[1])

    def drawing_order(self, moments: Moments) -> np.ndarray:
        """Return the inputs in an order that does not depend on that of the columns: numbers first, then levels.

        Random signs and weights are drawn in it, so that a table with its columns in another order gives the same
        network. Columns are told apart by range over deviation, which is the same on every scale. They stay as they
        lie if nothing is standardised.
        """
        if not self.standardized:
            return np.arange(self.n_inputs)
        column = np.zeros(self.n_inputs, dtype=np.int64)
        column[: self.n_numbers] = self.columns
        for each in self.levels:
            column[each.inputs[each.inputs >= 0]] = each.column
        is_level = np.arange(self.n_inputs) >= self.n_numbers
        return np.lexsort((moments.relative_range[column], is_level))

    def check(self, n_members: int, n_units: int) -> None:
        """Refuse inputs that the core cannot read: loaded ones may have been tampered with.

        Raises
        ------
        ValueError
            If an array has another shape or dtype, or a number that cannot be.
        """
        for name in ("centre", "factor", "missing", "lower", "upper"):
            array, may_be_infinite = getattr(self, name), name in ("lower", "upper")
            if not is_array(array, np.float64, (self.n_numbers,)) or not (may_be_infinite or np.isfinite(array).all()):
                raise ValueError(f"{name} of the inputs must be {self.n_numbers} finite numbers")
        if (self.factor < 0).any() or not (self.lower <= self.upper).all():
            raise ValueError("the inputs are scaled by negative numbers, or clipped to an empty interval")
        if self.shift is not None and not is_array(self.shift, np.float64, (n_members, n_units)):
            raise ValueError("the first layer's shift does not fit it")
        counts = (self.n_columns, self.n_inputs, self.n_bins, self.n_pieces)
        valid = all(isinstance(count, int) for count in counts) and min(self.n_columns, self.n_inputs) >= 1
        valid = valid and 0 <= self.n_pieces <= self.n_numbers <= self.n_inputs
        if not valid or self.n_whole > self.n_columns:
            raise ValueError("the inputs do not fit the columns")
        _check_indices("columns", self.columns, 0, self.n_columns)
        for each in self.levels:
            _check_indices("a column of levels", np.array([each.column]), 0, self.n_columns)
            _check_indices("inputs of levels", each.inputs, NONE, self.n_inputs)


def make_inputs(n_columns: int, categories: dict[int, np.ndarray]) -> Inputs:
    """Return the inputs of a table whose numbers are not scaled yet.

    Parameters
    ----------
    n_columns : int
        Columns of the table.
    categories : dict of int to ndarray of int64
        Of each column that is a category: for each level, the number of its input among those of the column, or -1.

    Returns
    -------
    Inputs
        Numbers first, then the inputs of each category.
    """
    columns = np.array([i for i in range(n_columns) if i not in categories], dtype=np.int64)
    levels, n_inputs = [], len(columns)
    for column, numbers in categories.items():
        levels.append(Levels(column, np.where(numbers >= 0, numbers + n_inputs, NONE)))
        n_inputs += int(numbers.max(initial=NONE)) + 1
    zeros = np.zeros(len(columns))
    return Inputs(
        n_columns,
        columns,
        zeros,
        zeros + 1,
        zeros - np.inf,
        zeros + np.inf,
        zeros,
        levels=tuple(levels),
        n_inputs=n_inputs,
    )


def _check_indices(what: str, array: np.ndarray, least: int, end: int) -> None:
    valid = isinstance(array, np.ndarray) and array.dtype == np.int64 and array.ndim == 1
    if not valid or (array.size and not (least <= array.min() and array.max() < end)):
        raise ValueError(f"{what} must be integers in [{least}, {end})")
