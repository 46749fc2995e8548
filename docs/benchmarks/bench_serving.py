"""Throughput, latency and memory of `sk-adaptive serve` under load, beside a bare Flask app.

Both serve a network of the same size, fitted to digits, with waitress and two threads, in a process of their own. Two
clients in this process ask one after the other on connections that stay open: of ten requests eight hold one row, one
holds 100 rows, one is invalid. The bare app is the twenty lines that tutorials show around scikit-learn's
MLPClassifier: it checks nothing. Memory is the server's resident set, read from /proc.

Run: python docs/benchmarks/bench_serving.py --seconds 60
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

HIDDEN, THREADS, CLIENTS = 100, 2, 2

BARE = """
import sys, waitress, numpy as np
from flask import Flask, jsonify, request
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

X, y = load_digits(return_X_y=True)
model = MLPClassifier((100,), max_iter=20, random_state=0).fit(X / 16, y)
app = Flask("bare")

@app.post("/predict")
def predict():
    rows = np.array(request.get_json()["instances"])
    return jsonify(predictions=model.predict(rows).tolist(), probabilities=model.predict_proba(rows).tolist())

print("ready", flush=True)
waitress.serve(app, host="127.0.0.1", port=int(sys.argv[1]), threads=2, _quiet=True)
"""
OURS = "import sys; from sk_adaptive._cli import main; sys.exit(main())"


def main() -> None:
    """Load both servers in turn and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--port", type=int, default=8765)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.skops"
        save_model(path)
        options = ["serve", str(path), "--port", str(args.port), "--threads", str(THREADS)]
        commands = {"sk-adaptive serve": [OURS, *options], "bare Flask": [BARE, str(args.port)]}
        print(f"{'':<18}{'req/s':>8}{'rows/s':>9}{'p50 ms':>8}{'p99 ms':>8}{'MB start':>10}{'MB end':>8}  statuses")
        for name, command in commands.items():
            print(f"{name:<18}{measure(command, args.port, args.seconds)}")


def save_model(path: Path) -> None:
    """Fit a network to digits and save it."""
    import sk_adaptive

    X, y = load_digits(return_X_y=True)
    model = sk_adaptive.AdaptiveMLPClassifier((HIDDEN,), max_iter=20, n_members=1, random_state=0)
    sk_adaptive.save(model.fit(X / 16, y), path)


def measure(command: list[str], port: int, seconds: float) -> str:
    """Run a server, load it, stop it; return its line of the table."""
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        server.stdout.readline()
        wait_for(port)
        load(port, min(5, seconds / 4))  # until its memory has settled
        before = resident_megabytes(server.pid)
        times, statuses, rows = load(port, seconds)
        after = resident_megabytes(server.pid)
    finally:
        server.terminate()
        server.wait(timeout=20)
        server.stdout.close()
    p50, p99 = 1000 * np.percentile(times, [50, 99])
    rates = f"{len(times) / seconds:>8.0f}{rows / seconds:>9.0f}"
    return f"{rates}{p50:>8.2f}{p99:>8.2f}{before:>10.1f}{after:>8.1f}  {dict(sorted(statuses.items()))}"


def load(port: int, seconds: float) -> tuple[list[float], Counter[int], int]:
    """Ask for so many seconds; return each request's seconds, the counts of statuses, and the rows answered."""
    X = load_digits().data / 16
    bodies = [json.dumps({"instances": X[i : i + 1].tolist()}).encode() for i in range(8)]
    bodies += [json.dumps({"instances": X[:100].tolist()}).encode(), b'{"instances": [[1, "a"]]}']
    sizes = [1] * 8 + [100, 0]
    times: list[float] = []
    statuses: Counter[int] = Counter()
    rows = [0]
    end = time.perf_counter() + seconds

    def client(start: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        i = start
        while (began := time.perf_counter()) < end:
            connection.request("POST", "/predict", bodies[i % 10], {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            times.append(time.perf_counter() - began)
            statuses[response.status] += 1
            rows[0] += sizes[i % 10]
            i += 1
        connection.close()

    threads = [threading.Thread(target=client, args=(5 * number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, statuses, rows[0]


def wait_for(port: int) -> None:
    """Wait until the port answers, for 30 s at most."""
    for _ in range(300):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing answers on port {port}")


def resident_megabytes(pid: int) -> float:
    """Return a process' resident set."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


if __name__ == "__main__":
    main()
