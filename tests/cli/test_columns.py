"""Columns of the command line's tables: what they are taken for, and how files of all kinds are read."""

import datetime as dt
import decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sk_adaptive
from sk_adaptive import _cli
from sk_adaptive._cli import _pictures

ROWS = 60
OPTIONS = ("--target", "buys", "-o", "m.skops", "--hidden", "3", "--max-iter", "2")
CITIES = ["Bonn", "Kiel", "Köln"] * (ROWS // 3)


def run(*arguments: object) -> int:
    return _cli.main([str(argument) for argument in arguments])


@pytest.fixture
def table() -> pd.DataFrame:
    x = np.random.default_rng(0).normal(size=ROWS)
    return pd.DataFrame({"age": 40 + 10 * x, "city": CITIES, "buys": np.where(x > 0, "yes", "no")})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    # Drawing takes most of a short training's time; test_tables.py and test_commands.py look at pictures.
    monkeypatch.setattr(_pictures, "write", lambda *_, **__: None)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "values", "line"),
    [
        ("c", np.arange(ROWS) / 7, "c     number"),
        ("c", [True, False] * (ROWS // 2), "c     category: 2 levels"),
        ("c", [True, None] * (ROWS // 2), "c     category: 1 levels"),
        ("c", ["0", "1", "2", "3+"] * (ROWS // 4), "c     category: 4 levels"),
        ("c", ["10%", "20%", "30%"] * (ROWS // 3), "c     category: 3 levels"),
        ("c", CITIES, "c     category: 3 levels"),
        ("customer_id", range(ROWS), "customer_id  left out: an id"),
        ("Unnamed: 0", range(ROWS), "Unnamed: 0  left out: a column without a name"),
        (
            "c",
            [f"a {i}" for i in range(ROWS)],
            "c     left out: holds free text or identifiers (60 different values in 60 rows)\n",
        ),
        ("c", [f"2026-01-{1 + i % 28:02}" for i in range(ROWS)], "c     left out: holds dates or times\n"),
        ("c", [f"{1 + i % 28}.1.2026 10:30" for i in range(ROWS)], "c     left out: holds dates or times\n"),
        ("c", np.nan, "c     left out: empty"),
    ],
)
def test_each_column_is_reported_before_training(table, capsys, monkeypatch, name, values, line):
    printed = []
    monkeypatch.setattr("sk_adaptive._cli._progress.fit", lambda *_: printed.append(capsys.readouterr().out) or 1 / 0)
    table.assign(**{name: values}).to_csv("d.csv", index=False)
    with pytest.raises(ZeroDivisionError):
        run("train", "d.csv", *OPTIONS)
    assert f"  {line}" in printed[0]


@pytest.mark.parametrize("cell", ["unknown", "12%", "1,234.50", "$ 5", "n.a.", "-"])
def test_numbers_that_are_not_written_as_numbers_are_named(table, capsys, cell):
    values = [str(i / 4) for i in range(ROWS)]
    values[5] = cell
    table.assign(share=values).to_csv("d.csv", index=False)
    assert run("train", "d.csv", *OPTIONS) == 1
    message = capsys.readouterr().err
    assert f"column 'share' is numbers, but for {cell!r} in 1 rows" in message
    assert message.count("\n") == 1


@pytest.mark.parametrize("pattern", ["{}%", "1,{}00.50", "€{}"])
def test_columns_of_formatted_numbers_are_named(table, capsys, pattern):
    table.assign(share=[pattern.format(i % 90) for i in range(100, 100 + ROWS)]).to_csv("d.csv", index=False)
    assert run("train", "d.csv", *OPTIONS) == 1
    assert "column 'share' is numbers, but for" in capsys.readouterr().err


def test_a_wide_table_is_reported_in_a_screen(table, capsys):
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(ROWS, 200))).add_prefix("n")
    pd.concat([table, wide], axis=1).to_csv("d.csv", index=False)
    assert run("train", "d.csv", *OPTIONS) == 0
    printed = capsys.readouterr().out
    assert "  ... and 201 more" in printed
    assert "city  category" in printed


def test_rows_without_a_label_are_counted(table, capsys):
    table.loc[:4, "buys"] = None
    table.to_csv("d.csv", index=False)
    assert run("train", "d.csv", *OPTIONS) == 0
    assert "rows without 'buys', left out: 5" in capsys.readouterr().out


@pytest.mark.parametrize("sep", [",", ";", "\t", "|"])
@pytest.mark.parametrize("point", [".", ","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_how_a_file_is_written_is_guessed_and_told(table, capsys, sep, point, encoding):
    if sep == point:
        point = "."
    table.to_csv("d.csv", index=False, sep=sep, decimal=point, encoding=encoding)
    assert run("train", "d.csv", *OPTIONS) == 0
    printed = capsys.readouterr().out
    assert ("a guess" in printed) == ((sep, point) != (",", ".") or encoding == "cp1252")
    assert "age   number" in printed
    assert {"age", "city=Bonn", "city=Kiel", "city=Köln"} == set(sk_adaptive.load("m.skops").input_names_)


def test_how_a_file_is_written_may_be_said(table, capsys):
    table.to_csv("d.csv", index=False, sep=";", decimal=",", encoding="cp1252")
    assert run("train", "d.csv", *OPTIONS, "--sep", ";", "--decimal", ",", "--encoding", "cp1252") == 0
    assert "a guess" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("d.xlsx", b"PK\x03\x04", (), "save it as CSV"),
        ("d.csv", b"PK\x03\x04", (), "save it as CSV"),
        ("d.csv", "a,buys\nKöln,1\n".encode("cp1252"), ("--encoding", "utf-8"), "--encoding"),
        ("d.csv", b"a,buys\n\x81,1\n", (), "--encoding"),
        ("d.csv", b"a,buys\n1,1\n", ("--encoding", "nonsense"), "--encoding"),
        ("d.parquet", b"a,buys\n1,1\n", (), "d.parquet"),
        ("d.csv.gz", b"a,buys\n1,1\n", (), "d.csv.gz"),
    ],
)
def test_files_that_cannot_be_read_are_one_line(folder, capsys, name, content, options, message):
    (folder / name).write_bytes(content)
    assert run("train", name, *OPTIONS, *options) == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("city", np.nan, None),
        ("city", 5.5, "column 'city' has no category of the model, such as 'Bonn', 'Kiel', 'Köln': it has '5.5'"),
        ("city", "Rome", "column 'city' has no category of the model"),
        ("age", np.nan, None),
        (
            "age",
            ["old", *["1"] * (ROWS - 1)],
            "column age of X must hold numbers, but row 0 (the first is 0) has 'old'",
        ),
        ("age", "12%", "column age of X must hold numbers"),
    ],
)
@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_predict_names_the_column_it_cannot_read(table, capsys, column, values, message, ending):
    table.to_csv("d.csv", index=False)
    assert run("train", "d.csv", *OPTIONS) == 0
    table = table.assign(**{column: values})
    if ending == ".csv":
        table.to_csv("new.csv", index=False)
    else:
        table.to_parquet("new.parquet")
    assert run("predict", "m.skops", f"new{ending}", "-o", "out.csv") == (0 if message is None else 1)
    printed = capsys.readouterr().err
    assert (message or "") in printed
    assert printed.count("\n") == (0 if message is None else 1)


PARQUET_COLUMNS = {
    "decimal": ([decimal.Decimal(i) / 4 for i in range(ROWS)], "number"),
    "boolean": (pd.array([True, False, None] * (ROWS // 3), dtype="boolean"), "category"),
    "integer": (pd.array([1, 2, None] * (ROWS // 3), dtype="Int64"), "number"),
    "floating": (pd.array([1.5, 2, None] * (ROWS // 3), dtype="Float64"), "number"),
    "categorical": (pd.Categorical(CITIES), "category"),
    "levels": (pd.Categorical([1, 2, 3] * (ROWS // 3)), "number"),
    "text": (pd.array(["a", "b", None] * (ROWS // 3), dtype="string"), "category"),
    "lists": ([[1, 2]] * ROWS, "left out"),
    "dates": ([dt.date(2026, 1, 1 + i % 28) for i in range(ROWS)], "left out"),
    "times": (pd.Timestamp("2026-01-01", tz="UTC"), "left out"),
    "durations": (pd.Timedelta(days=1), "left out"),
    "bytes": ([b"ab"] * ROWS, "left out"),
}


@pytest.mark.parametrize("kind", PARQUET_COLUMNS)
def test_parquet_columns_of_every_kind(table, capsys, kind):
    values, taken_for = PARQUET_COLUMNS[kind]
    table.assign(c=values).to_parquet("d.parquet")
    assert run("train", "d.parquet", *OPTIONS) == 0
    assert f"  c     {taken_for}" in capsys.readouterr().out
    assert run("predict", "m.skops", "d.parquet", "-o", "out.csv") == 0
    assert run("evaluate", "m.skops", "d.parquet", "--target", "buys") == 0
    assert capsys.readouterr().err == ""


def test_numbers_that_a_parquet_file_has_as_text_are_named(table, capsys):
    table.assign(share=[str(i / 4) for i in range(ROWS)]).to_parquet("d.parquet")
    assert run("train", "d.parquet", *OPTIONS) == 1
    assert "column 'share' is numbers stored as text: store numbers" in capsys.readouterr().err


def test_text_is_read_as_it_was_in_training(table, capsys):
    code = np.where(table["buys"] == "yes", "007", "ab1")
    table.assign(code=code).to_csv("d.csv", index=False)
    assert run("train", "d.csv", *OPTIONS) == 0
    table.assign(code=code)[table["buys"] == "yes"].to_csv("new.csv", index=False)  # numbers, to a reader of CSV files
    assert run("predict", "m.skops", "new.csv", "-o", "out.csv", "--probabilities") == 0
    rows = table.assign(code="007")[table["buys"] == "yes"][["age", "city", "code"]]
    expected = sk_adaptive.load("m.skops").predict_proba(rows)
    np.testing.assert_allclose(pd.read_csv("out.csv")["probability_yes"], expected[:, 1])


def test_lists_where_the_model_reads_numbers_are_named(table, capsys):
    table.to_parquet("d.parquet")
    assert run("train", "d.parquet", *OPTIONS) == 0
    table.assign(age=[[1, 2]] * ROWS).to_parquet("new.parquet")
    assert run("predict", "m.skops", "new.parquet", "-o", "out.csv") == 1
    assert "column age of X must hold numbers, but row 0" in capsys.readouterr().err
