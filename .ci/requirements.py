"""Print requirements that pyproject.toml states, one per line.

requirements.py EXTRA ...   those of extras
requirements.py --oldest    the oldest supported versions of the run-time dependencies, and of those that read tables
                            (a newer pyarrow needs a newer NumPy and does not say so), as pip's constraints
"""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
if sys.argv[1:] == ["--oldest"]:
    supported = project["dependencies"] + project["optional-dependencies"]["data"]
    requirements = [requirement.replace(">=", "==") for requirement in supported]
else:
    requirements = [each for extra in sys.argv[1:] for each in project["optional-dependencies"][extra]]
print(*(each for each in requirements if not each.startswith(project["name"])), sep="\n")
