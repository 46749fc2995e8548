"""What a learned activation costs: time of a fit with each family over the same fit with relu.

64-256-256-10, batch 256, Adam, in turns in one process on one thread, the median of the pairs' ratios.

Run: python docs/benchmarks/bench_activations.py [--pairs 7]
"""

from __future__ import annotations

import argparse

from paired import compare, print_table
from report import machine
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.activations import Activation, Blend, Polynomial, PReLU, Rational, Snake, Spline, Swish

EPOCHS = 12


class NumPySwish(Activation):
    """The family that is called back in Python: Swish without its kernel."""

    parameters = Swish.parameters
    value, derivative, parameter_gradients = Swish.value, Swish.derivative, Swish.parameter_gradients


# What is timed, and the ratio to stay below; None where none was set.
FAMILIES: list[tuple[str | Activation, float | None]] = [
    ("silu", None),
    ("gelu", None),
    ("mish", None),
    (PReLU(), 1.3),
    (Swish(), 1.3),
    (Snake(), 1.3),
    (Blend(["identity", "mish"]), 1.3),
    (Blend(["tanh", "elu", "relu", "identity", "silu"]), None),
    (Polynomial(), 1.5),
    (Rational(), 1.5),
    (Spline(), 1.7),
    (Spline(scope="layer"), 1.7),
    (NumPySwish(), None),
]


def ratio(activation: str | Activation, dtype: str, pairs: int) -> float:
    """Return the median ratio of a family's fit to relu's."""
    X, y = load_digits(return_X_y=True)
    X = StandardScaler().fit_transform(X).astype(dtype)

    def fit(each: str | Activation) -> AdaptiveMLPClassifier:
        network = AdaptiveMLPClassifier((256, 256), each, batch_size=256, max_iter=EPOCHS, n_members=1, random_state=0)
        return network.fit(X, y)

    return compare(lambda: fit("relu"), lambda: fit(activation), pairs).ratio


def main() -> None:
    """Print one line a family."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=7)
    pairs = parser.parse_args().pairs
    print(f"{machine()}\n")
    rows = []
    with threadpool_limits(1):
        for activation, target in FAMILIES:
            single, double = (f"{ratio(activation, dtype, pairs):.2f}" for dtype in ("float32", "float64"))
            rows.append([str(activation), single, double, "" if target is None else str(target)])
    print_table(["activation", "float32, times relu", "float64, times relu", "at most"], rows)


if __name__ == "__main__":
    main()
