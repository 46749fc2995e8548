"""What runs on the workers: rows as the core takes them, their losses and gradients, and their local epochs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from sk_adaptive._core import engine
from sk_adaptive._network.plan import Plan
from sk_adaptive._network.threads import team_of_threads
from sk_adaptive._parts.blocks import Block, Encoder, Reader
from sk_adaptive._parts.data import Term, normal_term, term_of
from sk_adaptive._training.state import Data

from ._cluster import threads_of_worker


@dataclass(frozen=True)
class Shard:
    """The rows of some partitions, on one worker."""

    plan: Plan
    data: Data

    @cached_property
    def network(self) -> engine.Network:
        """The compiled network."""
        return self.plan.network(self.data.targets.dtype)

    def __getstate__(self) -> dict[str, Any]:
        return {"plan": self.plan, "data": self.data}  # the compiled network is made again where it is needed

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def multiplications(self, n_rows: int) -> int:
        """Return the size of a pass over so many rows."""
        return n_rows * self.plan.n_theta * self.plan.n_members


@dataclass(frozen=True)
class Settings:
    """What a local epoch needs besides the rows; see `engine.Trainer`."""

    solver: str
    constants: Sequence[float]
    groups: Sequence[Any]
    max_norm: float
    batch_size: int
    shuffle: bool


@dataclass(frozen=True)
class Progress:
    """What training changes, before or after a local epoch."""

    theta: np.ndarray
    state: np.ndarray  # the moments of the solver
    steps: int


def make_shard(
    blocks: Sequence[Block], selections: Sequence[np.ndarray | None], reader: Reader, encoder: Encoder, plan: Plan
) -> Shard:
    """Return the rows of some partitions as the core takes them."""
    found = [reader.read(*each) for each in zip(blocks, selections, strict=True)]
    parts = [encoder.encode(each[0]) for each in found if each is not None]
    if len(parts) == 1:
        return Shard(plan, parts[0])
    X = [part.X for part in parts]
    weights = [part.weights for part in parts if part.weights is not None]
    return Shard(
        plan,
        Data(
            sp.vstack(X, format="csr") if sp.issparse(X[0]) else np.concatenate(X),
            np.concatenate([part.targets for part in parts]),
            np.concatenate(weights) if weights else None,
        ),
    )


def term(shard: Shard, theta: np.ndarray, with_grad: bool) -> Term:
    """Return the loss of a shard's rows, and its gradient if asked."""
    return _term(shard, theta, shard.data, with_grad)


def shard_normal_term(shard: Shard, theta: np.ndarray) -> Term:
    """Return the loss of a shard's rows, and their normal equations."""
    with team_of_threads(shard.multiplications(shard.data.n_rows), threads_of_worker()) as team:
        return normal_term(shard.network, theta, shard.data, team)


def step_term(shard: Shard, theta: np.ndarray, rows: np.ndarray, dropout: tuple[int, np.ndarray] | None) -> Term:
    """Return the loss of some of a shard's rows and its gradient, with the units dropped that one machine drops."""
    return _term(shard, theta, shard.data.take(rows), True, dropout)


def outputs(shard: Shard, theta: np.ndarray) -> np.ndarray:
    """Return the raw outputs of a shard's rows, (n_members, n_rows, n_outputs)."""
    with team_of_threads(shard.multiplications(shard.data.n_rows), threads_of_worker()) as team:
        return shard.data.outputs(shard.network, theta, team)


def measured(shard: Shard, measure: Callable[[Data], Any]) -> Term:
    """Return what a function gives for a shard's rows."""
    return Term(shard.data.total_weight, measure(shard.data))


def local_epoch(
    shard: Shard,
    before: Progress,
    settings: Settings,
    rates: np.ndarray,
    decay_factor: float,
    random: np.ndarray,
    left_out: np.ndarray,
) -> tuple[Term, Progress]:
    """Train an epoch on a shard's rows alone, some left out; return its loss and what it led to."""
    theta, state, random = before.theta.copy(), before.state.copy(), random.copy()
    steps, data = np.array([before.steps]), replace(shard.data, left_out=left_out)
    with team_of_threads(shard.multiplications(settings.batch_size), threads_of_worker()) as team:
        trainer = data.trainer(
            shard.network,
            theta,
            shuffle=settings.shuffle,
            solver=settings.solver,
            constants=settings.constants,
            groups=settings.groups,
            state=state,
            steps=steps,
            random=random,
            batch_size=settings.batch_size,
            max_norm=settings.max_norm,
            team=team,
        )
        loss = trainer.epoch(rates, decay_factor)
    return Term(data.total_weight, loss), Progress(theta, state, int(steps[0]))


def _term(
    shard: Shard, theta: np.ndarray, data: Data, with_grad: bool, dropout: tuple[int, np.ndarray] | None = None
) -> Term:
    with team_of_threads(shard.multiplications(data.n_rows), threads_of_worker()) as team:
        return term_of(shard.network, theta, data, team, with_grad, dropout)
