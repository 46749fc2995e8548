"""Write a model file of the format of today, and what its model predicts, for the tests of all later versions.

Run: python tests/persistence/freeze.py
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

import sk_adaptive
from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive._persistence import FORMAT

FOLDER = Path(__file__).parent


def table() -> pd.DataFrame:
    """Return rows with numbers, missing values and categories."""
    length = np.linspace(-2, 3, 40)
    return pd.DataFrame(
        {
            "length": np.where(np.arange(40) % 9, length, np.nan),
            "town": pd.Series([["Oslo", "Rome", None][i % 3] for i in range(40)], dtype=object),
            "width": np.cos(3 * length),
        }
    )


def main() -> None:
    """Fit, save and predict."""
    X, y = table(), np.where(np.arange(40) % 5, "small", "large")
    activations = ["spline", "rational"]
    model = AdaptiveMLPClassifier((4, 3), activations, n_members=2, max_iter=20, learn_scales=True, random_state=0)
    model.partial_fit(X, y, classes=["large", "small"])
    path = FOLDER / f"frozen_format_{FORMAT}.skops"
    sk_adaptive.save(model, path)
    path.with_suffix(".json").write_text(json.dumps(model.predict_proba(X).tolist()) + "\n")


if __name__ == "__main__":
    main()
