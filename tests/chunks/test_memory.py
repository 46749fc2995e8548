"""The memory of a fit to chunks is that of a chunk."""

import os
import subprocess
import sys

import numpy as np
import pytest

LIMIT = 2**28  # bytes
COLUMNS, ROWS_AT_A_TIME = 64, 2**14
GUARD = 600  # seconds
SCRIPT = """
import resource, sys
import numpy as np
from sk_adaptive import AdaptiveMLPRegressor
from sk_adaptive.chunks import array_chunks, fit_chunks

table, limit = np.load(sys.argv[1], mmap_mode="r"), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
model = AdaptiveMLPRegressor(hidden_layer_sizes=(4,), activation="tanh", random_state=0)
fit_chunks(model, array_chunks(table[:, :-1], table[:, -1], chunk_size=2**12))
try:
    np.array(table)
except MemoryError:
    print(model.t_, model.loss_)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA counts what NumPy allocates on Linux only")
def test_data_may_be_four_times_as_large_as_memory(tmp_path):
    path, n_rows = tmp_path / "table.npy", 4 * LIMIT // 8 // COLUMNS
    table = np.lib.format.open_memmap(path, mode="w+", dtype=np.float64, shape=(n_rows, COLUMNS))
    rows = np.random.default_rng(0).normal(size=(ROWS_AT_A_TIME, COLUMNS))
    rows[:, -1] = rows[:, 0]
    for first in range(0, n_rows, ROWS_AT_A_TIME):
        table[first : first + ROWS_AT_A_TIME] = rows
    del table
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, path, str(LIMIT)],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )
    path.unlink()
    assert done.returncode == 0, done.stderr
    rows_seen, loss = done.stdout.split()  # nothing is printed unless the table does not fit into memory
    assert int(rows_seen) == 5 * n_rows - 4 * 2000  # the first epochs hold rows back
    assert float(loss) < 0.1
