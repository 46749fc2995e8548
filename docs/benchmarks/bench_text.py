"""Fits on wide sparse matrices: text, and a million columns.

The text is the docstrings of installed packages, as TF-IDF of words and pairs of words; the class is the package.
Columns of the second part are drawn at random. Accuracy and log-loss are those of test rows, and seconds the processor
time of a fit with one thread.

Run: python docs/benchmarks/bench_text.py [--documents 600 2500] [--columns 100000 1000000]
"""

from __future__ import annotations

import argparse
import ast
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from sk_adaptive import AdaptiveMLPClassifier

PACKAGES = ["numpy", "scipy", "sklearn", "pandas", "matplotlib"]
MIN_WORDS, MAX_DOCUMENTS = 25, 900  # of a docstring; of a package
N_ROWS, N_STORED = 2000, 50  # of random matrices; values per row
ESTIMATORS = {"ours": AdaptiveMLPClassifier(random_state=0), "LogisticRegression": LogisticRegression(max_iter=500)}


def docstrings(package: str) -> Iterator[str]:
    """Yield the docstrings of an installed package that are long enough."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    for path in sorted(Path(spec.origin).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                text = ast.get_docstring(node) or ""
                if len(text.split()) >= MIN_WORDS:
                    yield text


def documents() -> tuple[list[str], np.ndarray]:
    """Return texts and their classes."""
    random = np.random.RandomState(0)
    of_packages = [random.permutation(sorted(set(docstrings(each))))[:MAX_DOCUMENTS] for each in PACKAGES]
    return list(np.concatenate(of_packages)), np.repeat(PACKAGES, [len(each) for each in of_packages])


def random_rows(n_columns: int) -> tuple[sp.csr_array, np.ndarray]:
    """Return sparse rows and the side of a plane on which they are."""
    random = np.random.RandomState(0)
    columns = random.randint(0, n_columns, (N_ROWS, N_STORED))
    starts = np.arange(N_ROWS + 1) * N_STORED
    X = sp.csr_array((random.uniform(size=columns.size), columns.ravel(), starts), shape=(N_ROWS, n_columns))
    X.sum_duplicates()
    return X, (X @ random.normal(size=n_columns) > 0).astype(int)


def compare(title: str, X: Any, y: np.ndarray, X_test: Any = None, y_test: np.ndarray | None = None) -> None:
    """Print a line for each estimator."""
    for name, estimator in ESTIMATORS.items():
        begin = time.process_time()
        estimator.fit(X, y)
        seconds = time.process_time() - begin
        line = f"{title:32s}{name:20s}{seconds:7.1f} s"
        if X_test is not None:
            loss = log_loss(y_test, estimator.predict_proba(X_test))
            line += f"   accuracy {estimator.score(X_test, y_test):.3f}   log-loss {loss:.3f}"
        print(line, flush=True)


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="*", default=[600, 2500], help="of training")
    parser.add_argument("--columns", type=int, nargs="*", default=[100_000, 1_000_000])
    options = parser.parse_args()
    texts, labels = documents()
    with threadpool_limits(1):
        for n_documents in options.documents:
            parts = train_test_split(texts, labels, train_size=n_documents, random_state=0, stratify=labels)
            words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
            X, X_test = words.fit_transform(parts[0]), words.transform(parts[1])
            compare(f"{X.shape[0]} documents x {X.shape[1]}", X, parts[2], X_test, parts[3])
        for n_columns in options.columns:
            compare(f"{N_ROWS} rows x {n_columns}", *random_rows(n_columns))


if __name__ == "__main__":
    main()
