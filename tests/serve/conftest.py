"""One fitted model, and a client of its app, for all tests of the service."""

import pandas as pd
import pytest
from flask.testing import FlaskClient
from serve.models import iris, iris_model
from sklearn.pipeline import Pipeline

from sk_adaptive.serve import create_app


@pytest.fixture(scope="session")
def model() -> Pipeline:
    return iris_model()


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """Rows of all three classes."""
    return iris()[0].iloc[[0, 60, 120]]


@pytest.fixture
def client(model: Pipeline, rows: pd.DataFrame) -> FlaskClient:
    return create_app(model, name="iris", example=rows.iloc[0].tolist(), blas_threads=None).test_client()
