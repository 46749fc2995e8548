"""What a fit on a cluster survives: workers that die, leave and join, errors of others, fits beside it, its own end."""

import asyncio
import gc
import os
import pickle
import subprocess
import sys
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import dask
import dask.array as da
import numpy as np
import pytest
from dask_clusters import GUARD, at_epoch, here, kill, kill_all, kill_one, processes, until
from dask_tables import CLASSES, NETWORK, SOLVERS, TABLE, TOLERANCES, X, Y, arrays, assert_same, fit_local, frames
from distributed import Client, wait
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import sk_adaptive
from sk_adaptive.dask import AdaptiveMLPClassifier, AdaptiveMLPRegressor, _cluster


class Stopped(Exception):
    """Stands for whatever cuts a fit off."""


# ---- workers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_worker_that_is_killed_in_mid_fit_changes_nothing(solver, cluster, client, monkeypatch):
    model = AdaptiveMLPClassifier(**NETWORK, **SOLVERS[solver], solver=solver, batch_size=120, early_stopping=True)
    begun = at_epoch(monkeypatch, 3, lambda: kill_one(cluster))
    assert_same(model.fit(*frames(5, TABLE, CLASSES)), fit_local(model, TABLE, CLASSES), TOLERANCES[solver])
    assert len(begun) > 3


def test_a_worker_that_is_killed_changes_no_average(cluster, client, monkeypatch):
    model = AdaptiveMLPRegressor(**NETWORK, max_iter=4)
    whole = clone(model).fit(*arrays(60, X, Y), averaging=True)
    at_epoch(monkeypatch, 3, lambda: kill_one(cluster))
    np.testing.assert_array_equal(model.fit(*arrays(60, X, Y), averaging=True).theta_, whole.theta_)


def test_workers_may_join_and_leave_in_mid_fit(monkeypatch):
    model = AdaptiveMLPRegressor(**NETWORK, max_iter=6)
    with here(1) as cluster, Client(cluster) as client:
        model.set_params(client=client)

        def change():
            (first,) = client.scheduler_info()["workers"]
            cluster.scale(3)
            client.wait_for_workers(3)
            client.retire_workers([first])

        at_epoch(monkeypatch, 3, change)
        assert_same(model.fit(*arrays(60, X, Y)), fit_local(model, X, Y))


def test_a_worker_that_leaves_before_predict_takes_nothing_with_it(cluster, client):
    model = AdaptiveMLPRegressor(**NETWORK, max_iter=2).fit(*arrays(60, X, Y))
    expected = model.to_local().predict(X)
    lazy = model.predict(arrays(60, X)[0])
    wait(model._sent.model)
    (owner,) = client.who_has([model._sent.model])[model._sent.model.key]
    kill(cluster, owner)
    np.testing.assert_allclose(lazy.compute(), expected, rtol=1e-12)
    np.testing.assert_allclose(model.predict(arrays(50, X)[0]).compute(), expected, rtol=1e-12)


def test_workers_restarted_between_building_and_fit(cluster, client):
    given = arrays(60, X, Y)
    kill_all(cluster)
    model = AdaptiveMLPRegressor(**NETWORK, max_iter=2)
    assert_same(model.fit(*given), fit_local(model, X, Y))


def test_a_model_that_was_cancelled_is_sent_again(client):
    rows, y = arrays(60, X, Y)
    model = AdaptiveMLPRegressor(**NETWORK, max_iter=2).fit(rows, y)
    model.predict(rows)
    client.cancel([model._sent.model])
    np.testing.assert_allclose(model.predict(rows).compute(), model.to_local().predict(X), rtol=1e-12)


def test_rows_that_only_a_lost_worker_had_end_the_fit_with_an_error(cluster, client, monkeypatch):
    rows, y = (da.from_delayed(client.scatter(each), each.shape, each.dtype) for each in (X, Y))
    model = AdaptiveMLPRegressor(**NETWORK, max_iter=50)
    at_epoch(monkeypatch, 3, lambda: kill_all(cluster))
    with pytest.raises(RuntimeError, match="was cancelled"):
        model.fit(rows, y)
    assert not hasattr(model, "theta_")


def test_a_cluster_without_workers_ends_the_fit_with_an_error(monkeypatch):
    monkeypatch.setattr(_cluster, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(_cluster, "WITHOUT_WORKERS", 0.5)
    with here(1) as cluster, Client(cluster) as client:
        model = AdaptiveMLPRegressor(**NETWORK, max_iter=50, client=client)

        def leave():
            cluster.scale(0)
            until(lambda: not client.nthreads())

        at_epoch(monkeypatch, 3, leave)
        with pytest.raises(RuntimeError, match="no workers left"):
            model.fit(*arrays(60, X, Y))


def test_more_workers_than_partitions():
    with here(4) as cluster, Client(cluster) as client:
        model = AdaptiveMLPRegressor(**NETWORK, max_iter=3, client=client)
        assert_same(model.fit(*arrays((150, 0, 90), X, Y)), fit_local(model, X, Y))


def test_scheduler_and_worker_as_processes_of_their_own(tmp_path):
    file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask, where = [sys.executable, "-m", "dask"], ["--scheduler-file", str(file)]
    commands = [
        [*dask, "scheduler", "--port", "0", "--dashboard-address", ":0", *where],
        [*dask, "worker", "--nthreads", "1", "--no-dashboard", "--no-nanny", *where],
    ]
    processes = [subprocess.Popen(command, cwd=tmp_path, **quiet) for command in commands]
    try:
        with Client(scheduler_file=str(file), timeout=GUARD) as client:
            client.wait_for_workers(1, timeout=GUARD)
            model = AdaptiveMLPRegressor(**NETWORK, max_iter=3)
            assert_same(model.fit(*arrays(60, X, Y)), fit_local(model, X, Y))
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait(GUARD)


# ---- errors of others ------------------------------------------------------------------------------------------------


def test_an_error_in_the_users_graph_comes_out_and_the_client_goes_on(client):
    def fail(block):
        raise ZeroDivisionError("as the user wrote it")  # a class that workers know

    rows, y = arrays(60, X, Y)
    model = AdaptiveMLPRegressor(**NETWORK, max_iter=2)
    with pytest.raises(ZeroDivisionError, match="as the user wrote it"):
        model.fit(rows.map_blocks(fail, meta=X[:0]), y)
    assert not hasattr(model, "theta_")
    assert_same(model.fit(rows, y), fit_local(model, X, Y))


def test_labels_that_validation_rows_alone_have_are_refused(client):
    rows, labels = arrays(60, X, CLASSES)
    model = AdaptiveMLPClassifier(**NETWORK, max_iter=2)
    with pytest.raises(ValueError, match="labels that are not among the classes"):
        model.fit(rows, labels, X_val=rows, y_val=arrays(60, np.full(len(X), "new"))[0])


# ---- fits beside one another -----------------------------------------------------------------------------------------


def test_two_fits_at_once_from_threads_and_from_two_clients(cluster, client):
    with Client(cluster, set_as_default=False) as other, ThreadPoolExecutor() as pool:
        models = [AdaptiveMLPRegressor(**NETWORK, max_iter=4, client=each) for each in (client, client, other)]
        fits = list(pool.map(lambda model: model.fit(*arrays(60, X, Y)), models))
    whole = fit_local(models[0], X, Y)
    for fit in fits:
        assert_same(fit, whole)


def test_from_asyncio(cluster, client):
    model = AdaptiveMLPRegressor(**NETWORK, max_iter=2)

    async def fit():
        async with Client(cluster.scheduler_address, asynchronous=True, set_as_default=False) as asynchronous:
            with pytest.raises(TypeError, match=r"asyncio.to_thread\(model.fit, X, y\)"):
                clone(model).set_params(client=asynchronous).fit(*arrays(60, X, Y))
        return await asyncio.to_thread(model.set_params(client=client).fit, *arrays(60, X, Y))

    assert_same(asyncio.run(fit()), fit_local(model, X, Y))


def test_a_fit_inside_a_task(client):
    def fit(rows, y):
        given = [da.from_array(each, chunks=(60, *each.shape[1:])) for each in (rows, y)]
        return AdaptiveMLPRegressor(**NETWORK, max_iter=2).fit(*given).theta_

    tasks = [client.submit(fit, X, Y, pure=False) for _ in range(3)]  # more than there are threads
    whole = fit_local(AdaptiveMLPRegressor(**NETWORK, max_iter=2), X, Y)
    for theta in client.gather(tasks):
        np.testing.assert_allclose(theta, whole.theta_, rtol=1e-8)


def test_ten_fits_leave_no_tasks_and_no_memory():
    def memory():
        gc.collect()
        tracemalloc.start()
        return tracemalloc.get_traced_memory()[0]

    rows, y = arrays(50_000, np.resize(X, (200_000, 4)), np.resize(Y, 200_000))
    few_messages = dask.config.set({"distributed.admin.low-level-log-length": 10})  # Dask keeps the last ones
    with few_messages, processes(1) as cluster, Client(cluster) as client:

        def fit_and_forget():
            AdaptiveMLPRegressor(**NETWORK, n_members=1, max_iter=1, batch_size=50_000).fit(rows, y)
            until(lambda: not client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)))
            until(lambda: not any(client.has_what().values()) and not client.futures)
            return np.array([memory(), *client.run(memory).values()])  # the scheduler is in this process

        try:
            fit_and_forget()
            before = fit_and_forget()
            for _ in range(10):
                after = fit_and_forget()
        finally:
            tracemalloc.stop()
        assert (after - before < 3 * rows.nbytes).all()  # Dask's own notes grow too; the rows of ten fits would be 10


def test_a_worker_answers_while_its_core_computes(client):
    rows = da.random.default_rng(0).normal(size=(20_000, 50), chunks=(20_000, 50))
    y = rows[:, 0]
    knobs = {"hidden_layer_sizes": (256, 256), "solver": "lbfgs", "max_iter": 1, "n_members": 1, "random_state": 0}
    fitting = threading.Thread(target=AdaptiveMLPRegressor(**knobs, client=client).fit, args=(rows, y))
    fitting.start()
    answered = 0
    while fitting.is_alive():
        busy = [name for tasks in client.processing().values() for name in tasks if str(name).startswith("term")]
        answered += bool(busy) and len(client.run(os.getpid)) == 2  # their event loops answer
    assert answered


@pytest.mark.parametrize("n_threads", [1, 3])
def test_a_fit_uses_the_threads_of_its_worker(n_threads):
    def threads():
        from sk_adaptive._network.threads import team_of_threads
        from sk_adaptive.dask._cluster import threads_of_worker

        with team_of_threads(10**9, threads_of_worker()) as team:
            return team.size

    with here(1, n_threads) as cluster, Client(cluster) as client:
        assert client.submit(threads).result() == n_threads
    assert _cluster.threads_of_worker() == 1


# ---- copies ----------------------------------------------------------------------------------------------------------


def test_clones_keep_the_client_and_pickles_do_not(client):
    model = AdaptiveMLPClassifier(**NETWORK, max_iter=2, client=client).fit(*arrays(60, X, CLASSES))
    assert model.predict(arrays(60, X)[0]).compute().shape == CLASSES.shape
    copied = clone(model)
    assert copied.client is client
    assert not hasattr(copied, "theta_")
    again = pickle.loads(pickle.dumps(model))
    assert again.client is None
    np.testing.assert_array_equal(again.predict(arrays(60, X)[0]).compute(), model.to_local().predict(X))


def test_grid_search_on_the_cluster_is_that_of_one_machine(client):
    X_ = np.nan_to_num(X)
    knobs = {**NETWORK, "max_iter": 2}
    grid = {"alpha": [0, 1], "learning_rate_init": [0.01, 0.1]}
    lazy = GridSearchCV(AdaptiveMLPClassifier(**knobs), grid, cv=2).fit(*arrays(60, X_, (Y > 0).astype(int)))
    local = GridSearchCV(sk_adaptive.AdaptiveMLPClassifier(**knobs), grid, cv=2).fit(X_, (Y > 0).astype(int))
    np.testing.assert_allclose(lazy.cv_results_["mean_test_score"], local.cv_results_["mean_test_score"])
    assert lazy.best_params_ == local.best_params_


# ---- checkpoints -----------------------------------------------------------------------------------------------------


def cut_off(monkeypatch, model, given, epoch, **fit):
    """Fit until an epoch begins, and leave a checkpoint."""

    def stop():
        raise Stopped

    with monkeypatch.context() as patch:
        at_epoch(patch, epoch, stop)
        with pytest.raises(Stopped):
            clone(model).fit(*given, **fit)
    assert fit["checkpoint"].exists()


@pytest.mark.parametrize(
    ("knobs", "averaging"),
    [
        ({"learning_rate": "adaptive", "n_iter_no_change": 2, "tol": 1e9}, False),
        ({"early_stopping": True, "solver": "sgd", "n_members": 2}, False),
        ({"dropout": 0.1}, True),
    ],
    ids=["adaptive", "early stopping", "averaging"],
)
def test_a_fit_that_was_cut_off_goes_on(knobs, averaging, client, tmp_path, monkeypatch):
    path, given = tmp_path / "fit.checkpoint", arrays(60, X, Y)
    model = AdaptiveMLPRegressor(**NETWORK, **knobs, max_iter=8)
    whole = clone(model).fit(*given, averaging=averaging)
    cut_off(monkeypatch, model, given, 5, averaging=averaging, checkpoint=path)
    begun = at_epoch(monkeypatch, 0, lambda: None)
    model.fit(*given, averaging=averaging, checkpoint=path)
    assert not path.exists()
    assert len(begun) == whole.n_iter_ - 4
    assert_same(model, whole, 1e-12)


def test_lbfgs_goes_on_from_its_last_parameters(client, tmp_path, monkeypatch):
    path, given = tmp_path / "fit.checkpoint", arrays(60, X, Y)
    model = AdaptiveMLPRegressor(**NETWORK, solver="lbfgs", max_iter=12)
    whole = clone(model).fit(*given)
    cut_off(monkeypatch, model, given, 9, checkpoint=path)
    model.fit(*given, checkpoint=path)
    assert model.n_iter_ == whole.n_iter_ == 12
    np.testing.assert_allclose(model.loss_curve_[:5], whole.loss_curve_[:5], rtol=1e-8)
    assert model.loss_ < model.loss_curve_[5]


def test_another_fits_checkpoint_is_refused(client, tmp_path, monkeypatch):
    path, given = tmp_path / "fit.checkpoint", arrays(60, X, Y)
    model = AdaptiveMLPRegressor(**NETWORK, max_iter=4)
    cut_off(monkeypatch, model, given, 3, checkpoint=path)
    for other, rows in (({"alpha": 0.5}, given), ({"random_state": 1}, given), ({}, arrays(80, X, Y))):
        with pytest.raises(ValueError, match="is of another fit"):
            clone(model).set_params(**other).fit(*rows, checkpoint=path)
    path.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(ValueError, match="is no checkpoint"):
        model.fit(*given, checkpoint=path)
