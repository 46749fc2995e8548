"""The arithmetic of the atlas of learned shapes."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.inspection._measures import affine_fit
from sk_adaptive.inspection._support import seen_layers

FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"
T = np.linspace(-1, 1, 33)


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)


def test_normal_form_knows_neither_scale_nor_offset():
    from shape_space import normal_form

    f = np.stack([T**2 + T, 5 - 3 * (T**2 + T), np.full_like(T, 2.0)])
    g = normal_form(f)
    np.testing.assert_allclose(g[1], -g[0])
    np.testing.assert_allclose(np.linalg.norm(g, axis=1), [1, 1, 0])


def test_similarity_and_moments_know_no_signs():
    from shape_space import moments, normal_form, principal, similarity

    f = np.stack([T**2 + T, np.abs(T) - T**3, T])
    turned = np.stack([f[0][::-1], -f[1], -f[2][::-1]])
    basis = principal(normal_form(f), np.ones(3), 3)
    a, b = (basis.coordinates(normal_form(each)) for each in (f, turned))
    np.testing.assert_allclose(similarity(a, b), similarity(a, a), atol=1e-9)
    np.testing.assert_allclose(np.diag(similarity(a, b)), 1)
    np.testing.assert_allclose(moments(a, np.ones(3)), moments(b, np.ones(3)), atol=1e-9)


def test_clusters_are_found_again():
    from shape_space import clusters, normal_form, principal, similarity

    random = np.random.default_rng(0)
    kinds = np.stack([np.abs(T), np.sin(5 * T), T])[random.integers(3, size=90)]
    f = random.choice([-1, 1], (90, 1)) * kinds + 0.03 * random.standard_normal((90, 33))
    g = normal_form(f)
    a = principal(g, np.ones(90), 4).coordinates(g)
    assert similarity(a, clusters(a, 3, random)).max(axis=1).min() > 0.97


def test_moves_of_well_known_functions():
    from shape_space import bent_share, moves, turning_points

    f = np.stack([T, T**2, T**3 - T / 2, np.sin(9 * T), np.maximum(T, 0), np.tanh(3 * T)])
    np.testing.assert_array_equal(turning_points(f), [0, 1, 2, 6, 0, 0])
    found = moves(f)
    np.testing.assert_array_equal(found["straight"], [True, *[False] * 5])
    np.testing.assert_array_equal(found["convex"], [True, True, False, False, True, False])
    np.testing.assert_allclose(bent_share(f)[:2], [0, 1], atol=1e-9)


def test_contribution_of_the_last_layer_is_what_its_ablation_changes():
    from shape_units import ROWS, units_of

    X, y = load_iris(return_X_y=True)
    network = AdaptiveMLPClassifier((6, 5), n_members=2, max_iter=30, random_state=0).fit(X, y)
    seen = seen_layers(network, X[:ROWS])[1]
    line = affine_fit(seen.z, seen.fitted(seen.z))
    before = network._network.forward(network.theta_, X)
    changes = []
    for unit in range(5):
        theta = network.theta_.copy()
        knots = seen.fitted.activation.knots
        network._plan.parameters(theta)[1][:, unit] = line.slope[unit] * knots + line.offset[unit]
        change = network._network.forward(theta, X) - before
        changes.append(((change - change.mean(axis=2, keepdims=True)) ** 2).sum(axis=2).mean())
    np.testing.assert_allclose(units_of(network, X)["bent"][6:], changes, rtol=1e-5)


def test_both_versions_of_a_source_are_in_one_half(tmp_path):
    from development_tables import halves

    for folder, names in {"numeric": ["car", "iris", "credit-scoring"], "raw": ["car", "ames", "credit_data"]}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "INDEX.tsv").write_text("name\ttask\n" + "".join(f"{name}\tclf\n" for name in names))
    found = halves(tmp_path / "numeric", tmp_path / "raw")
    assert found == {"ames": "choose", "car": "judge", "credit-scoring": "choose", "iris": "judge"}


def test_functions_are_written_in_silus_size():
    from distilled import KNOTS, frozen, of_silu_size

    silu = KNOTS / (1 + np.exp(-KNOTS))
    np.testing.assert_allclose(of_silu_size(3 * silu[:, None] - 1)[:, 0], silu, rtol=1e-9, atol=1e-15)
    spline = frozen(np.square)
    z = np.array([[-5.0], [0.0], [0.125]])
    f = spline.value(z, spline.initial_parameters()[:, None])[:, 0]
    np.testing.assert_allclose((f[0] - f[1]) / (f[2] - f[1]), (5 / 0.125) ** 2)


def test_every_table_and_picture_of_the_atlas_is_shown():
    page = (FOLDER / "shapes.rst").read_text()
    made = [path.name for path in (FOLDER / "results" / "shapes").iterdir() if path.suffix in (".inc", ".png")]
    assert made
    assert [name for name in made if name not in page] == []
