"""The map of the source on the contributing page: each file with the first sentence it says of itself."""

import re
from pathlib import Path

SUFFIXES = {".py", ".pyi", ".pyx", ".pxi", ".pxd", ".hpp", ".cpp"}
GENERATED = {"engine.cpp"}


def source_files(package: Path) -> list[Path]:
    """Return the package's source files, a folder's own before those of the folders in it."""
    files = [path for path in package.rglob("*") if path.suffix in SUFFIXES and path.name not in GENERATED]
    return sorted(files, key=lambda path: (path.parent, path.name))


def first_sentence(path: Path) -> str:
    """Return what a file says of itself in its docstring or in the comment it opens with; "" if nothing."""
    text = path.read_text()
    opening = re.match(r'(?:#[^\n]*\n)*r?"""(.+?)"""|((?:(?://|#) ?[^\n]*\n)+)', text, re.DOTALL)
    if not opening:
        return ""
    words = opening[1] or re.sub(r"(?m)^(?://|#) ?", "", opening[2])
    sentence = re.split(r"(?<=\.)\s|\n\n", words.strip(), maxsplit=1)[0]
    return " ".join(sentence.split()).rstrip(".")


def write(package: Path, target: Path) -> None:
    """Write the map as reStructuredText, a definition list for each folder."""
    lines = []
    folder = None
    for path in source_files(package):
        if path.parent != folder:
            folder = path.parent
            lines += ["", f"**{folder.relative_to(package.parent)}/**", ""]
        lines += [f"``{path.name}``", f"    {first_sentence(path)}."]
    target.parent.mkdir(exist_ok=True)
    target.write_text("\n".join(lines) + "\n")
