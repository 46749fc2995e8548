"""Build of the compiled core; everything else is in pyproject.toml.

The core is compiled once for each instruction set and chosen at run time (sk_adaptive/_core/choose.hpp), so that one
build serves every machine of an architecture. GCC and Clang are tested. Windows is configured for clang-cl, as the
core uses vector types that MSVC lacks; nobody has built it there yet.
"""

import os
import subprocess
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_clib import build_clib
from setuptools.command.build_ext import build_ext

CORE = "sk_adaptive/_core"
HEADERS = sorted(glob(f"{CORE}/**/*.hpp", recursive=True))
INCLUDED = sorted(glob(f"{CORE}/*.pxi"))
TARGET = sysconfig.get_platform()  # what is built for: cross-compilers state it
X86 = TARGET.endswith(("x86_64", "amd64"))
WINDOWS = TARGET.startswith("win")
# Strict about NaN and infinity: the divergence check needs them to mean something.
ARITHMETIC = ["-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast"]
if WINDOWS:
    FLAGS = ["/std:c++17", "/O2", "/EHsc", *(f"/clang:{flag}" for flag in ARITHMETIC)]
    THREADS = []
else:
    FLAGS = ["-std=c++17", "-O3", *ARITHMETIC]
    THREADS = ["-pthread"]
if X86:
    FLAGS.append("-DSK_X86")
if not WINDOWS and "-g" not in os.environ.get("CFLAGS", ""):
    FLAGS.append("-g0")  # Python's own flags have -g, which makes the library six times as large
# Used where the compiler knows them.
OPTIONAL_FLAGS = [
    "-fno-tree-loop-distribute-patterns",  # a tile's sums are cleared in registers, not in memory
    "-Wno-psabi",
    # MMX would leave the x87 registers, which some BLAS and long double compute with, in disorder.
    *(["-mno-mmx"] if X86 else []),
]
INSTRUCTION_SETS = {"baseline": []}
if X86:
    INSTRUCTION_SETS["avx2"] = ["-mavx2", "-mfma"]
    INSTRUCTION_SETS["avx512"] = ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mfma"]


def prepared(compiler) -> list[str]:
    """Return the optional flags that a compiler knows; on Windows, make it clang-cl."""
    if compiler.compiler_type == "msvc":
        compiler.initialize()
        compiler.cc = "clang-cl.exe"
        return []
    with TemporaryDirectory() as folder:
        source = Path(folder, "empty.cpp")
        source.touch()

        def knows(flag: str) -> bool:
            command = [*compiler.compiler_so, "-Werror", flag, "-c", str(source), "-o", f"{source}.o"]
            return subprocess.run(command, capture_output=True, check=False).returncode == 0

        return [flag for flag in OPTIONAL_FLAGS if knows(flag)]


class BuildLibraries(build_clib):
    """Compiles the instruction sets side by side."""

    def build_libraries(self, libraries: list[tuple[str, dict]]) -> None:
        """Build each library in a thread of its own."""
        known = prepared(self.compiler)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            each = [(name, {**build, "cflags": build["cflags"] + known}) for name, build in libraries]
            list(pool.map(lambda library: build_clib.build_libraries(self, [library]), each))


class BuildExtensions(build_ext):
    """Adds the optional flags that the compiler knows."""

    def build_extensions(self) -> None:
        """Build the extension."""
        known = prepared(self.compiler)
        for extension in self.extensions:
            extension.extra_compile_args += known
        super().build_extensions()


def library(name: str, flags: list[str]) -> tuple[str, dict]:
    """Return the core for one instruction set, as setuptools wants it."""
    source = f"{CORE}/core_{name}.cpp"
    build = {"sources": [source], "cflags": FLAGS + flags, "obj_deps": {"": HEADERS}}
    return f"sk_adaptive_{name}", build


setup(
    cmdclass={"build_clib": BuildLibraries, "build_ext": BuildExtensions},
    libraries=[library(name, flags) for name, flags in INSTRUCTION_SETS.items()],
    ext_modules=cythonize(
        Extension(
            "sk_adaptive._core.engine",
            sources=[f"{CORE}/engine.pyx", f"{CORE}/team.cpp"],
            depends=HEADERS + INCLUDED,
            include_dirs=[CORE, np.get_include()],
            define_macros=[("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")],
            extra_compile_args=[*FLAGS, *THREADS],
            extra_link_args=[*THREADS],
            language="c++",
        )
    ),
)
