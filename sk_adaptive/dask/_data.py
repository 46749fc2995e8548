"""Training on rows that lie on workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from distributed import Client, Future

from sk_adaptive._core import engine
from sk_adaptive._network.plan import Plan
from sk_adaptive._parts.data import Term, mean
from sk_adaptive._parts.rows import PartedRows
from sk_adaptive._training.state import Data, Trainer

from ._checkpoint import Checkpoint
from ._cluster import ClusterParts, results
from ._shards import make_shard, measured, term


@dataclass(frozen=True)
class Layout:
    """Which partitions make each shard, and which rows of all these are."""

    groups: list[list[int]]  # numbers of partitions
    addresses: list[str]  # where each shard is made, if that worker is still there
    shard: np.ndarray  # (n_rows,): the shard of each row
    place: np.ndarray  # (n_rows,): its number in the shard

    @staticmethod
    def of(lengths: Sequence[int], homes: Sequence[str], *, by_worker: bool) -> Layout:
        """Return a shard for each worker, or one for each partition; partitions without rows make none."""
        named: dict[Any, list[int]] = {}
        for number, (length, home) in enumerate(zip(lengths, homes, strict=True)):
            if length:
                named.setdefault(home if by_worker else number, []).append(number)
        groups = list(named.values())
        ends = np.cumsum(lengths)
        shard = np.empty(int(ends[-1]), dtype=np.int32)
        place = np.empty(len(shard), dtype=np.int64)
        for i, group in enumerate(groups):
            rows = np.concatenate([np.arange(ends[number] - lengths[number], ends[number]) for number in group])
            shard[rows], place[rows] = i, np.arange(len(rows))
        return Layout(groups, [homes[group[0]] for group in groups], shard, place)

    @property
    def lengths(self) -> np.ndarray:
        """Rows of each shard."""
        return np.bincount(self.shard, minlength=len(self.groups))


@dataclass(frozen=True)
class ClusterData(Data):
    """Rows on workers, one shard a worker or a partition; X, targets and weights are those of a few rows."""

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
        return ClusterData(
            sample.X, sample.targets, sample.weights, parts.client, layout, shards, in_step, make_trainer, checkpoint
        )

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.layout.shard)

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

    def terms(self, theta: np.ndarray, rows: np.ndarray | None = None, *, with_grad: bool = True) -> list[Term]:
        """Return the losses of the shards' rows and their gradients, of some of all rows or of all."""
        if rows is None:
            numbers = list(range(len(self.shards)))
            chosen: list[np.ndarray | None] = [None] * len(numbers)
        else:
            of_rows = self.layout.shard[rows]
            numbers = np.unique(of_rows).tolist()
            chosen = [self.layout.place[rows[of_rows == number]] for number in numbers]
        n = len(numbers)
        return self.submit(term, numbers, [theta] * n, chosen, [with_grad] * n)

    def n_batches(self, batch_size: int) -> int:
        """Return the steps of an epoch; of local epochs, those of the longest."""
        rows = self.n_rows if self.in_step else int(self.layout.lengths.max())
        return -(-rows // batch_size)

    def mean(self, measure: Callable[[Data], float]) -> float:
        """Return the mean over all shards; see `Data.mean`."""
        n = len(self.shards)
        return mean(self.submit(measured, range(n), [measure] * n))[0]

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
        return mean(self.terms(theta, with_grad=gradient is not None), gradient)[0]

    def trainer(self, network: engine.Network, theta: np.ndarray, *, shuffle: bool, **settings: Any) -> Trainer:
        """Return the loop over epochs; see `Data.trainer`."""
        return self.make_trainer(self, network, theta, shuffle=shuffle, **settings)


def _at(address: str) -> dict[str, Any]:
    """Return where a task is best run; elsewhere, should that worker be gone."""
    return {"workers": [address], "allow_other_workers": True} if address else {}
