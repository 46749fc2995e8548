"""The compiled core: kernels in C++17 headers, one Cython binding."""

try:
    from . import engine  # noqa: F401
except ImportError as error:
    raise ImportError(
        "the compiled core of sk_adaptive cannot be loaded: in a checkout, build and install it first, with\n"
        "    pip install -e '.[test]'"
    ) from error
