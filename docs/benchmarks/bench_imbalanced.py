"""Ways to treat a rare class of one row in twenty, on tables made by scikit-learn's make_classification.

Run: python docs/benchmarks/bench_imbalanced.py
"""

from __future__ import annotations

import argparse

import numpy as np
from paired import print_table
from sklearn.datasets import make_classification
from sklearn.metrics import average_precision_score, log_loss, precision_score, recall_score
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split

from sk_adaptive import AdaptiveMLPClassifier

WAYS = {
    "defaults": lambda network: network,
    'class_weight="balanced"': lambda network: network.set_params(class_weight="balanced"),
    "threshold for f1": lambda network: TunedThresholdClassifierCV(network, scoring="f1", cv=3),
    "threshold for balanced accuracy": lambda network: TunedThresholdClassifierCV(
        network, scoring="balanced_accuracy", cv=3
    ),
}


def scores(make, seed: int) -> list[float]:
    """Return recall and precision of the rare class, the ranking's average precision, and the log-loss."""
    X, y = make_classification(4000, n_features=10, n_informative=6, weights=[0.95], class_sep=0.8, random_state=seed)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    model = make(AdaptiveMLPClassifier(random_state=0)).fit(X_train, y_train)
    predicted, probabilities = model.predict(X_test), model.predict_proba(X_test)
    return [
        recall_score(y_test, predicted),
        precision_score(y_test, predicted),
        average_precision_score(y_test, probabilities[:, 1]),
        log_loss(y_test, probabilities),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=5, help="number of tables that the scores are means over")
    tables = range(parser.parse_args().tables)
    rows = [
        [name, *(f"{value:.3f}" for value in np.mean([scores(make, seed) for seed in tables], axis=0))]
        for name, make in WAYS.items()
    ]
    print_table(["way", "recall", "precision", "average precision", "log-loss"], rows)


if __name__ == "__main__":
    main()
