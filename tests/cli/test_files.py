"""Files of the command line: nothing is lost, and what cannot succeed is told before training."""

import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sk_adaptive import _cli
from sk_adaptive._training import stochastic

ROWS = 60
TRAIN = ("train", "d.csv", "--target", "buys", "-o", "m.skops", "--hidden", "3", "--max-iter", "2")


def run(*arguments: object) -> int:
    try:
        return _cli.main([str(argument) for argument in arguments])
    except SystemExit as left:  # argparse
        return left.code


@pytest.fixture
def table() -> pd.DataFrame:
    x = np.random.default_rng(0).normal(size=ROWS)
    return pd.DataFrame({"x": x, "buys": np.where(x > 0, "yes", "no")})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: pd.DataFrame) -> Path:
    monkeypatch.chdir(tmp_path)
    table.to_csv("d.csv", index=False)
    return tmp_path


@pytest.fixture
def model(folder: Path) -> Path:
    assert run(*TRAIN) == 0
    return folder / "m.skops"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (TRAIN, "m.skops"),
        (TRAIN, "m.loss.png"),
        (TRAIN, "m.activations.png"),
        (("predict", "m.skops", "d.csv", "-o", "out.csv"), "out.csv"),
        (("predict", "m.skops", "d.csv", "-o", "out.parquet"), "out.parquet"),
        (("export", "m.skops", "-o", "m.onnx"), "m.onnx"),
    ],
)
def test_a_file_is_replaced_only_with_force(model, folder, capsys, arguments, output):
    if arguments is TRAIN:
        for path in ("m.skops", "m.loss.png", "m.activations.png"):
            (folder / path).unlink()
    (folder / output).write_bytes(b"dear")
    before = contents(folder)
    assert run(*arguments) == 1
    assert f"{output} exists already" in capsys.readouterr().err
    assert contents(folder) == before
    assert run(*arguments, "--force") == 0
    assert (folder / output).read_bytes() != b"dear"
    assert not [name for name in contents(folder) if name.startswith(".")]


@pytest.mark.parametrize("output", ["d.csv", "./d.csv", "link.csv"])
def test_an_input_is_never_replaced(model, folder, capsys, output):
    (folder / "link.csv").symlink_to("d.csv")
    before = contents(folder)
    assert run("predict", "m.skops", "d.csv", "-o", output, "--force") == 1
    assert "is an input" in capsys.readouterr().err
    assert contents(folder) == before


def test_a_write_that_fails_leaves_the_old_file(model, folder, monkeypatch):
    (folder / "out.csv").write_bytes(b"dear")

    def fail(self: pd.DataFrame, path: Path, **options: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError("disk full")

    before = contents(folder)
    monkeypatch.setattr(pd.DataFrame, "to_csv", fail)
    assert run("predict", "m.skops", "d.csv", "-o", "out.csv", "--force") == 1
    assert contents(folder) == before


@pytest.mark.parametrize("exists", [False, True])
def test_ctrl_c_in_train_writes_nothing(folder, monkeypatch, capsys, exists):
    if exists:
        assert run(*TRAIN) == 0
    before = contents(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is started without it
    rates = stochastic.rates_by_epoch

    def interrupt_later(*arguments: object) -> object:
        yielded = rates(*arguments)
        yield next(yielded)
        signal.raise_signal(signal.SIGINT)
        yield from yielded

    monkeypatch.setattr(stochastic, "rates_by_epoch", interrupt_later)
    capsys.readouterr()
    assert run(*TRAIN, "--force") == 130
    printed = capsys.readouterr()
    assert printed.err == "sk-adaptive train: interrupted: nothing is written to m.skops\n"
    assert "accuracy" not in printed.out
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (("-o", "."), 1, "is a folder"),
        (("-o", "m.csv"), 1, "must end in .skops"),
        (("-o", "nowhere/m.skops"), 1, "no folder nowhere"),
        (("--target", "one"), 1, "only one class, 'same'"),
        (("--target", "nobody"), 1, "empty in every row"),
        (("--target", "words", "--task", "regression"), 1, "column 'words' must hold numbers: row 0"),
        (
            ("--target", "halves"),
            1,
            "column 'halves' has fractions, such as 0.5, which are no classes: see --task",
        ),
        (("--target", "halves", "--task", "classification"), 1, "column 'halves' has fractions"),
        (("--drop", "buys"), 1, "'buys' is the target"),
        (("--drop", "x", "one", "nobody", "words", "halves"), 1, "no column to learn from"),
        (("--activation", "sine"), 1, "unknown activation 'sine'"),
        (("--test", "0.01"), 1, "too few for a test of 2 classes"),
        (("--test", "0.99"), 1, "too few for a test of 2 classes"),
        (("--test", "1"), 2, "--test"),
        (("--test", "-0.1"), 2, "--test"),
        (("--test", "nan"), 2, "--test"),
        (("--hidden", "8,x"), 2, "--hidden"),
        (("--sep", "::"), 2, "--sep"),
    ],
)
def test_what_cannot_succeed_is_told_before_training(folder, table, capsys, monkeypatch, options, status, message):
    more = {"one": "same", "nobody": np.nan, "words": ["a", "b"] * (ROWS // 2), "halves": [0, 0.5, 1] * (ROWS // 3)}
    table.assign(**more).to_csv("d.csv", index=False)
    monkeypatch.setattr("sk_adaptive._cli._progress.fit", None)  # which is not reached
    before = contents(folder)
    assert run(*TRAIN, *options) == status
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1
    assert contents(folder) == before


@pytest.mark.parametrize("rows", [1, 3])
def test_too_few_rows_are_told(folder, table, capsys, rows):
    table.groupby("buys").head(rows).head(rows).to_csv("d.csv", index=False)
    assert run(*TRAIN) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_class_of_one_row_stays_in_training(folder, table, capsys):
    table.loc[7, "buys"] = "perhaps"
    table.to_csv("d.csv", index=False)
    for seed in range(3):
        assert run(*TRAIN, "--seed", seed, "--force") == 0
        assert "class 'perhaps' has one row" in capsys.readouterr().out


def test_without_test_every_row_is_trained_on(folder, capsys):
    assert run(*TRAIN, "--test", "0") == 0
    printed = capsys.readouterr().out
    assert f"{ROWS} rows to train on, 0 to test" in printed
    assert "no test score" in printed


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet"])
def test_predict_writes_by_ending(model, folder, ending):
    assert run("predict", "m.skops", "d.csv", "-o", f"out{ending}") == 0
    read = pd.read_parquet if ending == ".parquet" else pd.read_csv
    assert len(read(f"out{ending}")) == ROWS
    assert run("predict", "m.skops", "d.csv", "-o", "out.txt") == 1


def test_a_log_has_a_line_per_epoch(folder, capsys):
    assert run(*TRAIN) == 0
    assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines() if "Iteration" in line] == [
        "Iteration 1",
        "Iteration 2",
    ]
