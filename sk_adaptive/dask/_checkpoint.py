"""The state of a fit in a file, so that a fit that was cut off goes on where it was."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import fields, replace
from numbers import Integral
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from sk_adaptive._training.state import Patience, State


class Checkpoint:
    """A file with the state after the last whole epoch; without a path nothing is written.

    Parameters
    ----------
    path : path or None
        The file.
    random_state : object
        The estimator's.

    Raises
    ------
    ValueError
        If `random_state` is no integer: signs of members and the order of the rows are drawn again by it.
    """

    def __init__(self, path: Any, random_state: Any) -> None:
        if path is not None and not isinstance(random_state, Integral):
            raise ValueError(f"checkpoint needs an integer random_state, got {random_state!r}")
        self._path = None if path is None else Path(path)
        if self._path is not None and not self._path.parent.is_dir():
            raise ValueError(f"checkpoint={str(path)!r}: there is no folder {self._path.parent}")
        self._state: State | None = None
        self._fingerprint = ""
        self._loop_random = np.empty(0)  # the generator's state as the loop that runs began,
        self._loop_epochs = self._epochs_kept = 0  # and the epochs before it
        self._replays = False

    def resume(self, state: State, about: Any) -> bool:
        """Begin with a state, or go on with that of the file; return whether it does.

        Parameters
        ----------
        state : State
            The state of a fit that begins; it becomes that of the file.
        about : object
            What must be the same for the file to be of this fit: parameters and rows.

        Raises
        ------
        ValueError
            If the file is of another fit, or no checkpoint.
        """
        self._state, self._loop_random = state, state.random.copy()
        if self._path is None:
            return False
        self._fingerprint = joblib.hash((about, state.theta, state.random))
        if not self._path.exists():
            return False
        found = self._read(self._path, state)
        vars(state).update(vars(found))
        self._epochs_kept, self._replays = state.epochs, True
        return True

    def replay(self, begin: Callable[[np.ndarray], Any]) -> None:
        """Draw again what a loop's epochs had drawn before the fit was cut off: `begin` draws for one.

        It gets a generator's state. Only the first loop of a fit that goes on had such epochs; the others begin here.
        """
        state = self._state
        if state is None:
            return
        if self._replays:
            random, self._replays = self._loop_random.copy(), False
            for _ in range(state.epochs - self._loop_epochs):
                begin(random)
        else:
            self._loop_random, self._loop_epochs = state.random.copy(), state.epochs

    def keep(self) -> None:
        """Write the state if an epoch has ended since it was written last."""
        state = self._state
        if self._path is None or state is None or state.epochs == self._epochs_kept:
            return
        values = {each.name: getattr(state, each.name) for each in fields(state)}
        arrays: dict[str, Any] = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
        plain = {name: value for name, value in values.items() if name not in arrays}
        plain["patience"] = vars(state.patience)
        found = {"fingerprint": self._fingerprint, "loop_epochs": self._loop_epochs, "state": plain}
        about = json.dumps(found, default=float)
        unfinished = self._path.with_name(f".{os.getpid()}.{self._path.name}")
        with unfinished.open("wb") as file:
            np.savez(file, about=np.frombuffer(about.encode(), np.uint8), loop_random=self._loop_random, **arrays)
        unfinished.replace(self._path)
        self._epochs_kept = state.epochs

    def remove(self) -> None:
        """Remove the file: the fit is done."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _read(self, path: Path, state: State) -> State:
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            about = json.loads(arrays.pop("about").tobytes())
            self._loop_random, self._loop_epochs = arrays.pop("loop_random"), int(about["loop_epochs"])
            plain = {**about["state"], "patience": Patience(**about["state"]["patience"])}
            found = State(**arrays, **plain)
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(f"checkpoint: {path} is no checkpoint: {error}") from error
        if about["fingerprint"] != self._fingerprint:
            raise ValueError(
                f"checkpoint: {path} is of another fit: of other rows, partitions or parameters. Remove it, or "
                "give another path"
            )
        if found.theta.shape != state.theta.shape or found.theta.dtype != state.theta.dtype:
            raise ValueError(f"checkpoint: {path} is of another network")
        for random in (found.random, self._loop_random):
            replace(found, random=random).check(found.theta)
        return found
