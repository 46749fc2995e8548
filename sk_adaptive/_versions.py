"""Versions of this package and of what it runs on, for bug reports."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

REQUIRED = ("numpy", "scipy", "scikit-learn", "threadpoolctl")
OPTIONAL = ("matplotlib", "pandas", "polars", "pyarrow", "skops", "flask", "waitress", "onnx", "skl2onnx", "rich")


def show_versions() -> None:
    """Print versions, the machine and the threads, as a bug report needs them.

    Examples
    --------
    >>> import sk_adaptive
    >>> sk_adaptive.show_versions()  # doctest: +ELLIPSIS
    sk_adaptive      ...
    """
    for name, value in _facts():
        print(f"{name:16} {value}")


def _facts() -> Iterator[tuple[str, str]]:
    from threadpoolctl import threadpool_info

    from . import __version__
    from ._core import engine

    yield "sk_adaptive", __version__
    yield "instruction set", f"{engine.instruction_set()} of {', '.join(engine.instruction_sets())}"
    yield "Python", f"{platform.python_version()}, {platform.python_compiler()}"
    yield "system", f"{platform.platform()}, {platform.machine()}"
    for package in REQUIRED + OPTIONAL:
        yield package, _version(package)
    for pool in threadpool_info():
        yield "threads", f"{pool['num_threads']}: {pool['internal_api']} {pool['version']}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
