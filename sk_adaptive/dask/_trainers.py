"""Epochs on a cluster: in step, as one machine would, or locally with averages."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sk_adaptive._core import engine
from sk_adaptive._data.sampling import evenly_spaced_numbers
from sk_adaptive._parts.data import Term, mean

from ._data import ClusterData
from ._shards import Progress, Settings, local_epoch


class InStep:
    """Steps whose gradient is the sum over the workers' rows of one batch: what one machine does, but for rounding.

    Parameters
    ----------
    data : ClusterData
        The rows.
    network : Network
        The network.
    theta : ndarray of shape (n_theta,)
        Its parameters, which change in place.
    shuffle : bool
        Whether batches are of rows in random order.
    batch_size : int
        Rows of a step.
    random : ndarray of shape (4,)
        State of the generator.
    **settings : object
        See `engine.Trainer`.
    """

    def __init__(
        self,
        data: ClusterData,
        network: engine.Network,
        theta: np.ndarray,
        *,
        shuffle: bool,
        batch_size: int,
        random: np.ndarray,
        **settings: Any,
    ) -> None:
        self.largest = 0.0
        self._data, self._theta, self._shuffle, self._random = data, theta, shuffle, random
        self._batch_size, self._drops = batch_size, network.dropout > 0
        self._solver = data.sample.trainer(network, theta, shuffle=False, batch_size=1, random=random, **settings)
        self._order = data.visited
        data.checkpoint.replay(self._begin)

    def epoch(self, rates: np.ndarray, decay_factor: float = 1.0) -> float:
        """Return the mean loss of an epoch of steps, NaN after divergence."""
        self._data.checkpoint.keep()
        dropout = self._begin(self._random)
        terms, gradient = [], np.empty_like(self._theta)
        for step, rate in enumerate(rates.tolist()):
            first = step * self._batch_size
            batch = self._order[first : first + self._batch_size]
            loss, weight = mean(self._data.step_terms(self._theta, batch, first, dropout), gradient)
            if not math.isfinite(loss):
                return math.nan
            terms.append(Term(weight, loss))
            self._solver.step(gradient, rate, decay_factor)  # type: ignore[attr-defined]
        self.largest = float(np.abs(self._theta).max())
        return mean(terms)[0]

    def _begin(self, random: np.ndarray) -> int | None:
        """Draw the order of an epoch's rows, and return the number that says which units are dropped."""
        if self._shuffle:
            engine.shuffle(self._order, random)
        return engine.next_number(random) if self._drops else None


class LocalSteps:
    """An epoch on each partition by itself, from the same parameters; their mean by weight is the result.

    The moments of the solver are averaged likewise. The result depends on the partitions, not on the workers.

    Parameters
    ----------
    data : ClusterData
        The rows, a shard for each partition.
    network : Network
        The network.
    theta : ndarray of shape (n_theta,)
        Its parameters, which change in place.
    shuffle : bool
        Whether rows are visited in random order.
    state : ndarray of shape (n_buffers, n_theta)
        The moments of the solver, which change in place.
    steps : ndarray of shape (1,)
        Steps taken, which change in place.
    random : ndarray of shape (4,)
        State of the generator.
    team : Team
        Threads of this machine, which has nothing to do.
    **settings : object
        See `Settings`.
    """

    def __init__(
        self,
        data: ClusterData,
        network: engine.Network,
        theta: np.ndarray,
        *,
        shuffle: bool,
        state: np.ndarray,
        steps: np.ndarray,
        random: np.ndarray,
        team: engine.Team,
        **settings: Any,
    ) -> None:
        self.largest = 0.0
        self._data, self._theta, self._state, self._steps, self._random = data, theta, state, steps, random
        self._settings = Settings(shuffle=shuffle, **settings)

    def epoch(self, rates: np.ndarray, decay_factor: float = 1.0) -> float:
        """Return the mean loss of an epoch on each partition, NaN after divergence."""
        self._data.checkpoint.keep()
        n_batches = -(-self._data.visited_lengths // self._settings.batch_size)
        some = np.flatnonzero(n_batches).tolist()
        n, generators = len(some), self._generators(len(n_batches))
        found = self._data.submit(
            local_epoch,
            some,
            [Progress(self._theta, self._state, int(self._steps[0]))] * n,
            [self._settings] * n,
            [rates[evenly_spaced_numbers(len(rates), n_batches[i])] for i in some],
            [decay_factor] * n,
            [generators[i] for i in some],
            [self._data.left_out_of_shards[i] for i in some],
        )
        loss, weight = mean([term for term, _ in found])
        if not math.isfinite(loss):
            return math.nan
        shares = [term.weight / weight for term, _ in found]
        self._theta[...] = sum(share * after.theta for share, (_, after) in zip(shares, found, strict=True))
        self._state[...] = sum(share * after.state for share, (_, after) in zip(shares, found, strict=True))
        self._steps[0] = max(after.steps for _, after in found)
        self.largest = float(np.abs(self._theta).max())
        return loss

    def _generators(self, n: int) -> list[np.ndarray]:
        """Return the state of a generator for each shard, and go on to the next epoch's."""
        states = [np.random.SeedSequence([*self._random.tolist(), i]).generate_state(4, np.uint64) for i in range(n)]
        engine.next_number(self._random)
        return states
