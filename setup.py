"""Build of the compiled core; everything else is in pyproject.toml.

The core is compiled once for each instruction set and chosen at run time (sk_adaptive/_core/choose.hpp), so that one
build serves every machine of an architecture.
"""

import platform
from glob import glob

import numpy as np
from Cython.Build import cythonize
from setuptools import Extension, setup

CORE = "sk_adaptive/_core"
HEADERS = sorted(glob(f"{CORE}/**/*.hpp", recursive=True))
INCLUDED = sorted(glob(f"{CORE}/*.pxi"))
X86 = platform.machine().lower() in ("x86_64", "amd64")
# Strict about NaN and infinity: the divergence check needs them to mean something.
FLAGS = [
    "-std=c++17",
    "-O3",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=fast",
    "-fno-tree-loop-distribute-patterns",  # a tile's sums are cleared in registers, not in memory
    "-Wno-psabi",
    # MMX would leave the x87 registers, which some BLAS and long double compute with, in disorder.
    *(["-DSK_X86", "-mno-mmx"] if X86 else []),
]
INSTRUCTION_SETS = {"baseline": []}
if X86:
    INSTRUCTION_SETS["avx2"] = ["-mavx2", "-mfma"]
    INSTRUCTION_SETS["avx512"] = ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mfma"]


def library(name: str, flags: list[str]) -> tuple[str, dict]:
    """Return the core for one instruction set, as setuptools wants it."""
    source = f"{CORE}/core_{name}.cpp"
    build = {"sources": [source], "cflags": FLAGS + flags, "obj_deps": {"": HEADERS}}
    return f"sk_adaptive_{name}", build


setup(
    libraries=[library(name, flags) for name, flags in INSTRUCTION_SETS.items()],
    ext_modules=cythonize(
        Extension(
            "sk_adaptive._core.engine",
            sources=[f"{CORE}/engine.pyx", f"{CORE}/team.cpp"],
            depends=HEADERS + INCLUDED,
            include_dirs=[CORE, np.get_include()],
            define_macros=[("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")],
            extra_compile_args=[*FLAGS, "-pthread"],
            extra_link_args=["-pthread"],
            language="c++",
        )
    ),
)
