"""Model files that earlier versions wrote, by freeze.py, still load and predict the same."""

import json
from pathlib import Path

import numpy as np
import pytest
from persistence.freeze import FOLDER, table

import sk_adaptive
from sk_adaptive._persistence import FORMAT

FROZEN = sorted(FOLDER.glob("frozen_format_*.skops"))


def test_the_format_of_today_is_frozen():
    assert f"frozen_format_{FORMAT}.skops" in {path.name for path in FROZEN}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("path", FROZEN, ids=lambda path: path.stem)
def test_frozen_files_predict_the_same_and_train_on(path: Path):
    model, X = sk_adaptive.load(path), table()
    expected = json.loads(path.with_suffix(".json").read_text())
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-9)
    model.partial_fit(X, model.predict(X))
