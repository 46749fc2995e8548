"""The same training in PyTorch and JAX: Adam or SGD on shuffled minibatches, written as their users write it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np


def torch_fit(
    X: np.ndarray, y: np.ndarray, hidden: tuple[int, ...], batch: int, epochs: int, solver: str, compiled: bool = False
) -> Callable[[], Any]:
    """Return a fit by PyTorch, eager or compiled."""
    import torch
    from torch import nn

    sizes = (X.shape[1], *hidden, int(y.max()) + 1)
    inputs, labels = torch.from_numpy(X), torch.from_numpy(y.astype(np.int64))

    def fit() -> Any:
        torch.manual_seed(0)
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(sizes):
            layers += [nn.Linear(n_in, n_out, dtype=inputs.dtype), nn.ReLU()]
        model: Any = nn.Sequential(*layers[:-1])
        optimizer: Any = (
            torch.optim.Adam(model.parameters(), 1e-3)
            if solver == "adam"
            else torch.optim.SGD(model.parameters(), 0.01)
        )
        step = torch.compile(model) if compiled else model
        loss_function = nn.CrossEntropyLoss()
        for _ in range(epochs):
            order = torch.randperm(len(inputs))
            for rows in order.split(batch):
                optimizer.zero_grad()
                loss_function(step(inputs[rows]), labels[rows]).backward()
                optimizer.step()
        return model

    return fit


def jax_fit(
    X: np.ndarray, y: np.ndarray, hidden: tuple[int, ...], batch: int, epochs: int, solver: str
) -> Callable[[], Any]:
    """Return a fit by JAX: one compiled scan an epoch; the first call compiles."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", X.dtype == np.float64)
    sizes = (X.shape[1], *hidden, int(y.max()) + 1)
    n_batches = len(X) // batch
    inputs, labels = jnp.asarray(X), jnp.asarray(y)

    def loss(parameters: Any, rows: Any) -> Any:
        h = inputs[rows]
        for w, b in parameters[:-1]:
            h = jax.nn.relu(h @ w + b)
        logits = h @ parameters[-1][0] + parameters[-1][1]
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[rows][:, None], axis=1).mean()

    def step(state: Any, rows: Any) -> Any:
        parameters, m, v, t = state
        gradient = jax.grad(loss)(parameters, rows)
        if solver == "sgd":
            return (jax.tree.map(lambda p, g: p - 0.01 * g, parameters, gradient), m, v, t), 0.0
        t = t + 1
        m = jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, gradient)
        v = jax.tree.map(lambda a, g: 0.999 * a + 0.001 * g * g, v, gradient)
        rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        new = jax.tree.map(lambda p, a, b: p - (rate * a / (jnp.sqrt(b) + 1e-8)).astype(p.dtype), parameters, m, v)
        return (new, m, v, t), 0.0

    @jax.jit
    def epoch(state: Any, order: Any) -> Any:
        return jax.lax.scan(step, state, order[: n_batches * batch].reshape(n_batches, batch))[0]

    def fit() -> Any:
        random = np.random.default_rng(0)
        parameters = [
            (jnp.asarray(random.normal(size=(a, b)).astype(X.dtype) / np.sqrt(a)), jnp.zeros(b, dtype=X.dtype))
            for a, b in pairwise(sizes)
        ]
        zeros = jax.tree.map(jnp.zeros_like, parameters)
        state = (parameters, zeros, zeros, jnp.zeros((), dtype=X.dtype))
        for _ in range(epochs):
            state = epoch(state, jnp.asarray(random.permutation(len(X))))
        return jax.block_until_ready(state)

    return fit
