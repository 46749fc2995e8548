"""The same training in JAX, written as its users write it: an epoch is one compiled scan over shuffled minibatches."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from workloads import Workload


def jax_fit(work: Workload, X: np.ndarray, y: np.ndarray) -> Callable[[], Any]:
    """Return a fit; the first call compiles. A scan has batches of one size: the last rows of an epoch are left out."""
    jax.config.update("jax_enable_x64", X.dtype == np.float64)
    n_batches = len(X) // work.batch
    inputs, labels = jnp.asarray(X), jnp.asarray(y)
    update = sgd if work.solver == "sgd" else adam

    def loss(parameters: Any, rows: Any) -> Any:
        h = inputs[rows]
        for w, b in parameters[:-1]:
            h = jax.nn.relu(h @ w + b)
        logits = h @ parameters[-1][0] + parameters[-1][1]
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[rows][:, None], axis=1).mean()

    def step(state: Any, rows: Any) -> Any:
        return update(state, jax.grad(loss)(state[0], rows)), None

    @jax.jit
    def epoch(state: Any, order: Any) -> Any:
        return jax.lax.scan(step, state, order[: n_batches * work.batch].reshape(n_batches, work.batch))[0]

    def fit() -> Any:
        random = np.random.default_rng(0)
        parameters = [
            (jnp.asarray(random.normal(size=(a, b)).astype(X.dtype) / np.sqrt(a)), jnp.zeros(b, dtype=X.dtype))
            for a, b in pairwise(work.sizes())
        ]
        zeros = jax.tree.map(jnp.zeros_like, parameters)
        state = (parameters, zeros, zeros, jnp.zeros((), dtype=X.dtype))
        for _ in range(work.epochs):
            state = epoch(state, jnp.asarray(random.permutation(len(X))))
        return jax.block_until_ready(state)

    return fit


def sgd(state: Any, gradient: Any) -> Any:
    """Return the state after a step of plain gradient descent."""
    parameters, *rest = state
    return jax.tree.map(lambda p, g: p - 1e-3 * g, parameters, gradient), *rest


def adam(state: Any, gradient: Any) -> Any:
    """Return the state after a step of Adam."""
    parameters, m, v, t = state
    t = t + 1
    m = jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, gradient)
    v = jax.tree.map(lambda a, g: 0.999 * a + 0.001 * g * g, v, gradient)
    rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    new = jax.tree.map(lambda p, a, b: p - (rate * a / (jnp.sqrt(b) + 1e-8)).astype(p.dtype), parameters, m, v)
    return new, m, v, t
