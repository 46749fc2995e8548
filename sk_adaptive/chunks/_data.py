"""Training on chunks: each is read, trained on and forgotten."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from sk_adaptive._core import engine
from sk_adaptive._parts.blocks import Block
from sk_adaptive._parts.data import PartedData, Term, mean, normal_term, term_of
from sk_adaptive._parts.rows import PartedRows, cut
from sk_adaptive._training.state import Data, Figures

R = TypeVar("R")


class ChunkParts:
    """Chunks as parts that are read one after another."""

    def __init__(self, chunks: Sequence[tuple]) -> None:
        self._chunks = chunks

    def __len__(self) -> int:
        return len(self._chunks)

    def block(self, number: int) -> Block:
        """Read a chunk.

        Raises
        ------
        ValueError
            If it is no tuple of X, y and perhaps weights.
        """
        chunk = self._chunks[number]
        if not isinstance(chunk, (tuple, list)) or len(chunk) not in (2, 3):
            raise ValueError(f"chunks must be tuples (X, y) or (X, y, sample_weight), got {type(chunk).__name__}")
        return Block(*chunk)

    def map(self, work: Callable[..., R], numbers: Sequence[int], *each: Sequence[Any]) -> list[R]:
        """Return `work(block, *arguments)` for the chunks of some numbers; see `Parts`."""
        return [work(self.block(number), *given) for number, *given in zip(numbers, *each, strict=True)]


@dataclass(frozen=True)
class ChunkData(PartedData):
    """Rows in chunks, each of which is read when it is needed."""

    @staticmethod
    def of(rows: PartedRows, targets: Any, dtype: np.dtype) -> ChunkData:
        """Return rows in chunks as training takes them."""
        encoder = rows.encoder(targets, dtype)
        sample = encoder.encode(rows.sample)
        return ChunkData(sample.X, sample.targets, sample.weights, rows, encoder)

    @property
    def n_chunks(self) -> int:
        """Number of chunks."""
        return len(self.rows.lengths)

    def chunk(self, number: int) -> Data | None:
        """Read a chunk; None if it has no rows of positive weight."""
        block = self.rows.parts.block(number)  # type: ignore[attr-defined]
        found = self.rows.reader.read(block, self.rows.selections[number])
        return None if found is None else self.encoder.encode(found[0])

    def visited_chunk(self, number: int) -> Data | None:
        """Read a chunk as an epoch visits it; None if it visits none of its rows."""
        left_out = self._left_out[number]
        if len(left_out) == self.rows.lengths[number]:
            return None
        chunk = self.chunk(number)
        return None if chunk is None else replace(chunk, left_out=left_out)

    @cached_property
    def _left_out(self) -> list[np.ndarray]:
        return cut(self.left_out, self.rows.lengths)

    def n_batches(self, batch_size: int) -> int:
        """Return the steps of an epoch: a batch has rows of one chunk."""
        visited = np.subtract(self.rows.lengths, [len(each) for each in self._left_out])
        return int((-(-visited // batch_size)).sum())

    def mean(self, measure: Callable[[Data], Figures]) -> Figures:
        """Return the mean over all chunks; see `Data.mean`."""
        found: Figures = mean(Term(chunk.total_weight, measure(chunk)) for chunk in self._each())[0]
        return found

    def loss_and_grad(
        self,
        network: engine.Network,
        theta: np.ndarray,
        gradient: np.ndarray | None = None,
        team: engine.Team | None = None,
    ) -> float:
        """Return the mean loss over all chunks; see `Data.loss_and_grad`."""
        terms = (term_of(network, theta, chunk, team, gradient is not None) for chunk in self._each())
        return mean(terms, gradient)[0]

    def normal_equations(
        self, network: engine.Network, theta: np.ndarray, equations: np.ndarray, team: engine.Team | None = None
    ) -> float:
        """Return the mean loss over all chunks; see `Data.normal_equations`."""
        return mean((normal_term(network, theta, chunk, team) for chunk in self._each()), equations)[0]

    def outputs(self, network: engine.Network, theta: np.ndarray, team: engine.Team | None = None) -> np.ndarray:
        """Return the raw outputs of all rows; see `Data.outputs`."""
        return np.concatenate([chunk.outputs(network, theta, team) for chunk in self._each()], axis=1)

    def trainer(self, network: engine.Network, theta: np.ndarray, *, shuffle: bool, **settings: Any) -> ChunkTrainer:
        """Return the loop over chunks; see `Data.trainer`."""
        return ChunkTrainer(self, network, theta, shuffle=shuffle, **settings)

    def _each(self) -> Iterator[Data]:
        for number in range(self.n_chunks):
            chunk = self.chunk(number)
            if chunk is not None:
                yield chunk
            del chunk  # before the next one is read


class ChunkTrainer:
    """Epochs over chunks, in a new random order of the chunks and of the rows in each.

    Parameters
    ----------
    data : ChunkData
        The chunks.
    network : Network
        The network.
    theta : ndarray of shape (n_theta,)
        Its parameters, which change in place.
    shuffle : bool
        Whether the order is random.
    batch_size : int
        Rows of a step.
    random : ndarray of shape (4,)
        State of the generator.
    **settings : object
        See `engine.Trainer`.
    """

    def __init__(
        self,
        data: ChunkData,
        network: engine.Network,
        theta: np.ndarray,
        *,
        shuffle: bool,
        batch_size: int,
        random: np.ndarray,
        **settings: Any,
    ) -> None:
        self.largest = 0.0
        self._data, self._shuffle, self._batch_size, self._random = data, shuffle, batch_size, random
        self._network, self._theta, self._settings = network, theta, settings

    def epoch(self, rates: np.ndarray, decay_factor: float = 1.0) -> float:
        """Return the mean loss of an epoch of steps, NaN after divergence."""
        order = np.arange(self._data.n_chunks)
        if self._shuffle:
            engine.shuffle(order, self._random)
        first, terms = 0, []
        for number in order.tolist():
            chunk = self._data.visited_chunk(number)
            if chunk is None:
                continue
            n_batches = chunk.n_batches(self._batch_size)
            trainer = chunk.trainer(
                self._network,
                self._theta,
                shuffle=self._shuffle,
                batch_size=self._batch_size,
                random=self._random,
                **self._settings,
            )
            loss = trainer.epoch(rates[first : first + n_batches], decay_factor)
            first, self.largest = first + n_batches, trainer.largest
            if not math.isfinite(loss):
                return loss
            terms.append(Term(chunk.total_weight, loss))
            del chunk, trainer  # before the next one is read
        return mean(terms)[0]
