"""Training on rows that lie on workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from distributed import Client, Future

from sk_adaptive._core import engine
from sk_adaptive._network.plan import Plan
from sk_adaptive._parts.data import PartedData, Term, mean
from sk_adaptive._parts.rows import PartedRows, cut
from sk_adaptive._training.state import Data, Figures, Trainer

from ._checkpoint import Checkpoint
from ._cluster import ClusterParts, results
from ._shards import make_shard, measured, outputs, shard_normal_term, step_term, term


@dataclass(frozen=True)
class Layout:
    """Which partitions make each shard, and where a row is."""

    groups: list[list[int]]  # numbers of partitions
    addresses: list[str]  # where each shard is made, if that worker is still there
    ends: np.ndarray  # of each partition: the number of the row after its last
    shard: np.ndarray  # of each partition
    shift: np.ndarray  # of each partition: from a row's number in its shard to that among all rows

    @staticmethod
    def of(lengths: Sequence[int], homes: Sequence[str], *, by_worker: bool) -> Layout:
        """Return a shard for each worker, or one for each partition; partitions without rows make none."""
        named: dict[Any, list[int]] = {}
        for number, (length, home) in enumerate(zip(lengths, homes, strict=True)):
            if length:
                named.setdefault(home if by_worker else number, []).append(number)
        groups, ends = list(named.values()), np.cumsum(lengths)
        shard, shift = np.zeros((2, len(ends)), dtype=np.int64)
        for i, group in enumerate(groups):
            of_group = np.asarray(lengths)[group]
            shard[group], shift[group] = i, (ends[group] - of_group) - (np.cumsum(of_group) - of_group)
        return Layout(groups, [homes[group[0]] for group in groups], ends, shard, shift)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.ends[-1])

    @property
    def lengths(self) -> np.ndarray:
        """Rows of each shard."""
        found: np.ndarray = np.bincount(self.shard, np.diff(self.ends, prepend=0)).astype(np.int64)
        return found

    def locate(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the shards of some rows, and their numbers in these."""
        partition = np.searchsorted(self.ends, rows, side="right")
        return self.shard[partition], rows - self.shift[partition]


@dataclass(frozen=True)
class ClusterData(PartedData):
    """Rows on workers, one shard a worker or a partition."""

    client: Client
    layout: Layout
    shards: list[Future]
    in_step: bool
    make_trainer: Callable[..., Trainer]
    checkpoint: Checkpoint

    @staticmethod
    def of(
        rows: PartedRows,
        plan: Plan,
        targets: Any,
        dtype: np.dtype,
        *,
        in_step: bool,
        make_trainer: Callable[..., Trainer],
        checkpoint: Checkpoint,
    ) -> ClusterData:
        """Return rows in partitions as training takes them, encoded where they lie."""
        parts: ClusterParts = rows.parts  # type: ignore[assignment]
        encoder = rows.encoder(targets, dtype)
        layout = Layout.of(rows.lengths, parts.homes(), by_worker=in_step)
        shards = [
            parts.client.submit(
                make_shard,
                [parts.blocks[number] for number in group],
                [rows.selections[number] for number in group],
                rows.reader,
                encoder,
                plan,
                pure=False,
                **_at(address),
            )
            for group, address in zip(layout.groups, layout.addresses, strict=True)
        ]
        sample = encoder.encode(rows.sample)
        here = sample.X, sample.targets, sample.weights
        return ClusterData(*here, rows, encoder, parts.client, layout, shards, in_step, make_trainer, checkpoint)

    @property
    def sample(self) -> Data:
        """A few rows, which are here."""
        return Data(self.X, self.targets, self.weights)

    def submit(self, work: Callable, shards: Sequence[int], *each: Sequence[Any]) -> list[Any]:
        """Return `work(shard, *arguments)` for the shards of some numbers, `each` giving an argument for each."""
        futures = [
            self.client.submit(work, self.shards[number], *given, pure=False, **_at(self.layout.addresses[number]))
            for number, *given in zip(shards, *each, strict=True)
        ]
        return results(self.client, futures)

    def step_terms(self, theta: np.ndarray, rows: np.ndarray, first: int, dropout: int | None) -> list[Term]:
        """Return losses and gradients of a batch, as terms of the shards that have rows of it.

        Parameters
        ----------
        theta : ndarray of shape (n_theta,)
            Parameters.
        rows : ndarray of int64
            Numbers of the rows.
        first : int
            The place of the first of them in the epoch.
        dropout : int or None
            The epoch's number that says which units are dropped; None drops none.
        """
        shard, place = self.layout.locate(rows)
        numbers = np.unique(shard).tolist()
        batches = [np.flatnonzero(shard == number) for number in numbers]
        dropouts = [None if dropout is None else (dropout, first + batch) for batch in batches]
        return self.submit(step_term, numbers, [theta] * len(numbers), [place[batch] for batch in batches], dropouts)

    def outputs(self, network: engine.Network, theta: np.ndarray, team: engine.Team | None = None) -> np.ndarray:
        """Return the raw outputs of all rows; see `Data.outputs`."""
        found = self.submit(outputs, range(len(self.shards)), [theta] * len(self.shards))
        shard, place = self.layout.locate(np.arange(self.layout.n_rows))
        first = np.cumsum(self.layout.lengths) - self.layout.lengths
        together: np.ndarray = np.concatenate(found, axis=1)[:, first[shard] + place]
        return together

    def n_batches(self, batch_size: int) -> int:
        """Return the steps of an epoch; of local epochs, those of the longest."""
        rows = self.n_rows if self.in_step else int(self.visited_lengths.max())
        return -(-rows // batch_size)

    @cached_property
    def left_out_of_shards(self) -> list[np.ndarray]:
        """Numbers of the rows that epochs do not visit, in each shard of one partition."""
        return cut(self.left_out, self.layout.lengths)

    @property
    def visited_lengths(self) -> np.ndarray:
        """How many rows epochs visit in each shard of one partition."""
        return self.layout.lengths - [len(each) for each in self.left_out_of_shards]

    def mean(self, measure: Callable[[Data], Figures]) -> Figures:
        """Return the mean over all shards; see `Data.mean`."""
        n = len(self.shards)
        found: Figures = mean(self.submit(measured, range(n), [measure] * n))[0]
        return found

    def loss_and_grad(
        self,
        network: engine.Network,
        theta: np.ndarray,
        gradient: np.ndarray | None = None,
        team: engine.Team | None = None,
    ) -> float:
        """Return the mean loss over all shards; see `Data.loss_and_grad`."""
        if gradient is not None:  # not to validate
            self.checkpoint.keep()
        n = len(self.shards)
        return mean(self.submit(term, range(n), [theta] * n, [gradient is not None] * n), gradient)[0]

    def normal_equations(
        self, network: engine.Network, theta: np.ndarray, equations: np.ndarray, team: engine.Team | None = None
    ) -> float:
        """Return the mean loss over all shards; see `Data.normal_equations`."""
        self.checkpoint.keep()
        n = len(self.shards)
        return mean(self.submit(shard_normal_term, range(n), [theta] * n), equations)[0]

    def trainer(self, network: engine.Network, theta: np.ndarray, *, shuffle: bool, **settings: Any) -> Trainer:
        """Return the loop over epochs; see `Data.trainer`."""
        return self.make_trainer(self, network, theta, shuffle=shuffle, **settings)


def _at(address: str) -> dict[str, Any]:
    """Return where a task is best run; elsewhere, should that worker be gone."""
    return {"workers": [address], "allow_other_workers": True} if address else {}
