"""The versions that a bug report needs."""

from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest

import sk_adaptive
from sk_adaptive import _versions
from sk_adaptive._core import engine


def _printed(capsys: pytest.CaptureFixture) -> dict[str, str]:
    sk_adaptive.show_versions()
    return {line[:16].rstrip(): line[17:] for line in capsys.readouterr().out.splitlines()}


def test_versions_of_the_package_its_core_and_its_requirements(capsys):
    printed = _printed(capsys)
    assert printed["sk_adaptive"] == sk_adaptive.__version__
    assert printed["instruction set"].startswith(f"{engine.instruction_set()} of baseline")
    assert printed["numpy"] == np.__version__


def test_a_package_that_is_missing_is_no_error(monkeypatch, capsys):
    def version(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr(_versions, "version", version)
    assert _printed(capsys)["skops"] == "not installed"
