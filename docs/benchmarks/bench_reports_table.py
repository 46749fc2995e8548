"""The reports' affine function beside every other family: same network, splits and seeds.

Final training loss, test accuracy and runs that got stuck at the loss of the class frequencies.

Run: python docs/benchmarks/bench_reports_table.py [--seeds 20]
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable

import numpy as np
from paired import print_table
from report import machine
from sklearn.datasets import load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.activations import LEARNED, Activation, Blend, Fixed, Polynomial
from sk_adaptive.solvers import SGD

EPOCHS = {"iris": 2000, "wine": 500}


def affine(seed: int) -> Activation:
    """Return the reports' function: one k_0 and k_1 for the whole network, drawn from N(0, 0.1)."""
    start = np.random.RandomState(1000 + seed).normal(scale=0.1, size=2)
    return Polynomial(1, scope="network", start=start.tolist())


def families() -> dict[str, Callable[[int], Activation]]:
    """Return what makes each row's activation from a seed."""
    return {
        "affine, as reported": affine,
        "affine, a layer each, from the identity": lambda seed: Polynomial(1),
        "relu": lambda seed: Fixed("relu"),
        "tanh": lambda seed: Fixed("tanh"),
        **{name: lambda seed, family=family: family() for name, family in LEARNED.items()},
        "blend of five": lambda seed: Blend(["tanh", "elu", "relu", "identity", "silu"], scope="layer"),
    }


def run(data: str, make: Callable[[int], Activation], seed: int) -> tuple[float, float, bool]:
    """Return final training loss, test accuracy, and whether the network has learned no more than class frequencies."""
    X, y = {"iris": load_iris, "wine": load_wine}[data](return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, stratify=y, random_state=seed)
    scaler = StandardScaler().fit(X_train)
    as_reported = make is affine
    network = AdaptiveMLPClassifier(
        (10, 5),
        make(seed),
        solver=SGD(momentum=0.0),
        learning_rate="constant",
        learning_rate_init=0.01,
        batch_size=32,
        max_iter=EPOCHS[data],
        n_iter_no_change=np.inf,
        n_members=1,
        alpha=0.0,
        label_smoothing=0.0,
        clip_inputs=None,
        init="glorot" if as_reported else "gain",
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(scaler.transform(X_train), y_train)
    frequencies = np.bincount(y_train) / len(y_train)
    entropy = -float(np.sum(frequencies * np.log(frequencies)))
    return network.loss_, network.score(scaler.transform(X_test), y_test), network.loss_ > 0.95 * entropy


def main() -> None:
    """Print a table a data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    seeds = range(parser.parse_args().seeds)
    print(f"{machine()}\n")
    for data, epochs in EPOCHS.items():
        rows = []
        for name, make in families().items():
            losses, accuracies, stuck = zip(*(run(data, make, seed) for seed in seeds), strict=True)
            spread = f"{np.median(losses):.4f} ({np.min(losses):.4f} to {np.max(losses):.4f})"
            rows.append([name, spread, f"{np.mean(accuracies):.3f}", f"{sum(stuck)} of {len(stuck)}"])
        print(f"{data}, 10-5, SGD 0.01, batches of 32, {epochs} epochs\n")
        print_table(["activation", "training loss: median (extremes)", "mean test accuracy", "stuck"], rows)
        print()


if __name__ == "__main__":
    main()
