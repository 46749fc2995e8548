"""The benchmarks start without their peers installed, and their arithmetic and their tables are right."""

import runpy
import sys
import time
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"
PARTS = "    run(__doc__"
SOURCES = {path: path.read_text() for path in sorted(FOLDER.glob("*.py"))}
SCRIPTS = [path for path, source in SOURCES.items() if PARTS in source or (".parse" in source and "__main__" in source)]


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_script_says_what_it_does(path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(path), "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(path), run_name="__main__")
    assert ended.value.code == 0
    assert "usage:" in capsys.readouterr().out


def test_every_benchmark_of_speed_is_run_and_shown():
    from run import NAMES

    page = (FOLDER / "speed.rst").read_text()
    with_parts = {path.stem.removeprefix("bench_") for path, source in SOURCES.items() if PARTS in source}
    assert with_parts == set(NAMES)
    assert all(f"bench_{name}.py" in page for name in NAMES)
    assert {path.name for path in (FOLDER / "results").glob("*.inc") if path.name not in page} == set()


def test_ratio_is_above_one_where_ours_is_faster():
    from paired import compare

    result = compare(lambda: None, lambda: time.sleep(0.01), pairs=1)
    assert result.ratio > 1
    assert result.first_theirs > result.first_ours


@pytest.mark.parametrize(
    ("value", "aim", "at_most", "expected"),
    [
        (5.04, 4, False, "5.04 (aim 4)"),
        (3.96, 4, False, "3.96 (aim 4, missed)"),
        (1.2, 1.15, True, "1.20 (aim at most 1.15, missed)"),
        (1234.5, None, False, "1,234"),
    ],
)
def test_a_missed_aim_is_said(value, aim, at_most, expected):
    from report import beside_aim

    assert beside_aim(value, aim, at_most) == expected


def test_fragment_is_a_table_with_its_notes():
    from report import Table, fragment

    text = fragment(Table(["a, b", "c"], [["1", "2 (aim 3, missed)"]], "Note."), "Today.")
    assert text == '.. csv-table::\n   :header-rows: 1\n   :widths: auto\n\n   "a, b",c\n   1,2\n\nNote.\n\nToday.\n'


def test_slope_of_a_power_is_its_exponent():
    from bench_growth import slope

    sizes = [16, 32, 64]
    np.testing.assert_allclose(slope(sizes, [3.0 * size**1.5 for size in sizes]), 1.5)


def test_operations_of_a_step():
    from bench_limit import flops
    from workloads import TINY

    forward = 4 * 10 + 10 * 5 + 5 * 3
    assert flops(TINY._replace(epochs=1)) == 2 * 150 * (3 * forward - 4 * 10)


@pytest.mark.parametrize(
    ("library", "symbol", "expected"),
    [
        ("engine.so", "[.] avx2::copy_strip<float>", "copies"),
        ("engine.so", "[.] avx2::tile<8, 2, float, float>", "products"),
        ("libc.so.6", "[.] tile<", "Python, system"),
    ],
)
def test_samples_belong_to_a_group(library, symbol, expected):
    from bench_profile import group

    assert group(library, symbol) == expected
