"""Fixtures that every file may use."""

from collections.abc import Iterator

import numpy as np
import pytest

from sk_adaptive._core import engine


@pytest.fixture(params=engine.instruction_sets())
def instruction_set(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the test on each instruction set in turn."""
    engine.use_instruction_set(request.param)
    yield request.param
    engine.use_instruction_set(None)


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> type:
    """Run the test in both precisions."""
    return request.param
