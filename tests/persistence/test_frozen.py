"""Model files that earlier versions wrote, by freeze.py, still load and predict the same."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from persistence.freeze import FOLDER, table
from persistence.models import X, Y, classifier

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


def test_moments_of_dense_rows_from_the_time_when_nothing_was_said_of_what_they_store():
    model = classifier().partial_fit(X, Y, classes=[0, 1, 2])
    older = pickle.loads(pickle.dumps(model))
    object.__setattr__(older._moments, "stored", None)
    older = pickle.loads(pickle.dumps(older))
    np.testing.assert_array_equal(older._moments.stored, model._moments.stored)
    np.testing.assert_array_equal(older.partial_fit(X, Y).theta_, model.partial_fit(X, Y).theta_)
