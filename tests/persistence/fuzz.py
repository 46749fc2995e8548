"""Forged model files: fields and arrays of saved models changed, one or several per file; each is refused, or works.

Run: python tests/persistence/fuzz.py COUNT [SEED [CHANGES ...]]

Each file gets a random choice of CHANGES, such as 2 3 4, as its number of changes; 1 by default.
"""

from __future__ import annotations

import io
import json
import pickle
import random
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import sk_adaptive
from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor, ModelFileError
from sk_adaptive.activations import Swish
from sk_adaptive.inspection import activation_report, simplify
from sk_adaptive.losses import Quantile
from sk_adaptive.onnx import to_onnx

X = np.random.RandomState(0).normal(size=(60, 4))
Y = np.arange(60) % 3
TABLE = pd.DataFrame(
    {
        "size": np.where(np.arange(60) % 7, X[:, 0], np.nan),
        "town": pd.Series([["Oslo", "Rome", "Paris", "Nice", None][i % 5] for i in range(60)], dtype=object),
        "code": np.arange(60) % 4,
        "sold": X[:, 1] > 0,
    }
)
KNOBS = {"max_iter": 2, "random_state": 0}
NUMBERS = [-1, 0, 1, 2, 10**9, 2**63, -(2**40), 1e308, float("nan"), float("inf"), True, None, "x"]
TEXTS = ["", "lbfgs", "adam", "relu", "unit", "0", "[]"]
KEPT = {"__id__", "__loader__", "__module__", "__class__", "protocol", "_skops_version"}  # skops' own


def models() -> Iterator[tuple[Any, Any, np.ndarray]]:
    """Yield fitted models of every kind, and what they were fitted to."""
    several, counts = (Y[:, None] > [-1, 0, 1]).astype(int), np.c_[Y, Y + 1]
    drawn = KNOBS | {"random_state": np.random.RandomState(0), "n_members": 3, "dropout": 0.1}
    single = X.astype(np.float32)
    for model, y in (
        (AdaptiveMLPClassifier((4, 3), "spline", n_members=2, warm_start=True, **KNOBS), Y),
        (AdaptiveMLPClassifier((3,), "polynomial", warm_start=True, **KNOBS), several),
        (AdaptiveMLPRegressor("poisson", (4, 2), ["prelu", "snake"], warm_start=True, **KNOBS), counts),
        (AdaptiveMLPRegressor("huber", 3, "blend", warm_start=True, solver="sgd", **KNOBS), Y),
        (AdaptiveMLPRegressor(Quantile(0.9), (4, 4), Swish(scope="network"), **drawn), Y),
    ):
        yield model.fit(X, y), X, y
    yield AdaptiveMLPClassifier((4,), "rational", learn_scales=True, **KNOBS).fit(single, Y > 0), X, Y > 0
    chosen = {"categorical_features": ["town", "code", "sold"], "warm_start": True, **KNOBS}
    table = AdaptiveMLPClassifier((4,), n_members=2, **chosen).partial_fit(TABLE[:30], Y[:30], classes=[0, 1, 2])
    yield table.partial_fit(TABLE, Y), TABLE, Y
    yield (
        AdaptiveMLPRegressor("squared_error", (4,), min_frequency=15, learn_scales=True, **KNOBS).fit(TABLE, Y),
        TABLE,
        Y,
    )


def parts_of(model: Any, path: Path) -> dict[str, bytes]:
    """Return the parts of a saved model by name."""
    sk_adaptive.save(model, path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def leaves(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place in a schema that holds text, a number or nothing."""
    places = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in places:
        if isinstance(value, (dict, list)):
            yield from leaves(value)
        elif key not in KEPT:
            yield node, key


def forged_schema(text: bytes, rng: random.Random) -> bytes:
    """Return a schema with one value changed."""
    schema = json.loads(text)
    places = list(leaves(schema))
    node, key = rng.choice(places)
    try:
        is_number = isinstance(json.loads(node[key]), (int, float, type(None)))
    except (TypeError, ValueError):
        is_number = False
    other_node, other_key = rng.choice(places)
    node[key] = json.dumps(rng.choice(NUMBERS)) if is_number else rng.choice([*TEXTS, other_node[other_key]])
    return json.dumps(schema).encode()


def forged_array(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Return an array with another dtype, shape or element, or another array in its place."""
    array = np.load(io.BytesIO(data))
    ways = [
        lambda: array.astype(rng.choice([np.float32, np.float64, np.int64, np.int8])),
        lambda: array[:-1],
        lambda: array[:0],
        lambda: np.concatenate([array, array]),
        lambda: array.reshape(-1)[None],
        lambda: array.T.copy(),
        lambda: np.load(io.BytesIO(other)),
        lambda: _with_element(array, rng),
    ]
    stream = io.BytesIO()
    np.save(stream, rng.choice(ways)())
    return stream.getvalue()


def _with_element(array: np.ndarray, rng: random.Random) -> np.ndarray:
    changed = array.copy()
    values = [np.nan, np.inf, -1, 0, 1, 1e38] if array.dtype.kind == "f" else [0, 1, 2, np.iinfo(array.dtype).max]
    changed.reshape(-1)[rng.randrange(array.size)] = rng.choice(values)
    return changed


def forge(parts: dict[str, bytes], rng: random.Random, n_changes: int) -> bytes:
    """Return a file with so many fields or arrays forged."""
    parts = dict(parts)
    arrays = [name for name in parts if name.endswith(".npy")]
    for _ in range(n_changes):
        if arrays and rng.random() < 0.45:
            name = rng.choice(arrays)
            parts[name] = forged_array(parts[name], parts[rng.choice(arrays)], rng)
        else:
            parts["schema.json"] = forged_schema(parts["schema.json"], rng)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stream.getvalue()


def use(model: Any, X: Any, y: np.ndarray, *, export: bool) -> Iterator[str]:
    """Do with a model all that reads its numbers; yield how each ended. An export takes as long as all the rest."""
    calls = {
        "predict": lambda: model.predict(X[:3]),
        "probabilities": lambda: getattr(model, "predict_proba", model.predict)(X[:3]),
        "formulas": lambda: [learned.formula() for learned in model.activations_],
        "report": lambda: activation_report(model, X[:5]),
        "pickle": lambda: pickle.loads(pickle.dumps(model)),
        "simplified": lambda: simplify(model, X[:20]).predict(X[:3]),
        "partial_fit": lambda: model.partial_fit(X[:20], y[:20]),
        "fit": lambda: model.set_params(max_iter=1).fit(X[:20], y[:20]),
    }
    for call in [*calls.values(), *([lambda: to_onnx(model, X[:1])] if export else [])]:
        try:
            call()
            yield "worked"
        except Exception:  # noqa: BLE001  # any exception is an answer; a crash is not
            yield "raised"


def run(count: int, seed: int = 0, *changes: int) -> Counter:
    """Forge so many files and load each; anything but a model or ModelFileError from `load` is raised."""
    counts: Counter = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.skops"
        saved = [(parts_of(model, path), X, y) for model, X, y in models()]
        for number in range(count):
            rng = random.Random(seed * 10**7 + number)
            parts, X, y = rng.choice(saved)
            try:
                path.write_bytes(forge(parts, rng, rng.choice(changes or (1,))))
            except (ValueError, IndexError, OverflowError):  # a scalar has no shape to change
                counts["not forged"] += 1
                continue
            try:
                model = sk_adaptive.load(path)
            except ModelFileError:
                counts["refused"] += 1
                continue
            counts["loaded"] += 1
            counts.update(use(model, X, y, export=number % 10 == 0))
    return counts


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    began = time.process_time()
    print(dict(run(*map(int, sys.argv[1:]))), f"{time.process_time() - began:.0f} s of processor time")
