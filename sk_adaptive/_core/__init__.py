"""The compiled core: kernels in C++17 headers, one Cython binding."""
