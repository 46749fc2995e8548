"""Time of a fit beside scikit-learn, PyTorch and JAX: same layers, batches, epochs, solver and dtype.

Peers that are not installed are left out. Run: python docs/benchmarks/bench_fit.py
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

from paired import Comparison, compare
from report import Effort, Table, beside_aim, figure, run
from sklearn.neural_network import MLPClassifier
from workloads import ALIKE, DTYPES, MIDDLE, SMALL, TINY, WIDE, Workload, installed, load, ours, theirs

from sk_adaptive import AdaptiveMLPClassifier


class Aims(NamedTuple):
    """Ratios to reach."""

    sklearn: float
    torch: float
    jax: float
    jax_with_compiling: float | None = None


AIMS = {TINY: Aims(40, 150, 6, 20), SMALL: Aims(4, 10, 2), MIDDLE: Aims(2, 1.8, 1.2), WIDE: Aims(2, 1.5, 1.3)}
LBFGS_AIM = 2.0
BOTH = ": compiled; with compiling"


def fits(effort: Effort) -> Table:
    """Minibatch fits against every peer."""
    header = ["network, batch", "our step, us", "over scikit-learn"]
    if installed("torch"):
        header += ["over PyTorch eager", *([f"over torch.compile{BOTH}"] if torch_compiles() else [])]
    if installed("jax"):
        header += [f"over JAX jit + scan{BOTH}"]
    rows = []
    for work, aims in AIMS.items():
        for dtype in DTYPES:
            rows.append(fit_row(work._replace(epochs=effort.of(work.epochs)), dtype, aims, effort.pairs))
            print(*rows[-1], sep="; ", flush=True)
    return Table(header, rows)


def fit_row(work: Workload, dtype: str, aims: Aims, pairs: int) -> list[str]:
    """Return one network's row."""
    X, y = load(work.data, dtype)
    us = partial(ours(work).fit, X, y)

    def against(them: Callable[[], object]) -> Comparison:
        return compare(us, them, pairs)

    result = against(partial(theirs(work).fit, X, y))
    cells = [f"{work}, {dtype}", figure(1e6 * result.ours / work.steps()), beside_aim(result.ratio, aims.sklearn)]
    if installed("torch"):
        from peers_torch import torch_fit

        cells.append(beside_aim(against(torch_fit(work, X, y)).ratio, aims.torch))
        if torch_compiles():
            cells.append(_both(against(torch_fit(work, X, y, compiled=True)), None, None))
    if installed("jax"):
        from peers_jax import jax_fit

        cells.append(_both(against(jax_fit(work, X, y)), aims.jax, aims.jax_with_compiling))
    return cells


def _both(result: Comparison, aim: float | None, aim_with_compiling: float | None) -> str:
    first = result.first_theirs / result.first_ours
    return f"{beside_aim(result.ratio, aim)}; {beside_aim(first, aim_with_compiling)}"


@cache
def torch_compiles() -> bool:
    """Return whether torch.compile works here; it needs a C++ compiler. Says why where it does not."""
    import torch

    try:
        torch.compile(torch.nn.Linear(2, 2))(torch.zeros(1, 2))
    except RuntimeError as error:
        print(f"torch.compile is left out: {str(error).splitlines()[0]}")
        return False
    return True


def lbfgs(effort: Effort) -> Table:
    """L-BFGS on breast cancer, 30-100-1, 200 iterations."""
    rows = []
    for dtype in DTYPES:
        X, y = load("breast_cancer", dtype)
        shared: dict[str, Any] = {"activation": "tanh", "solver": "lbfgs", "tol": 0.0, "random_state": 0, "alpha": 1e-2}
        shared |= {"hidden_layer_sizes": (100,), "max_iter": effort.of(200)}
        us, them = AdaptiveMLPClassifier(**ALIKE, **shared), MLPClassifier(**shared)
        result = compare(partial(us.fit, X, y), partial(them.fit, X, y), effort.pairs)
        rows.append(
            [
                f"30-100-1, {dtype}",
                beside_aim(result.ratio, LBFGS_AIM),
                figure(result.ratio * us.n_iter_ / them.n_iter_),
                f"{us.n_iter_} and {them.n_iter_}",
            ]
        )
    return Table(["network", "over scikit-learn", "an iteration", "iterations, ours and theirs"], rows)


if __name__ == "__main__":
    run(__doc__, fits, lbfgs)
