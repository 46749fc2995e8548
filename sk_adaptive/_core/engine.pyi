"""Types of the compiled core; arrays are C-contiguous and of the network's dtype unless said otherwise.

X is float32 or float64, whatever the network's dtype is, and is never copied.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

# From a name to the core's number of it.
ACTIVATIONS: dict[str, int]
LOSSES: dict[str, int]
SOLVERS: dict[str, int]

# Arrays of n_theta values that a solver's step keeps, by the solver's name.
SOLVER_BUFFERS: dict[str, int]

# Names that `elementary` takes.
ELEMENTARY: list[str]

class _Layer(Protocol):
    @property
    def n_in(self) -> int: ...
    @property
    def n_out(self) -> int: ...
    @property
    def weights_offset(self) -> int: ...
    @property
    def bias_offset(self) -> int: ...
    @property
    def parameters_offset(self) -> int: ...
    @property
    def n_parameters(self) -> int: ...
    @property
    def per_unit(self) -> bool: ...
    @property
    def kernel(self) -> str | None: ...
    @property
    def constants(self) -> Sequence[float]: ...
    @property
    def activation(self) -> Any: ...

class _Levels(Protocol):
    @property
    def column(self) -> int: ...
    @property
    def inputs(self) -> np.ndarray: ...
    @property
    def is_missing(self) -> bool: ...

class _Inputs(Protocol):
    @property
    def n_columns(self) -> int: ...
    @property
    def columns(self) -> np.ndarray: ...
    @property
    def centre(self) -> np.ndarray: ...
    @property
    def factor(self) -> np.ndarray: ...
    @property
    def missing(self) -> np.ndarray: ...
    @property
    def lower(self) -> np.ndarray: ...
    @property
    def upper(self) -> np.ndarray: ...
    @property
    def levels(self) -> Sequence[_Levels]: ...
    @property
    def shift(self) -> np.ndarray | None: ...

class _Group(Protocol):
    @property
    def begin(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def rate_factor(self) -> float: ...
    @property
    def decay(self) -> float: ...
    @property
    def anchor(self) -> np.ndarray | None: ...

# The widest instruction set of this machine, or the one in use.
def instruction_set() -> str: ...

# Those that are compiled in and that this machine has.
def instruction_sets() -> list[str]: ...

# From now on for every new network; None chooses the best for each.
class _Loss(Protocol):
    @property
    def kernel(self) -> str | None: ...
    @property
    def constant(self) -> float: ...
    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray: ...
    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray: ...

def use_instruction_set(name: str | None) -> None: ...

class Team:
    def __init__(self, n_threads: int = 1) -> None: ...
    @property
    def size(self) -> int: ...

class Network:
    @property
    def dtype(self) -> np.dtype: ...
    @property
    def dropout(self) -> float: ...
    @property
    def n_members(self) -> int: ...
    @property
    def python_activations(self) -> list[Any]: ...
    @property
    def python_loss(self) -> Any: ...
    def __init__(
        self,
        layers: Sequence[_Layer],
        *,
        n_theta: int,
        dtype: Any,
        loss: _Loss,
        inputs: _Inputs,
        n_members: int = 1,
        signs: np.ndarray | None = None,
        input_scale: int = -1,
        dropout: float = 0.0,
    ) -> None: ...
    @property
    def instruction_set(self) -> str: ...
    # What a worker needs to train on, or to predict, n_rows of a batch; rows pass in pieces that it holds.
    def workspace_bytes(self, n_rows: int, dense: bool = True, training: bool = True) -> int: ...
    # Raw outputs, (n_members, n_rows, n_outputs).
    def forward(self, theta: np.ndarray, X: Any, team: Team | None = None) -> np.ndarray: ...
    # Pre-activations and activations of a hidden layer, each (n_members * n_rows, n_units), member by member.
    def hidden(
        self, theta: np.ndarray, X: Any, layer: int, team: Team | None = None
    ) -> tuple[np.ndarray, np.ndarray]: ...
    # Pre-activations of every hidden layer, in one pass.
    def pre_activations(self, theta: np.ndarray, X: Any, team: Team | None = None) -> list[np.ndarray]: ...
    # Mean loss; its gradient is written to `gradient`.
    def loss_and_grad(
        self,
        theta: np.ndarray,
        X: Any,
        targets: np.ndarray,
        weights: np.ndarray | None = None,
        gradient: np.ndarray | None = None,
        team: Team | None = None,
        dropout: tuple[int, np.ndarray] | None = None,  # an epoch's number, and the place of each row in it, int64
    ) -> float: ...
    # Raw outputs (n_rows, n_members, n_outputs), and the gradient of each, (n_rows, n_members, n_outputs, n_theta).
    def jacobian(self, theta: np.ndarray, X: Any, team: Team | None = None) -> tuple[np.ndarray, np.ndarray]: ...

class Trainer:
    def __init__(
        self,
        network: Network,
        theta: np.ndarray,
        X: Any,
        targets: np.ndarray,
        weights: np.ndarray | None = None,
        *,
        solver: str,
        constants: Sequence[float],
        groups: Sequence[_Group],
        state: np.ndarray,  # (SOLVER_BUFFERS[solver], n_theta)
        steps: np.ndarray,  # (1,), int64
        random: np.ndarray,  # (4,), uint64
        order: np.ndarray | None = None,  # (n_rows,), int64, shuffled in place; None keeps the rows' order
        batch_size: int,
        max_norm: float = 0.0,
        team: Team | None = None,
    ) -> None: ...
    # Mean loss of an epoch of steps, NaN after divergence; `rates` float64, one per batch; `decay_factor` multiplies
    # the decay of groups without an anchor.
    def epoch(self, rates: np.ndarray, decay_factor: float = 1.0) -> float: ...
    # Largest magnitude in theta after the last epoch.
    @property
    def largest(self) -> float: ...

    # One step along a gradient that was summed elsewhere, which is clipped in place.
    def step(self, gradient: np.ndarray, rate: float, decay_factor: float = 1.0) -> None: ...

# Shuffle rows, int64, in place as an epoch does; `random` (4,), uint64, is the generator's state.
def shuffle(order: np.ndarray, random: np.ndarray) -> None: ...

# The generator's next number, which an epoch draws after the order if it drops units.
def next_number(random: np.ndarray) -> int: ...

# f(z), d * df/dz and the sums over rows of d * df/dp; z and d are (n_rows, n_units), p is (n_parameters, n_units).
def activation(
    kernel: str, constants: Sequence[float], z: np.ndarray, p: np.ndarray, d: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...

# out = a @ b, or out += a @ b; a transposed array is as good as another.
def multiply(a: np.ndarray, b: np.ndarray, out: np.ndarray, add: bool = False) -> None: ...

# An elementary function of each value of x.
def elementary(name: str, x: np.ndarray) -> np.ndarray: ...
