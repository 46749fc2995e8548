"""The command line on tables: train, evaluate, predict and export, from a file to a file."""

import socket
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sk_adaptive
from sk_adaptive import _cli
from sk_adaptive._cli import _pictures
from sk_adaptive._persistence import read_header

ROWS = 120


@pytest.fixture
def table() -> pd.DataFrame:
    """Numbers with gaps, true and false, categories; a class and a number to predict."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": random.integers(18, 90, ROWS).astype(float),
            "member": random.random(ROWS) < 0.5,
            "city": random.choice(["Bonn", "Kiel", "Ulm"], ROWS),
        }
    )
    score = frame["age"] + 30 * frame["member"] + 20 * (frame["city"] == "Ulm")
    frame["buys"] = np.where(score > 80, "yes", "no")
    frame["amount"] = score + random.normal(size=ROWS)
    frame.loc[::11, "age"] = np.nan
    frame.loc[5, "city"] = None
    return frame


def write(table: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False)
    return path


def run(*arguments: object) -> int:
    return _cli.main([str(argument) for argument in arguments])


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_classification_from_file_to_file(table, tmp_path, capsys, suffix):
    data, model = write(table, tmp_path / f"people{suffix}"), tmp_path / "people.skops"
    options = ["--drop", "amount", "--hidden", "8,4", "--solver", "lbfgs", "--activation", "polynomial"]
    assert run("train", data, "--target", "buys", "-o", model, *options) == 0
    printed = capsys.readouterr().out
    for text in ("96 rows to train on, 24 to test, 3 features", "accuracy", "F1 (macro)", "hidden layer 1: f(x) = "):
        assert text in printed
    for name in ("people.loss.png", "people.activations.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")

    assert run("predict", model, data, "-o", tmp_path / "out.csv", "--probabilities") == 0
    answers = pd.read_csv(tmp_path / "out.csv")
    assert list(answers.columns) == ["prediction", "probability_no", "probability_yes"]
    accuracy = accuracy_score(table["buys"], answers["prediction"])
    assert accuracy > 0.9

    capsys.readouterr()
    assert run("evaluate", model, data, "--target", "buys") == 0
    assert f"{accuracy:.4f}" in capsys.readouterr().out


def test_regression_is_recognised(table, tmp_path, capsys):
    data, model = write(table, tmp_path / "d.csv"), tmp_path / "d.skops"
    assert run("train", data, "--target", "amount", "-o", model, "--hidden", "8", "--solver", "lbfgs") == 0
    assert "RMSE" in capsys.readouterr().out
    assert run("predict", model, data, "-o", tmp_path / "out.parquet") == 0
    assert r2_score(table["amount"], pd.read_parquet(tmp_path / "out.parquet")["prediction"]) > 0.5
    assert run("predict", model, data, "-o", tmp_path / "out.csv", "--probabilities") == 1


def test_classes_may_be_forced(table, tmp_path, capsys):
    table["amount"] = table["amount"].round(-1)
    options = ["--hidden", "4", "--max-iter", "2", "--force", "--task"]
    for task, printed in (("classification", "accuracy"), ("regression", "RMSE")):
        assert (
            run(
                "train",
                write(table, tmp_path / "d.csv"),
                "--target",
                "amount",
                "-o",
                tmp_path / "m.skops",
                *options,
                task,
            )
            == 0
        )
        assert printed in capsys.readouterr().out


def test_the_example_is_a_row_without_gaps_or_none(table, tmp_path):
    data, model = write(table, tmp_path / "d.csv"), tmp_path / "d.skops"
    options = ["--drop", "amount", "--hidden", "4", "--max-iter", "2", "--force"]
    run("train", data, "--target", "buys", "-o", model, *options)
    age, member, city = read_header(model)["example"]
    assert ((table["age"] == age) & (table["member"] == bool(member)) & (table["city"] == city)).any()
    run("train", data, "--target", "buys", "-o", model, *options, "--no-example")
    assert read_header(model)["example"] is None


def test_export(table, tmp_path, capsys):
    data, model, target = write(table, tmp_path / "d.csv"), tmp_path / "d.skops", tmp_path / "d.onnx"
    options = ["--drop", "amount", "--hidden", "4", "--solver", "lbfgs", "--max-iter", "20", "--force"]
    run("train", data, "--target", "buys", "-o", model, *options)
    capsys.readouterr()
    assert run("export", model, "-o", target) == 0
    assert capsys.readouterr().out.endswith("its inputs are age, member, city\n")
    session = onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])
    X = table[["age", "member", "city"]].dropna()
    inputs = {name: X[[name]].to_numpy(object if name == "city" else np.float32) for name in X}
    labels, probabilities = session.run(None, inputs)
    loaded = sk_adaptive.load(model)
    np.testing.assert_allclose(probabilities, loaded.predict_proba(X), atol=1e-4)
    np.testing.assert_array_equal(labels, loaded.predict(X))

    run("train", data, "--target", "buys", "-o", model, *options, "--no-example")
    for more in ((), ("--data", data)):
        assert run("export", model, "-o", target, "--force", *more) == 0
        session = onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])
        gaps = table[["age", "member", "city"]]  # an empty text is a missing one
        inputs = {name: gaps[[name]].fillna("").to_numpy(object) if name == "city" else inputs[name] for name in inputs}
        inputs |= {name: gaps[[name]].to_numpy(np.float32) for name in ("age", "member")}
        np.testing.assert_allclose(session.run(None, inputs)[1], loaded.predict_proba(gaps), atol=1e-4)


def test_export_of_a_pipeline_needs_an_example(table, tmp_path, capsys):
    X, y = table[["age", "member"]].fillna(0).astype(np.float32), table["buys"]
    model = make_pipeline(StandardScaler(), sk_adaptive.AdaptiveMLPClassifier((4,), max_iter=2)).fit(X, y)
    data, path, target = write(X, tmp_path / "d.csv"), tmp_path / "m.skops", tmp_path / "m.onnx"
    sk_adaptive.save(model, path)
    assert run("export", path, "-o", target) == 1
    assert "tell the columns' types with --data" in capsys.readouterr().err
    assert run("export", path, "-o", target, "--data", data) == 0
    sk_adaptive.save(model, path, example=X.iloc[0].tolist())
    assert run("export", path, "-o", target, "--force") == 0


def test_levels_beyond_a_thousand_are_categories(tmp_path, capsys):
    levels = [f"n{i % 1500}" for i in range(3000)]
    data = write(pd.DataFrame({"town": levels, "buys": ["yes", "no"] * 1500}), tmp_path / "d.csv")
    options = ["--hidden", "2", "--max-iter", "1", "--target", "buys", "-o", tmp_path / "m.skops"]
    assert run("train", data, *options) == 0
    assert "town  category: 1500 levels" in capsys.readouterr().out


def test_networks_of_arrays_with_categories(table, tmp_path, capsys):
    X, y = table[["age", "member", "city"]].to_numpy(object), table["buys"]
    model = sk_adaptive.AdaptiveMLPClassifier((4,), max_iter=2, categorical_features=[1, 2]).fit(X, y)
    sk_adaptive.save(model, tmp_path / "m.skops")
    data = write(table[["age", "member", "city"]], tmp_path / "d.csv")
    assert run("predict", tmp_path / "m.skops", data, "-o", tmp_path / "out.csv", "--probabilities") == 0
    answers = pd.read_csv(tmp_path / "out.csv")[["probability_no", "probability_yes"]]
    np.testing.assert_allclose(answers, model.predict_proba(X), rtol=1e-6)
    assert run("export", tmp_path / "m.skops", "-o", tmp_path / "m.onnx") == 1
    assert "column 0 holds numbers: its ONNX input cannot be of strings" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("first", "kind", "dtype"), [(1, "float", "f4"), (2**24 + 1, "double", "f8"), (2**60 + 1, "int64", "i8")]
)
def test_export_rounds_no_level(tmp_path, first, kind, dtype):
    ids = first + np.arange(80) % 4
    X = pd.DataFrame({"id": ids, "age": np.random.default_rng(0).normal(size=80)})
    model = sk_adaptive.AdaptiveMLPClassifier((4,), max_iter=2, categorical_features=["id"]).fit(X, ids % 2)
    sk_adaptive.save(model, tmp_path / "m.skops")
    assert run("export", tmp_path / "m.skops", "-o", tmp_path / "m.onnx") == 0
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    assert [each.type for each in session.get_inputs()] == [f"tensor({kind})", "tensor(float)"]
    inputs = {"id": X[["id"]].to_numpy(dtype), "age": X[["age"]].to_numpy(np.float32)}
    np.testing.assert_allclose(session.run(None, inputs)[1], model.predict_proba(X), atol=1e-5)


def test_models_without_names(tmp_path):
    X = np.random.default_rng(0).normal(size=(40, 3))
    sk_adaptive.save(sk_adaptive.AdaptiveMLPClassifier((4,), max_iter=2).fit(X, X[:, 0] > 0), tmp_path / "m.skops")
    data = write(pd.DataFrame(X), tmp_path / "d.csv")
    assert run("predict", tmp_path / "m.skops", data, "-o", tmp_path / "out.csv") == 0
    assert run("export", tmp_path / "m.skops", "-o", tmp_path / "m.onnx") == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train none.csv --target buys -o m.skops", "none.csv"),
        ("train d.csv --target nothing -o m.skops", "no column 'nothing'"),
        ("train d.csv --target buys --drop nothing -o m.skops", "no column 'nothing'"),
        ("train d.csv --target buys --activation sine -o m.skops", "unknown activation 'sine'"),
        ("train d.csv --target buys -o nowhere/m.skops", "nowhere"),
        ("train empty.csv --target buys -o m.skops", "empty.csv"),
        ("train headed.csv --target a -o m.skops", "no rows"),
        ("train ids.csv --target buys -o m.skops", "no column to learn from"),
        ("train dates.parquet --target buys -o m.skops", "no column to learn from"),
        ("evaluate d.csv d.csv --target buys", "not a model file"),
        ("predict d.csv d.csv -o out.csv", "not a model file"),
        ("export d.csv -o out.onnx", "not a model file"),
        ("serve d.csv", "not a model file"),
        ("predict . d.csv -o out.csv", "not a regular file"),
        ("predict scaler.skops d.csv -o out.csv", "holds a StandardScaler, which predicts nothing"),
        ("evaluate scaler.skops d.csv --target buys", "holds a StandardScaler, which predicts nothing"),
    ],
)
def test_errors_are_one_line_that_names_the_cause(table, tmp_path, capsys, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    write(table, tmp_path / "d.csv")
    (tmp_path / "empty.csv").touch()
    sk_adaptive.save(StandardScaler().fit(table[["age"]]), tmp_path / "scaler.skops")
    (tmp_path / "headed.csv").write_text("a,b\n")
    many = pd.DataFrame({"id": [f"n{i}" for i in range(1001)], "buys": ["yes", "no", "no"] * 333 + ["yes", "no"]})
    write(many, tmp_path / "ids.csv")
    write(table[["buys"]].assign(when=pd.Timestamp("2026-01-01")), tmp_path / "dates.parquet")
    assert run(*arguments.split()) == 1
    printed = capsys.readouterr()
    assert len(printed.err.splitlines()) == 1
    assert message in printed.err
    assert not (tmp_path / "m.skops").exists()


def test_unknown_classes_are_named(table, tmp_path, capsys):
    data, model = write(table, tmp_path / "d.csv"), tmp_path / "m.skops"
    run("train", data, "--target", "buys", "-o", model, "--hidden", "2", "--max-iter", "2")
    table.loc[0, "buys"] = "perhaps"
    assert run("evaluate", model, write(table, data), "--target", "buys") == 1
    assert "'perhaps'" in capsys.readouterr().err


def test_a_time_limit_is_the_networks(table, tmp_path, capsys):
    options = ["train", write(table, tmp_path / "d.csv"), "--target", "buys", "--hidden", "2", "--max-iter", "2"]
    assert run(*options, "-o", tmp_path / "m.skops", "--max-time", "900.5") == 0
    assert sk_adaptive.load(tmp_path / "m.skops").max_time == 900.5
    assert run(*options, "-o", tmp_path / "none.skops", "--max-time", "0") == 1
    assert "max_time" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["train", "evaluate", "predict", "serve", "export"])
def test_help_fits_a_screen(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as left:
        run(command, "--help")
    assert left.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) <= 40


@pytest.mark.parametrize(("target", "label"), [("amount", "squared error"), ("buys", "cross-entropy")])
def test_the_loss_picture_names_the_loss(table, tmp_path, monkeypatch, target, label):
    labels = []
    monkeypatch.setattr(_pictures, "draw_losses", lambda figure, curves, name: labels.append(name))
    data = write(table, tmp_path / "d.csv")
    assert run("train", data, "--target", target, "-o", tmp_path / "m.skops", "--hidden", "2", "--max-iter", "2") == 0
    assert labels[0].startswith(label)


def test_a_port_in_use_is_one_line(tmp_path, capsys):
    X = np.random.default_rng(0).normal(size=(40, 3))
    sk_adaptive.save(sk_adaptive.AdaptiveMLPClassifier((4,), max_iter=2).fit(X, X[:, 0] > 0), tmp_path / "m.skops")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run("serve", tmp_path / "m.skops", "--port", port) == 1
    printed = capsys.readouterr().err
    assert f"cannot listen on 127.0.0.1, port {port}" in printed
    assert printed.count("\n") == 1


@pytest.mark.parametrize("option", [("--port", "99999"), ("--port", "-1"), ("--threads", "0")])
def test_numbers_that_serve_cannot_take_are_misuse(option, capsys):
    with pytest.raises(SystemExit) as left:
        run("serve", "m.skops", *option)
    assert left.value.code == 2
    assert option[0] in capsys.readouterr().err
