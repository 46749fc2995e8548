"""Data, problem and state of a training run."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

import numpy as np

from sk_adaptive._arrays import is_array
from sk_adaptive._core import engine
from sk_adaptive._network.plan import Group
from sk_adaptive.schedules import Schedule
from sk_adaptive.solvers import decay_factor

from .normal_equations import mean_normal_equations

ADAPTIVE_CUT = 5
MAX_CUTS = 450  # reduce any learning rate to 0
MAX_STEPS = 2**53  # the largest count that a float64 holds exactly

Figures = TypeVar("Figures", float, np.ndarray)


def no_rows() -> np.ndarray:
    """Return the numbers of no rows."""
    return np.empty(0, dtype=np.intp)


@dataclass(frozen=True)
class Data:
    """Rows as the core takes them: validated, C-contiguous or CSR; targets and weights in the network's dtype."""

    X: Any
    targets: np.ndarray
    weights: np.ndarray | None
    left_out: np.ndarray = field(
        default_factory=no_rows, kw_only=True
    )  # rising numbers of rows that epochs do not visit

    @property
    def n_rows(self) -> int:
        """Number of rows that an epoch visits."""
        return int(self.X.shape[0]) - len(self.left_out)

    @property
    def visited(self) -> np.ndarray:
        """Numbers of the rows that an epoch visits."""
        return np.delete(np.arange(self.n_rows + len(self.left_out)), self.left_out)

    def take(self, rows: np.ndarray) -> Data:
        """Return a copy of some of the rows, whose numbers rise."""
        return Data(self.X[rows], self.targets[rows], None if self.weights is None else self.weights[rows])

    def take_targets(self, rows: np.ndarray) -> Data:
        """Return a copy of some of the rows, whose numbers rise, without columns."""
        return replace(self, X=np.empty((self.X.shape[0], 0))).take(rows)

    @property
    def total_weight(self) -> float:
        """Total weight of the rows that an epoch visits."""
        return float(
            self.n_rows if self.weights is None else np.delete(self.weights, self.left_out).sum(dtype=np.float64)
        )

    def n_batches(self, batch_size: int) -> int:
        """Return the steps of an epoch."""
        return -(-self.n_rows // batch_size)

    def mean(self, measure: Callable[[Data], Figures]) -> Figures:
        """Return the weighted mean over the rows of what a function returns for some of them as their mean."""
        return measure(self)

    def loss_and_grad(
        self,
        network: engine.Network,
        theta: np.ndarray,
        gradient: np.ndarray | None = None,
        team: engine.Team | None = None,
    ) -> float:
        """Return the mean loss; its gradient is written to `gradient`."""
        return network.loss_and_grad(theta, self.X, self.targets, self.weights, gradient, team)

    def normal_equations(
        self, network: engine.Network, theta: np.ndarray, equations: np.ndarray, team: engine.Team | None = None
    ) -> float:
        """Return the mean of half the squared error; see `mean_normal_equations`."""
        return mean_normal_equations(network, theta, self, equations, team)

    def outputs(self, network: engine.Network, theta: np.ndarray, team: engine.Team | None = None) -> np.ndarray:
        """Return the raw outputs of all rows, (n_members, n_rows, n_outputs)."""
        return network.forward(theta, self.X, team)

    def trainer(self, network: engine.Network, theta: np.ndarray, *, shuffle: bool, **settings: Any) -> Trainer:
        """Return the compiled epoch loop over the rows; see `engine.Trainer` for its settings."""
        order = self.visited if shuffle else None  # the core shuffles it in place
        return engine.Trainer(network, theta, self.X, self.targets, self.weights, order=order, **settings)


class Trainer(Protocol):
    """What trains an epoch; see `engine.Trainer`."""

    def epoch(self, rates: np.ndarray, decay_factor: float = 1.0) -> float:
        """Return the mean loss of an epoch of steps, NaN after divergence."""

    @property
    def largest(self) -> float:
        """Largest magnitude in theta after the last epoch."""


@dataclass
class Patience:
    """Count of consecutive epochs without an improvement; lower losses are better."""

    best: float = np.inf
    n_bad_epochs: int = 0

    def update(self, loss: float, tol: float) -> int:
        """Count one more epoch.

        Parameters
        ----------
        loss : float
            The epoch's loss, or the negative of its score. NaN is no improvement.
        tol : float
            Least decrease below the best that counts as an improvement.

        Returns
        -------
        int
            Epochs in a row without an improvement.
        """
        self.n_bad_epochs = 0 if loss <= self.best - tol else self.n_bad_epochs + 1
        if loss < self.best:
            self.best = loss
        return self.n_bad_epochs


@dataclass
class State:
    """Everything that training changes; a call that continues training starts from the state of the last one."""

    theta: np.ndarray
    random: np.ndarray  # (4,) uint64: state of the core's generator
    moments: np.ndarray | None = None  # (n_buffers, n_theta) of the solver
    moments_of: str | None = None  # `kernel` of the solver whose moments these are
    steps: np.ndarray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    rows_seen: int = 0
    epochs: int = 0  # of this call
    passes: int = 0  # calls of partial_fit since the last fit
    cuts: int = 0  # how often "adaptive" has cut the learning rate
    patience: Patience = field(default_factory=Patience)
    best_loss: float = np.inf
    best_theta: np.ndarray | None = None  # of this call, by validation score
    best_score: float = -np.inf
    loss_curve: list[float] = field(default_factory=list)
    validation_loss_curve: list[float] = field(default_factory=list)
    validation_scores: list[float] = field(default_factory=list)
    learning_rate_curve: list[float] = field(default_factory=list)
    explained: Sequence[float] = ()  # of this call's epochs without the rows held back; see `HeldBack`
    mean_theta: np.ndarray | None = None  # over these epochs

    def check(self, theta: np.ndarray) -> None:
        """Refuse a state that cannot train theta further: a loaded one may have been tampered with.

        Raises
        ------
        ValueError
            If an array has another shape or dtype than the core reads, theta is another one, moments_of is no solver,
            moments cannot result from training, or a count is none.
        """
        expected: dict[str, tuple[tuple[int, ...], Any]]
        expected = {"theta": (theta.shape, theta.dtype), "random": ((4,), np.uint64), "steps": ((1,), np.int64)}
        expected |= {} if self.mean_theta is None else {"mean_theta": (theta.shape, theta.dtype)}
        if self.moments is not None:
            if self.moments_of not in engine.SOLVER_BUFFERS:
                raise ValueError(f"unknown solver in moments_of: {self.moments_of!r}")
            expected["moments"] = (engine.SOLVER_BUFFERS[self.moments_of], theta.size), theta.dtype
        for name, (shape, dtype) in expected.items():
            if not is_array(getattr(self, name), dtype, shape):
                raise ValueError(f"{name} of the training state must be an array of shape {shape} of {dtype}")
        # The first row averages gradients, a second one their squares, which can overflow to infinity in float32.
        if self.moments is not None and not (np.isfinite(self.moments[0]).all() and (self.moments[1:] >= 0).all()):
            raise ValueError("moments of the training state must be finite, those of squares not negative")
        if not np.array_equal(self.theta, theta):
            raise ValueError("the training state is that of other parameters")
        if not 0 <= self.steps[0] < MAX_STEPS or not self.random.any():
            raise ValueError("the training state has impossible steps, or a generator that is all zeros")
        for name, most in {"rows_seen": np.inf, "epochs": np.inf, "passes": np.inf, "cuts": MAX_CUTS}.items():
            count = getattr(self, name)
            if not isinstance(count, (int, np.integer)) or not 0 <= count <= most:
                raise ValueError(f"{name} of the training state must be an integer >= 0")

    def copy(self) -> State:
        """Return a state that can be trained without changing this one."""
        return State(**{name: copy.copy(value) for name, value in vars(self).items()})

    def begin_call(self, *, one_pass: bool, validated: bool) -> None:
        """Reset what belongs to one call; in `fit` also the schedule and the count of epochs without improvement."""
        self.epochs, self.best_theta, self.best_score = 0, None, -np.inf
        if not validated:
            self.validation_loss_curve, self.validation_scores = [], []
        if not one_pass:
            self.passes, self.cuts, self.patience = 0, 0, Patience()


class Watcher(Protocol):
    """Observer of epochs, or of iterations of L-BFGS."""

    def begin_epoch(self) -> None:
        """Begin an epoch unless one is running: L-BFGS calls this at each evaluation."""

    def end_epoch(self, state: State) -> bool:
        """End an epoch; return whether to stop."""

    def log(self, line: str) -> None:
        """Print a line if `verbose`."""


class Trial(Protocol):
    """Rows that the first epochs do not visit; see `HeldBack`."""

    rows: np.ndarray
    to_the_end: bool

    def look(self, theta: np.ndarray) -> None:
        """Measure the loss on these rows after an epoch."""

    def trial_epochs(self, max_iter: int) -> int:
        """Return how many more epochs are not to visit these rows."""

    def epochs(self, max_iter: int) -> int:
        """Return the epochs of the whole fit."""

    def adjust(self, theta: np.ndarray) -> None:
        """Adjust the outputs of a trained network to what these rows say."""


@dataclass(frozen=True)
class Problem:
    """The data, the network and the settings of a training run; nothing here changes."""

    network: engine.Network
    data: Data
    groups: list[Group]
    one_pass: bool  # run one epoch; the schedule still spans max_iter such calls
    max_iter: int
    tol: float
    n_iter_no_change: float
    batch_size: int
    shuffle: bool
    schedule: Schedule
    learning_rate_init: float
    team: engine.Team
    # Validation loss and score (greater is better) of a theta; None without a validation set.
    validate: Callable[[np.ndarray], tuple[float, float]] | None
    watch: Watcher
    null_model_loss: float | None = None  # of a network whose outputs are all zero; None if y is constant
    decay_follows_loss: bool = False
    deadline: float | None = None  # by `time.perf_counter`
    held_back: Trial | None = None  # rows that the first epochs do not visit, to find out how noisy the table is

    @property
    def n_batches(self) -> int:
        """Steps per epoch."""
        return self.data.n_batches(self.batch_size)

    def rates(self, progress: np.ndarray, state: State) -> np.ndarray:
        """Return the learning rates of the steps to come, of the shape of `progress`, (n_epochs, n_batches)."""
        factors = self.schedule(progress.ravel(), state.steps[0] + np.arange(progress.size))
        rates = self.learning_rate_init / ADAPTIVE_CUT**state.cuts * np.asarray(factors, dtype=np.float64)
        return rates.reshape(progress.shape)

    def decay_factor(self, state: State) -> float:
        """Return the factor on the weights' decay in the next epoch."""
        if self.null_model_loss is None or not self.decay_follows_loss:
            return 1.0
        return decay_factor(state.loss_curve[-1] / self.null_model_loss if state.loss_curve else 1.0)
