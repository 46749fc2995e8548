"""Teams of threads: what does not depend on them, and what happens when they fail or the process forks."""

import os
import subprocess
import sys
import sysconfig
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sk_adaptive._core import engine
from sk_adaptive._network.plan import Group, make_plan
from sk_adaptive.activations import Activation, Fixed, Spline
from sk_adaptive.losses.classification import CrossEntropy

N_ROWS, N_FEATURES = 700, 5


def _data():
    rng = np.random.RandomState(0)
    return rng.normal(size=(N_ROWS, N_FEATURES)), rng.randint(0, 3, (N_ROWS, 1)).astype(float)


def _epochs(plan, n_threads, batch_size):
    """Return theta and the generator's state after three epochs."""
    X, y = _data()
    theta, state = np.random.RandomState(1).normal(scale=0.3, size=plan.n_theta), np.arange(4, dtype=np.uint64)
    trainer = engine.Trainer(
        plan.network(theta.dtype),
        theta,
        X,
        y,
        solver="sgd",
        constants=(0.9, 1.0),
        groups=[Group(0, theta.size, 1.0, 0.0, None)],
        state=np.zeros((1, theta.size)),
        steps=np.zeros(1, dtype=np.int64),
        random=state,
        order=np.arange(N_ROWS),
        batch_size=batch_size,
        team=engine.Team(n_threads),
    )
    losses = [trainer.epoch(np.full(-(-N_ROWS // batch_size), 0.01)) for _ in range(3)]
    return theta, state, losses


@pytest.mark.parametrize("n_members", [1, 3])
@pytest.mark.parametrize("batch_size", [7, 100, N_ROWS])
@pytest.mark.parametrize("n_threads", [2, 3])
def test_dropout_does_not_depend_on_threads(n_threads, batch_size, n_members, instruction_set):
    """The same units are dropped; sums in another order differ by rounding."""
    signs = np.ones((n_members, N_FEATURES)) if n_members > 1 else None
    knobs = {"loss": CrossEntropy(), "dropout": 0.4, "n_members": n_members, "signs": signs}
    plan = make_plan(N_FEATURES, [8, 6], 3, [Spline(), Fixed("tanh")], **knobs)
    alone, together = _epochs(plan, 1, batch_size), _epochs(plan, n_threads, batch_size)
    np.testing.assert_allclose(together[0], alone[0], rtol=1e-9, atol=1e-11)
    np.testing.assert_array_equal(together[1], alone[1])
    np.testing.assert_allclose(together[2], alone[2], rtol=1e-11)


class _Raises(Activation):
    """Raises an error of the thread that it runs in, once all threads are in it."""

    gate = threading.Barrier(2)

    def value(self, z, p):
        self.gate.wait()
        raise LookupError(threading.get_ident())


def _network_of(activation):
    return make_plan(N_FEATURES, [4], 3, [activation], loss=CrossEntropy()).network(np.dtype(float))


def test_each_thread_gets_its_own_exception():
    """Two threads share a network whose activation raises in both at once."""
    network, theta, X = _network_of(_Raises()), np.zeros(N_FEATURES * 4 + 4 + 15), _data()[0][:9]

    def wrong(_):
        with pytest.raises(LookupError) as raised:
            network.forward(theta, X)
        return raised.value.args[0] != threading.get_ident()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(wrong, range(400))) == 0


def test_of_a_teams_exceptions_one_is_raised():
    network, theta, X = _network_of(_Raises()), np.zeros(N_FEATURES * 4 + 4 + 15), _data()[0]
    for _ in range(20):
        with pytest.raises(LookupError, match=r"^\d+$"):
            network.forward(theta, X, engine.Team(2))


# ---- processes -------------------------------------------------------------------------------------------------------

SETUP = """
import os, sys, threading
import numpy as np
from threadpoolctl import threadpool_limits
from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive._core import engine
from sk_adaptive._network.threads import team_of_threads

X = np.random.RandomState(0).normal(size=(2000, 40)).astype(np.float32)
knobs = {"hidden_layer_sizes": (200,), "batch_size": 500, "max_iter": 3, "random_state": 0}
"""

TOO_FEW_THREADS = """
import resource
with open("/proc/self/statm") as file:
    now = int(file.read().split()[0]) * resource.getpagesize()
soft, hard = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (now + 2**20, hard))  # less than a thread's stack
team = engine.Team(4)
resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
print(team.size)
"""

FORKS = """
children = []

def scorer(estimator, X, y):
    if not children:
        children.append(os.fork())
        if children == [0]:
            with team_of_threads(10**9) as team:
                sizes = team.size
            print("child", sizes, flush=True)
            {in_child}
    return 0.5

with threadpool_limits(2, user_api="blas"):
    model = AdaptiveMLPClassifier(**knobs, early_stopping=True, scoring=scorer).fit(X, X[:, 0] > 0)
if children == [0]:
    print("child", model.n_iter_, flush=True)
else:
    print("parent", model.n_iter_, os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]), flush=True)
"""


def _output_of(script):
    """Run a script in a process of its own; a hang ends in an error."""
    command = [sys.executable, "-c", SETUP + script]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr
    return sorted(run.stdout.splitlines())


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has an interpreter lock")
def test_free_threaded_python_stays_free_threaded():
    code = "import sys, sk_adaptive._core.engine; print(sys._is_gil_enabled())"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHON_GIL"}
    command = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_threads_that_cannot_be_started_are_done_without():
    assert _output_of(TOO_FEW_THREADS) == ["1"]


@pytest.mark.parametrize(
    ("in_child", "lines"),
    [
        ("sys.exit(7)", ["child 2", "parent 3 7"]),
        ("pass", ["child 2", "child 3", "parent 3 0"]),
    ],
    ids=["leaves", "trains on"],
)
def test_a_process_forked_during_a_fit(in_child, lines):
    """It has all of its threads, trains on, and ends."""
    assert _output_of(FORKS.format(in_child=in_child)) == lines
