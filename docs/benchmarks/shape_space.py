"""The space of learned shapes: their normal form, principal shapes and clusters, none of which depends on signs.

A function is given at equally spaced points of the range of its data. Its normal form has mean 0 and length 1, in the
inner product of a normal distribution whose 1st and 99th percentiles are the ends of the range. A sign in front of z or
of f is left: it flips the odd part o of a shape against its even part e, or both. So the similarity of two shapes is
|<e, e'>| + |<o, o'>|, the largest inner product over all signs, and the second moments of even and odd parts, which no
sign changes, give the principal shapes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import norm

RESTARTS = 4
MOST_STEPS = 100


def density(n_points: int) -> np.ndarray:
    """Return the weights of the points in the inner product; they sum to 1."""
    weights = np.exp(-((np.linspace(-1, 1, n_points) * norm.ppf(0.99)) ** 2) / 2)
    return weights / weights.sum()


def normal_form(f: np.ndarray) -> np.ndarray:
    """Return the normal forms of functions, one per row, times the roots of the density; of constant ones 0."""
    root = np.sqrt(density(f.shape[1]))
    g = f * root
    g = g - np.outer(g @ root, root)
    size = np.linalg.norm(g, axis=1, keepdims=True)
    return np.divide(g, size, out=np.zeros_like(g), where=size > 1e-6 * np.linalg.norm(f * root, axis=1, keepdims=True))


def bent_share(f: np.ndarray) -> np.ndarray:
    """Return the share of the variance of each function, one per row, that its best line leaves."""
    line = np.sqrt(density(f.shape[1])) * np.linspace(-1, 1, f.shape[1])
    return 1 - (normal_form(f) @ line / np.linalg.norm(line)) ** 2


def parities(g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the even and the odd parts of functions, one per row."""
    return (g + g[:, ::-1]) / 2, (g - g[:, ::-1]) / 2


class Basis(NamedTuple):
    """Principal shapes, even and odd ones, and the share of the variance of all shapes that each explains."""

    even: np.ndarray
    odd: np.ndarray
    even_shares: np.ndarray
    odd_shares: np.ndarray

    def coordinates(self, g: np.ndarray) -> np.ndarray:
        """Return coordinates of normal forms, even ones before odd ones, of length 1 again (0 stays 0)."""
        a = np.hstack([part @ basis.T for part, basis in zip(parities(g), (self.even, self.odd), strict=True)])
        size = np.linalg.norm(a, axis=1, keepdims=True)
        return np.divide(a, size, out=np.zeros_like(a), where=size > 1e-6)


def principal(g: np.ndarray, weights: np.ndarray, n: int) -> Basis:
    """Return the first n even and the first n odd principal shapes of weighted normal forms."""
    bases, shares = [], []
    for part in parities(g):
        values, vectors = np.linalg.eigh((part * (weights / weights.sum())[:, None]).T @ part)
        first = vectors[:, ::-1][:, :n].T
        bases.append(first * np.where(first[:, -1:] < 0, -1, 1))
        shares.append(values[::-1][:n])
    return Basis(bases[0], bases[1], shares[0], shares[1])


def moments(a: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the second moments of even and of odd coordinates in one vector: what a set of units has learned."""
    half = a.shape[1] // 2
    weighted = a * (weights / weights.sum())[:, None]
    return np.concatenate([(weighted[:, s].T @ a[:, s]).ravel() for s in (slice(half), slice(half, None))])


def similarity(a: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return the largest inner product over all signs, (n_shapes, n_centres)."""
    half = a.shape[1] // 2
    return np.abs(a[:, :half] @ centres[:, :half].T) + np.abs(a[:, half:] @ centres[:, half:].T)


def clusters(a: np.ndarray, k: int, random: np.random.Generator) -> np.ndarray:
    """Return the k centres that are most similar to coordinates: spherical k-means up to signs, best of RESTARTS."""
    found = [_climb(a, _spread(a, k, random)) for _ in range(RESTARTS)]
    return max(found, key=lambda centres: float(similarity(a, centres).max(axis=1).sum()))


def _spread(a: np.ndarray, k: int, random: np.random.Generator) -> np.ndarray:
    """Return k shapes that are far from each other, drawn as k-means++ does."""
    chosen = [a[random.integers(len(a))]]
    while len(chosen) < k:
        away = np.maximum(1 - similarity(a, np.array(chosen)).max(axis=1), 0)
        chosen.append(a[random.choice(len(a), p=away / away.sum())])
    return np.array(chosen)


def _climb(a: np.ndarray, centres: np.ndarray) -> np.ndarray:
    labels = np.full(len(a), -1)
    for _ in range(MOST_STEPS):
        nearest = similarity(a, centres).argmax(axis=1)
        if (nearest == labels).all():
            break
        labels = nearest
        for j in range(len(centres)):
            if (labels == j).any():
                total = aligned(a[labels == j], centres[j]).sum(axis=0)
                centres[j] = total / np.linalg.norm(total)
    return centres


def aligned(a: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Return shapes with the signs of their parts turned towards a centre."""
    half = a.shape[1] // 2
    signs = np.where(np.stack([a[:, :half] @ centre[:half], a[:, half:] @ centre[half:]], axis=1) < 0, -1.0, 1.0)
    return a * np.repeat(signs, half, axis=1)


def unstructured(a: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return as many normal vectors with the second moments of a, of length 1: shapes without clusters."""
    half = a.shape[1] // 2
    parts = []
    for s in (slice(half), slice(half, None)):
        values, vectors = np.linalg.eigh(a[:, s].T @ a[:, s] / len(a))
        parts.append(random.standard_normal((len(a), half)) * np.sqrt(np.maximum(values, 0)) @ vectors.T)
    b = np.hstack(parts)
    return b / np.linalg.norm(b, axis=1, keepdims=True)


# Elementary properties, of the functions themselves.

SMALL = 0.05  # of the total movement: less of it in the other direction does not count


def moves(f: np.ndarray) -> dict[str, np.ndarray]:
    """Return whether each function, one per row, is straight, monotone, convex or concave, a bump, or a wave.

    A turning point counts if the function moves by more than SMALL of its range on both sides of it: a bump has one, a
    wave three or more.
    """
    steps, turns = np.diff(f, axis=1), turning_points(f)
    return {
        "straight": bent_share(f) < 0.01,
        "monotone": turns == 0,
        "convex": _one_sided(np.diff(steps, axis=1)),
        "one turn": turns == 1,
        "two turns": turns == 2,
        "three turns or more": turns >= 3,
    }


def _one_sided(d: np.ndarray) -> np.ndarray:
    up, down = np.maximum(d, 0).sum(axis=1), np.maximum(-d, 0).sum(axis=1)
    return np.minimum(up, down) <= SMALL * (up + down)


def turning_points(f: np.ndarray) -> np.ndarray:
    """Return the number of turning points of each row."""
    least = SMALL * np.ptp(f, axis=1)
    low, high = f[:, 0].copy(), f[:, 0].copy()
    direction, turns = np.zeros(len(f)), np.zeros(len(f), dtype=int)
    for value in f.T[1:]:
        low, high = np.minimum(low, value), np.maximum(high, value)
        rises = (value - low > least) & (direction <= 0)
        falls = (high - value > least) & (direction >= 0) & ~rises
        turns += (rises & (direction < 0)) | (falls & (direction > 0))
        direction = np.where(rises, 1, np.where(falls, -1, direction))
        low = np.where(falls | (direction > 0), value, low)
        high = np.where(rises | (direction < 0), value, high)
    return turns
