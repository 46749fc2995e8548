"""Draw the picture of the README and the landing page: `python docs/picture.py`."""

import runpy
from pathlib import Path

import matplotlib as mpl

HERE = Path(__file__).parent

mpl.use("agg")
import matplotlib.pyplot as plt  # noqa: E402

runpy.run_path(str(HERE / "examples" / "plot_two_moons.py"))
(HERE / "_static").mkdir(exist_ok=True)
plt.gcf().savefig(HERE / "_static" / "learned.png", dpi=120)
