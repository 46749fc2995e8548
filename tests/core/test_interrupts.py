"""Ctrl-C stops the compiled core in the midst of its work, whichever of its functions is under way."""

import subprocess
import sys

import pytest

# Each job would take many minutes; the signal comes once it is under way.
SCRIPT = """
import os, signal, threading, warnings
import numpy as np
from sk_adaptive import AdaptiveMLPRegressor
from sk_adaptive.solvers import LBFGS

signal.signal(signal.SIGINT, signal.default_int_handler)
X = np.zeros((10_000_000, 1), dtype=np.float32)
model = AdaptiveMLPRegressor(hidden_layer_sizes=(2000, 2000), activation="relu", max_iter=1, n_members=1)
few = model.fit(X[:5], [1, 2, 3, 4, 5]) if {fitted} else None
threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    with warnings.catch_warnings(record=True) as caught:
        {job}
    print(*(str(warning.message) for warning in caught))
except KeyboardInterrupt:
    print("interrupted")
"""

JOBS = {
    "predict": "model.predict(X)",
    "loss": "model._network.loss_and_grad(model.theta_, X, X)",
    "L-BFGS": "model.set_params(solver=LBFGS(history_size=1)).fit(X, np.arange(len(X), dtype=np.float32))",
    "one batch": "model.set_params(batch_size=len(X)).fit(X, np.arange(len(X), dtype=np.float32))",
    "epoch": "model.set_params(batch_size=100).fit(X, np.arange(len(X), dtype=np.float32))",
}


@pytest.mark.parametrize("job", JOBS)
def test_an_interrupt_is_heard_in_the_midst_of(job):
    script = SCRIPT.format(job=JOBS[job], fitted=".fit(" not in JOBS[job])
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr
    assert "interrupted" in run.stdout
