"""From a CSV file to a server in a process of its own and back, and how it stops."""

import http.client
import json
import signal
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest
from serve.models import ask, iris, server

import sk_adaptive
from sk_adaptive import _cli
from sk_adaptive.serve import _server, create_app, run


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    X, y = iris()
    return X.assign(species=y)


@pytest.fixture(scope="module")
def file(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that the command line has trained."""
    folder = tmp_path_factory.mktemp("model")
    table.to_csv(folder / "iris.csv", index=False)
    knobs = ["--target", "species", "--hidden", "8", "--solver", "lbfgs", "--max-iter", "30"]
    assert _cli.main(["train", str(folder / "iris.csv"), *knobs, "-o", str(folder / "iris.skops")]) == 0
    return folder / "iris.skops"


@pytest.fixture(scope="module")
def running(file: Path):
    with server(file) as (address, _):
        yield address


def test_every_protocol_gives_the_numbers_of_python(running, file, table):
    model, X = sk_adaptive.load(file), table.drop(columns="species").iloc[::40]
    labels, probabilities = model.predict(X).tolist(), model.predict_proba(X)
    rows = X.to_numpy().tolist()
    status, answer = ask(f"{running}/predict", {"instances": rows})
    assert (status, answer["predictions"]) == (200, labels)
    np.testing.assert_array_equal(answer["probabilities"], probabilities)
    status, answer = ask(f"{running}/invocations", {"dataframe_split": X.to_dict("split")})
    assert (status, answer) == (200, {"predictions": labels})
    tensor = {"name": "x", "shape": list(X.shape), "datatype": "FP64", "data": X.to_numpy().ravel().tolist()}
    body = {"inputs": [tensor], "outputs": [{"name": "predict"}, {"name": "predict_proba"}]}
    status, answer = ask(f"{running}/v2/models/iris/infer", body)
    assert (status, answer["outputs"][0]["data"]) == (200, labels)
    np.testing.assert_array_equal(np.reshape(answer["outputs"][1]["data"], probabilities.shape), probabilities)
    assert ask(f"{running}/v2/health/ready") == (200, {"ready": True})


def test_public_inference_client(running, file, table):
    """NVIDIA's tritonclient, which speaks the same protocol as KServe's."""
    triton = pytest.importorskip("tritonclient.http", reason="a client that only the tests' extra brings")
    model, X = sk_adaptive.load(file), table.drop(columns="species").iloc[::40]
    client = triton.InferenceServerClient(urlsplit(running).netloc)
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("iris")
    assert client.get_model_metadata("iris")["name"] == "iris"
    matrix = triton.InferInput("x", X.shape, "FP64")
    matrix.set_data_from_numpy(X.to_numpy(), binary_data=False)
    outputs = [triton.InferRequestedOutput(name, binary_data=False) for name in ("predict", "predict_proba")]
    answer = client.infer("iris", [matrix], outputs=outputs)
    assert answer.as_numpy("predict").tolist() == model.predict(X).tolist()
    np.testing.assert_array_equal(answer.as_numpy("predict_proba"), model.predict_proba(X))
    client.close()


def test_large_bodies_are_refused_chunked_or_not(running):
    where = urlsplit(running)
    too_much = b"[" + b"1," * 2**21 + b"1]"
    for chunked in (False, True):
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
        body = iter([too_much[i : i + 2**16] for i in range(0, len(too_much), 2**16)]) if chunked else too_much
        try:
            connection.request("POST", "/predict", body, {"Content-Type": "application/json"}, encode_chunked=chunked)
            status = connection.getresponse().status
        except (BrokenPipeError, ConnectionResetError):
            status = 413  # it hung up before it was all sent
        assert status == 413
        connection.close()
    assert ask(f"{running}/ping")[0] == 200


def test_token_of_the_environment(file):
    with server(file, environment={"SK_ADAPTIVE_TOKEN": "abc"}) as (address, _):
        assert ask(f"{address}/metadata")[0] == 401
        assert ask(f"{address}/metadata", headers={"Authorization": "Bearer abc"})[0] == 200
        assert ask(f"{address}/ping")[0] == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_at_a_signal_with_success(file, number):
    with server(file) as (address, process):
        assert ask(f"{address}/ping")[0] == 200
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == ""


def test_a_request_that_has_begun_is_answered_before_the_stop(file):
    body = json.dumps({"instances": [[5.1, 3.5, 1.4, 0.2]]}).encode()
    with server(file) as (address, process):
        where = urlsplit(address)
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
        connection.putrequest("POST", "/predict")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:10])
        time.sleep(0.5)  # until the server has read it
        process.send_signal(signal.SIGTERM)
        time.sleep(1)
        assert process.poll() is None
        with pytest.raises(OSError, match="refused"):
            http.client.HTTPConnection(where.hostname, where.port, timeout=5).connect()
        connection.send(body[10:])
        answer = connection.getresponse()
        assert answer.status == 200
        assert len(json.loads(answer.read())["predictions"]) == 1
        connection.close()
        assert process.wait(timeout=20) == 0


def test_many_threads_at_once(running, file, table):
    model, X = sk_adaptive.load(file), table.drop(columns="species")
    wrong = []

    def client(start: int) -> None:
        for i in range(start, 150, 8):
            status, answer = ask(f"{running}/predict", {"instances": [X.iloc[i].tolist()]})
            if status != 200 or answer["predictions"] != model.predict(X.iloc[[i]]).tolist():
                wrong.append((i, status, answer))

    threads = [threading.Thread(target=client, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_idle_connections_do_not_stop_it(running):
    """More than waitress takes by default, 100."""
    where = urlsplit(running)
    idle = [socket.create_connection((where.hostname, where.port), timeout=20) for _ in range(300)]
    for connection in idle[:100]:
        connection.send(b"POST /predict HTTP/1.1\r\n")  # begun, and never ended
    assert ask(f"{running}/predict", {"instances": [[5.1, 3.5, 1.4, 0.2]]})[0] == 200
    for connection in idle:
        connection.close()


def test_beyond_the_limit_idle_connections_are_closed(file, monkeypatch):
    monkeypatch.setattr(_server, "CONNECTIONS", {"connection_limit": 90, "channel_timeout": 1, "cleanup_interval": 1})
    app, answers = create_app(file, blas_threads=None), []

    def ask_beside_idle_ones(address: str) -> None:
        where = urlsplit(address)
        try:
            idle = [socket.create_connection((where.hostname, where.port), timeout=20) for _ in range(150)]
            answers.append(ask(f"{address}/ping")[0])
            for connection in idle:
                connection.close()
        finally:
            signal.raise_signal(signal.SIGTERM)

    def listening(address: str) -> None:
        thread.append(threading.Thread(target=ask_beside_idle_ones, args=(address,)))
        thread[0].start()

    thread: list[threading.Thread] = []
    run(app, port=0, on_listening=listening)
    thread[0].join()
    assert answers == [200]


def test_what_cannot_be_served_is_one_line(file, tmp_path, capsys):
    (tmp_path / "no.skops").write_bytes(b"no")
    for arguments in (["serve", str(tmp_path / "no.skops")], ["serve", str(file), "--host", "256.0.0.1"]):
        assert _cli.main(arguments) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        assert len(printed.err.splitlines()) == 1
