"""Fixtures that every file may use."""

from collections.abc import Iterator

import numpy as np
import pytest

from sk_adaptive._core import engine


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--instruction-set", help="of every test that does not choose its own; the best by default")


@pytest.fixture(autouse=True, scope="session")
def _instruction_set_asked_for(request: pytest.FixtureRequest) -> None:
    engine.use_instruction_set(request.config.getoption("--instruction-set"))


@pytest.fixture(params=engine.instruction_sets())
def instruction_set(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the test on each instruction set in turn."""
    engine.use_instruction_set(request.param)
    yield request.param
    engine.use_instruction_set(request.config.getoption("--instruction-set"))


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> type:
    """Run the test in both precisions."""
    return request.param
