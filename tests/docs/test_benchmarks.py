"""The benchmarks start without their peers installed, and their arithmetic and their tables are right."""

import runpy
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import scipy.special

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


def test_every_table_is_shown():
    pages = "".join(path.read_text() for path in FOLDER.parent.rglob("*.rst"))
    assert {path.name for path in (FOLDER / "results").glob("*.inc") if path.name not in pages} == set()


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


@pytest.mark.skipif(not hasattr(scipy.special, "sph_harm_y"), reason="the spherical harmonics need SciPy 1.15")
def test_targets_are_finite_and_vary_on_their_ranges():
    from bench_feynman import FORMULAS
    from bench_functions import FUNCTIONS, KANBEFAIR
    from smooth import points

    assert KANBEFAIR.keys() <= FUNCTIONS.keys()
    for name, target in (FORMULAS | FUNCTIONS).items():
        X, X_test = points(target.ranges, 200, seed=0)
        low, high = np.array(target.ranges).T
        for each in (X, X_test):
            y = target.value(*each.T)
            assert np.isfinite(y).all(), name
            assert y.std() > 1e-3, name
            assert (each >= low).all()
            assert (each <= high).all()


def test_error_is_that_on_points_that_were_not_fitted():
    from sklearn.linear_model import LinearRegression
    from sklearn.neighbors import KNeighborsRegressor
    from smooth import Target, measure

    plane = Target(lambda a, b: a - 2 * b, [(0.0, 1.0), (2.0, 3.0)], 1.0, 1.0)
    assert measure(LinearRegression(), plane, 50, seed=0).error < 1e-12
    assert measure(KNeighborsRegressor(1), plane, 50, seed=0).error > 1e-3


def test_held_out_rows_choose_the_network():
    from smooth import Target, points, search

    target = Target(lambda a, b: np.sin(a) * np.cos(b), [(0.0, 6.0), (0.0, 6.0)], 1.0, 1.0)
    X, _ = points(target.ranges, 100, seed=0)
    chosen = search(0).set_params(estimator__max_iter=50).fit(X, target.value(*X.T))
    assert chosen.best_score_ == max(chosen.cv_results_["mean_test_score"])
    assert len(chosen.cv_results_["params"]) == 2


def test_learned_beside_fixed_is_the_ratio_of_their_errors():
    from bench_irregular import beside, best_fixed

    errors = {
        "relu": np.array([2.0, 8.0]),
        "silu": np.array([3.0, 3.0]),
        "mish": np.full(2, 9.0),
        "tanh": np.full(2, 9.0),
    }
    assert best_fixed(errors) == "silu"
    learned = np.geomspace(1, 2, 8)
    assert beside(learned, 2 * learned) == "0.50 (p=0.008)"
