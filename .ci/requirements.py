"""Print requirements that pyproject.toml states, one per line.

requirements.py EXTRA ...   those of extras, and of the extras that they name
requirements.py --oldest    the oldest supported versions of the run-time dependencies, and of those that read tables
                            (a newer pyarrow needs a newer NumPy and does not say so), as pip's constraints
"""

import re
import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]


def requirements_of(extra: str) -> list[str]:
    """Return what an extra needs."""
    needed = []
    for each in project["optional-dependencies"][extra]:
        own = re.fullmatch(rf"{project['name']}\[(.*)\]", each)
        needed += [one for name in own[1].split(",") for one in requirements_of(name)] if own else [each]
    return needed


if sys.argv[1:] == ["--oldest"]:
    supported = project["dependencies"] + project["optional-dependencies"]["data"]
    requirements = [requirement.replace(">=", "==") for requirement in supported]
else:
    requirements = [each for extra in sys.argv[1:] for each in requirements_of(extra)]
print(*requirements, sep="\n")
