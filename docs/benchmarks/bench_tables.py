"""Error and fit time on a folder of raw tables: the estimator on the table, on a prepared one, and its peers.

The folder holds NAME.parquet, whose column `target` is predicted, and INDEX.tsv, whose columns `name` and `task`
("binary", "multiclass" or "reg") are read. Dates become the day, the hour and the weekday. Figures are ratios to
gradient boosting: 1 - AUC and log-loss of two classes, log-loss of more, RMSE of numbers, processor time of the fit;
geometric means. Every fit has one thread. LightGBM, CatBoost, RealMLP and TabM (pytabkit) are compared where they are
installed.

Run: python docs/benchmarks/bench_tables.py FOLDER --rows 4000 --splits 2
"""

from __future__ import annotations

import argparse
import csv
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from paired import print_table
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor

MAX_LEVELS = 255  # of scikit-learn's gradient boosting: rarer ones are missing to it
Factory = Callable[[bool, int], BaseEstimator]


def prepared(network: BaseEstimator) -> BaseEstimator:
    """Return a network behind what users write: imputation, one-hot columns, standardisation."""
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    levels = make_pipeline(OneHotEncoder(handle_unknown="ignore", sparse_output=False), StandardScaler())
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_exclude="category")),
        (levels, make_column_selector(dtype_include="category")),
    )
    return make_pipeline(columns, network)


def ours(classes: bool, seed: int) -> BaseEstimator:
    """Return our estimator with its defaults."""
    return (AdaptiveMLPClassifier if classes else AdaptiveMLPRegressor)(random_state=seed)


def few_rows(classes: bool, seed: int) -> BaseEstimator:
    """Return our estimator with what are its defaults on fewer than 1500 rows."""
    return ours(classes, seed).set_params(max_iter=50, n_bins=0, n_members=8, dtype="float64")


def boosting(classes: bool, seed: int) -> BaseEstimator:
    """Return scikit-learn's gradient boosting, which knows categories."""
    return (HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor)(random_state=seed)


def mlp(classes: bool, seed: int) -> BaseEstimator:
    """Return scikit-learn's network."""
    return prepared((MLPClassifier if classes else MLPRegressor)(random_state=seed))


def lightgbm(classes: bool, seed: int) -> BaseEstimator:
    """Return LightGBM with its own handling of categories."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    return (LGBMClassifier if classes else LGBMRegressor)(random_state=seed, n_jobs=1, verbose=-1)


def catboost(classes: bool, seed: int) -> BaseEstimator:
    """Return CatBoost with its own handling of categories, which are text to it."""
    from catboost import CatBoostClassifier, CatBoostRegressor

    class WithCategories(CatBoostClassifier if classes else CatBoostRegressor):
        """CatBoost that is told which columns are categories."""

        def fit(self, X: pd.DataFrame, y: np.ndarray) -> BaseEstimator:
            return super().fit(X, y, cat_features=list(X.select_dtypes(exclude="number").columns))

    model = WithCategories(random_state=seed, thread_count=1, verbose=False, allow_writing_files=False)
    return make_pipeline(FunctionTransformer(_categories_as_text), model)


def realmlp(classes: bool, seed: int) -> BaseEstimator:
    """Return RealMLP with its tuned defaults, which knows categories; missing numbers are means."""
    from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

    return without_missing_numbers((RealMLP_TD_Classifier if classes else RealMLP_TD_Regressor)(**_pytabkit(seed)))


def tabm(classes: bool, seed: int) -> BaseEstimator:
    """Return TabM with its defaults, which knows categories; missing numbers are means."""
    from pytabkit import TabM_D_Classifier, TabM_D_Regressor

    return without_missing_numbers((TabM_D_Classifier if classes else TabM_D_Regressor)(**_pytabkit(seed)))


def _pytabkit(seed: int) -> dict[str, Any]:
    return {"random_state": seed, "device": "cpu", "n_threads": 1, "verbosity": 0}


def without_missing_numbers(network: BaseEstimator) -> BaseEstimator:
    """Return a network behind imputation of numbers; categories are left as they are."""
    numbers = (SimpleImputer(), make_column_selector(dtype_exclude="category"))
    columns = make_column_transformer(numbers, remainder="passthrough", verbose_feature_names_out=False)
    return make_pipeline(columns.set_output(transform="pandas"), network)


def _categories_as_text(X: pd.DataFrame) -> pd.DataFrame:
    names = X.select_dtypes("category").columns
    return X.assign(**{name: X[name].astype("object").fillna("missing").astype(str) for name in names})


FACTORIES: dict[str, Factory] = {
    "boosting": boosting,
    "table": ours,
    "few_rows": few_rows,
    "prepared": lambda classes, seed: prepared(ours(classes, seed)),
    "mlp": mlp,
    **({"lightgbm": lightgbm} if find_spec("lightgbm") else {}),
    **({"catboost": catboost} if find_spec("catboost") else {}),
    **({"realmlp": realmlp, "tabm": tabm} if find_spec("pytabkit") else {}),
}


def load(folder: Path, rows: int, split: int) -> Iterator[tuple[str, str, list[Any]]]:
    """Yield each table: its name, its task, and the parts X_train, X_test, y_train, y_test."""
    with (folder / "INDEX.tsv").open() as index:
        tasks = {row["name"]: row["task"] for row in csv.DictReader(index, delimiter="\t")}
    for name, task in tasks.items():
        table = pd.read_parquet(folder / f"{name}.parquet")
        y = table.pop("target")
        table = table.assign(**{part: values for column in table for part, values in parts_of_dates(table[column])})
        table = table.select_dtypes(exclude="datetime")
        stratify = y if task != "reg" else None
        parts = train_test_split(table, y, test_size=0.3, random_state=split, stratify=stratify)
        parts = [part.iloc[:rows] for part in parts]
        yield name, task, [*with_categories(*parts[:2]), *(part.to_numpy() for part in parts[2:])]


def parts_of_dates(column: pd.Series) -> Iterator[tuple[str, pd.Series]]:
    """Yield the columns that stand for one of dates; none for another one."""
    if column.dtype.kind == "M":
        yield f"{column.name}_day", (column - column.min()).dt.days
        yield f"{column.name}_hour", column.dt.hour
        yield f"{column.name}_weekday", column.dt.weekday


def with_categories(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both parts with text and booleans as categories of the training rows' levels."""
    for name in train.select_dtypes(exclude="number").columns:
        columns = [part[name].astype("object").map(str, "ignore") for part in (train, test)]
        levels = columns[0].dropna().unique()
        train, test = train.assign(**of(columns[0], levels)), test.assign(**of(columns[1], levels))
    return train, test


def without_many_levels(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both parts with at most 255 levels per category: the others are missing."""
    for name in train.select_dtypes("category").columns:
        levels = train[name].value_counts().index.astype("object")[: MAX_LEVELS - 1]
        columns = [part[name].astype("object") for part in (train, test)]
        train, test = train.assign(**of(columns[0], levels)), test.assign(**of(columns[1], levels))
    return train, test


def of(column: pd.Series, levels: Sequence[str]) -> dict[str, pd.Series]:
    """Return a column as a category of these levels, others missing, by its name."""
    return {str(column.name): column.where(column.isin(levels)).astype(pd.CategoricalDtype(levels))}


def measure(model: BaseEstimator, task: str, parts: list[Any]) -> dict[str, float]:
    """Return the errors of a model on the test rows, and the processor time of its fit."""
    X_train, X_test, y_train, y_test = parts
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        began = time.process_time()
        model.fit(X_train, y_train)
        seconds = time.process_time() - began
        if task == "reg":
            return {"RMSE": float(np.sqrt(np.mean((model.predict(X_test) - y_test) ** 2))), "seconds": seconds}
        known = np.isin(y_test, model.classes_)
        p = np.clip(np.asarray(model.predict_proba(X_test[known]), dtype=np.float64), 1e-15, 1)
    p /= p.sum(axis=1, keepdims=True)
    figures = {f"log-loss, {task}": float(log_loss(y_test[known], p, labels=model.classes_)), "seconds": seconds}
    if task == "binary":
        figures["1 - AUC"] = 1 - float(roc_auc_score(y_test[known] == model.classes_[1], p[:, 1]))
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10**9, help="train and test on so many rows at most")
    parser.add_argument("--splits", type=int, default=1)
    parser.add_argument("--output", type=Path, help="write every measurement to this CSV file")
    options = parser.parse_args()
    found = []
    for split in range(options.splits):
        for name, task, parts in load(options.folder, options.rows, split):
            for which, make in FACTORIES.items():
                rows = without_many_levels(*parts[:2]) if which == "boosting" else parts[:2]
                figures = measure(make(task != "reg", split), task, [*rows, *parts[2:]])
                found += [
                    {"table": name, "split": split, "estimator": which, "figure": figure, "value": value}
                    for figure, value in figures.items()
                ]
    all_of_them = pd.DataFrame(found)
    if options.output:
        all_of_them.to_csv(options.output, index=False)
    means = all_of_them.pivot_table(index=["figure", "table"], columns="estimator", values="value")[list(FACTORIES)]
    ratios = np.log(means.div(means["boosting"], axis=0))
    lines = [
        [figure, name, *(f"{np.exp(v):.3f}" for v in row)]
        for (figure, name), row in zip(ratios.index, ratios.to_numpy(), strict=True)
    ]
    print_table(["figure", "table", *FACTORIES], lines)
    print("\nGeometric means\n")
    summary = np.exp(ratios.groupby(level="figure").mean())
    print_table(
        ["figure", *FACTORIES],
        [[name, *(f"{v:.3f}" for v in row)] for name, row in zip(summary.index, summary.to_numpy(), strict=True)],
    )


if __name__ == "__main__":
    main()
