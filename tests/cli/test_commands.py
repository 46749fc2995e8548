"""The command line: what it prints, writes and returns."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sk_adaptive import __version__, _cli
from sk_adaptive._cli import _reports, demo
from sk_adaptive._cli._chunked import ChunkedTable
from sk_adaptive.chunks import parquet_chunks

PNG = b"\x89PNG\r\n\x1a\n"
NUMBER = r"-?\d+\.\d{4}"


@pytest.fixture
def without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "sk_adaptive._cli._pictures.find_spec", lambda name: None if name == "matplotlib" else found(name)
    )


def assert_scores_are_printed(lines: list[str]) -> None:
    for name in ("train loss", "test loss", "train accuracy", "test accuracy", "F1 (macro)"):
        assert [line for line in lines if re.fullmatch(rf"{re.escape(name)} +{NUMBER}", line)], name


def test_demo_prints_scores_and_formulas_and_writes_pictures(tmp_path: Path, capsys: pytest.CaptureFixture):
    assert _cli.main(["demo", "--output", str(tmp_path / "new")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert_scores_are_printed(lines)
    accuracy = next(line for line in lines if line.startswith("test accuracy"))
    assert float(accuracy.split()[-1]) > 0.9
    for layer in (0, 1):
        assert [line for line in lines if re.match(rf"hidden layer {layer}: f\(x\) = .+ x .+ c\^2 .+ c\^3", line)]
    for name in ("demo-loss.png", "demo-activations.png"):
        path = tmp_path / "new" / name
        assert f"wrote {path}" in lines
        assert path.read_bytes().startswith(PNG)


@pytest.mark.usefixtures("without_matplotlib")
@pytest.mark.parametrize("command", [["demo"], ["reproduce", "report-1", "--seeds", "1"]])
def test_without_matplotlib_the_extra_is_named(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture):
    assert _cli.main([*command, "--output", str(tmp_path)]) == 0
    assert "pip install 'sk_adaptive[plot]'" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_report_1_prints_scores_k_and_counts_and_writes_its_plot(tmp_path: Path, capsys: pytest.CaptureFixture):
    assert _cli.main(["reproduce", "report-1", "--seeds", "3", "--output", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert_scores_are_printed(lines)
    for name in ("final k0", "final k1"):
        assert [line for line in lines if re.fullmatch(rf"{name} +{NUMBER}", line)], name
    shared, own = (next(line for line in lines if line.startswith(name)) for name in ("shared", "per layer"))
    assert 0 < int(shared.split()[-2]) <= 3
    assert re.search(rf" 0 +{NUMBER}$", own)
    assert "Why: " in "\n".join(lines)
    assert (tmp_path / "report-1-loss.png").read_bytes().startswith(PNG)


def test_report_2_prints_a_loss_every_100_epochs_beside_the_class_frequencies(capsys: pytest.CaptureFixture):
    assert _cli.main(["reproduce", "report-2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [re.fullmatch(rf"epoch (\d+) +({NUMBER}) +({NUMBER}) +({NUMBER})", line) for line in lines]
    assert [int(row[1]) for row in rows if row] == [0, 100, 200, 300, 400]
    assert len({row[4] for row in rows if row}) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        ["nonsense"],
        ["reproduce"],
        ["reproduce", "report-3"],
        ["reproduce", "report-1", "--seeds", "0"],
        ["demo", "-x"],
    ],
)
def test_misuse_is_one_line_and_status_2(wrong: list[str], capsys: pytest.CaptureFixture):
    with pytest.raises(SystemExit) as left:
        _cli.main(wrong)
    assert left.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_failure_is_one_line_and_status_1(tmp_path: Path, capsys: pytest.CaptureFixture):
    (tmp_path / "file").touch()
    assert _cli.main(["demo", "--output", str(tmp_path / "file")]) == 1
    message = capsys.readouterr().err
    assert message.startswith("sk-adaptive demo: ")
    assert message.count("\n") == 1


def test_interruption_is_status_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sk_adaptive._cli._reports.iris", interrupt)
    assert _cli.main(["demo"]) == 130
    assert capsys.readouterr().err == "sk-adaptive demo: interrupted\n"


def test_a_reader_that_leaves_is_no_error():
    code = "import sys; from sk_adaptive import _cli; sys.exit(_cli.main(['reproduce', 'report-2']))"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()  # before a line is written: importing takes longer
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_version(capsys: pytest.CaptureFixture):
    with pytest.raises(SystemExit) as left:
        _cli.main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"sk_adaptive {__version__}\n"


def test_help_imports_no_numbers_and_estimators():
    code = (
        "import sys; from sk_adaptive import _cli; _cli.make_parser().format_help();"
        "print({'numpy', 'pandas', 'scipy', 'sklearn', 'sk_adaptive._core'} & set(sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "set()\n"


def test_the_package_runs_as_a_module():
    answer = subprocess.run([sys.executable, "-m", "sk_adaptive", "--version"], capture_output=True, text=True)
    assert (answer.returncode, answer.stdout) == (0, f"sk_adaptive {__version__}\n")


def test_the_demo_draws_the_loss_that_it_prints():
    data = _reports.iris()
    model = demo.fit(data, seed=0)
    printed = _reports.Scores.from_model(model, data).train_loss
    assert model.loss_curve_[-1] == pytest.approx(printed, rel=0.2)  # the curve is a mean while the epoch passes


@pytest.mark.parametrize(("target", "score"), [("kind", "accuracy"), ("amount", "R2")])
def test_train_chunked_reads_a_parquet_file_by_row_groups(target, score, tmp_path, capsys):
    random = np.random.RandomState(0)
    table = pd.DataFrame({"a": random.normal(size=900), "city": random.choice(["Rome", "Oslo", "Bern"], 900)})
    table["kind"] = np.where(table["a"] + (table["city"] == "Oslo") > 0.3, "yes", "no")
    table["amount"] = 2 * table["a"] + (table["city"] == "Rome")
    table.loc[:9, target] = None  # rows without a target are left out
    other = {"kind": "amount", "amount": "kind"}[target]
    path, model = tmp_path / "big.parquet", tmp_path / "model.skops"
    table.to_parquet(path, row_group_size=300)
    options = ["--target", target, "--drop", other, "--hidden", "16", "--max-iter", "20", "-o", str(model)]
    assert _cli.main(["train", str(path), *options, "--chunked"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^  city +category: 3 levels$", out, re.M)
    assert float(re.search(rf"^{score} +({NUMBER})$", out, re.M)[1]) > 0.85
    assert _cli.main(["evaluate", str(model), str(path), "--target", target]) == 0
    assert _cli.main(["train", str(path.with_suffix(".csv")), *options, "--chunked", "--force"]) != 0
    assert "--chunked reads Parquet files" in capsys.readouterr().err


def test_train_chunked_says_what_a_target_of_few_fractions_needs(tmp_path, capsys):
    path, model = tmp_path / "big.parquet", tmp_path / "model.skops"
    pd.DataFrame({"a": np.arange(300.0), "grade": np.arange(300) % 5 / 2}).to_parquet(path, row_group_size=100)
    options = [str(path), "--chunked", "--target", "grade", "--hidden", "4", "--max-iter", "2", "-o", str(model)]
    assert _cli.main(["train", *options]) == 1
    assert "column 'grade' has fractions, such as 0.5, which are no classes: see --task regression" in (
        capsys.readouterr().err
    )
    assert not model.exists()
    assert _cli.main(["train", *options, "--task", "regression"]) == 0


def test_rows_to_test_on_are_those_that_are_not_trained_on(tmp_path):
    table = pd.DataFrame({"a": np.arange(100.0), "y": np.arange(100.0)})
    table.to_parquet(tmp_path / "t.parquet", row_group_size=30)
    chunks = parquet_chunks(tmp_path / "t.parquet", "y", chunk_size=30)
    parts = ChunkedTable(chunks, regression=True, categories=(), test=0.3, seed=0)
    train, test = (np.concatenate([y for _, y in parts.part(tested=tested)]) for tested in (False, True))
    assert sorted([*train, *test]) == list(range(100))
    assert 15 < len(test) < 45
