"""The compiled core: kernels in C++17 headers, one Cython binding."""

try:
    from . import engine  # noqa: F401
except ImportError as error:
    raise ImportError(
        "the compiled core of sk_adaptive cannot be loaded. If this is a checkout: after `pip install .`, start Python "
        "in another folder; to use the checkout itself, build the core in it, with\n    pip install -e '.[test]'"
    ) from error
