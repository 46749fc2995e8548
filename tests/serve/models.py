"""Small fitted models and a server of them as a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sk_adaptive import AdaptiveMLPClassifier

COMMAND = [sys.executable, "-c", "import sys; from sk_adaptive._cli import main; sys.exit(main())"]


def iris() -> tuple[pd.DataFrame, np.ndarray]:
    data = load_iris(as_frame=True)
    return data.data, np.asarray(data.target_names)[data.target]


def iris_model(**parameters: Any) -> Pipeline:
    X, y = iris()
    network = AdaptiveMLPClassifier((8,), solver="lbfgs", max_iter=30, random_state=0, **parameters)
    return make_pipeline(StandardScaler(), network).fit(X, y)


def mixed_table() -> tuple[pd.DataFrame, np.ndarray]:
    """Return numbers and categories that are both missing in places, and classes."""
    X, y = iris()
    X = X.iloc[:, :2].set_axis(["length", "width"], axis=1)
    X = X.assign(
        colour=np.where(np.arange(len(X)) % 3, "red", "blue").astype(object),
        size=np.where(np.arange(len(X)) % 2, 1.0, 2.0),
    )
    X.loc[3::9, ["length", "colour", "size"]] = np.nan
    return X, y


def table_network(**parameters: Any) -> tuple[AdaptiveMLPClassifier, pd.DataFrame]:
    """Return a network that reads a table as it is, and the table."""
    X, y = mixed_table()
    chosen = {"categorical_features": ["colour", "size"], "max_iter": 5, "random_state": 0, **parameters}
    return AdaptiveMLPClassifier((4,), **chosen).fit(X, y), X


def mixed_model() -> tuple[Pipeline, pd.DataFrame]:
    """Return a model of numbers and categories that encodes them, and its table."""
    X, y = mixed_table()
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    parts = ColumnTransformer([("n", numbers, ["length", "width"]), ("c", encoder, ["colour", "size"])])
    return make_pipeline(parts, AdaptiveMLPClassifier((4,), max_iter=2)).fit(X, y), X


@contextmanager
def server(model: Path, *options: str, environment: dict[str, str] | None = None) -> Iterator[tuple[str, Any]]:
    """Run `sk-adaptive serve` on a free port; give its address and the process, and stop it as a supervisor would."""
    process = subprocess.Popen(
        [*COMMAND, "serve", str(model), "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    try:
        line = process.stdout.readline()
        address = re.search(r"http://\S+", line)
        assert address, (line, process.stderr.read() if process.poll() is not None else "")
        yield address.group(), process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        process.stdout.close()
        process.stderr.close()


def ask(url: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    """Return the status and the JSON (or text) that a URL answers."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            status, text = response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text
