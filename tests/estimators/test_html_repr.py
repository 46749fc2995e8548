"""The HTML representation shows what was learned."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive._estimators.html_repr import MAX_CURVES, pictures
from sk_adaptive.activations import LEARNED

pytestmark = pytest.mark.filterwarnings("ignore:max_iter=:sklearn.exceptions.ConvergenceWarning")
X, Y = load_iris(return_X_y=True)


def _fit(activation="spline", sizes=(10, 5)):
    return AdaptiveMLPClassifier(sizes, activation, max_iter=3, random_state=0).fit(X, Y)


@pytest.mark.parametrize("estimator", [AdaptiveMLPClassifier, AdaptiveMLPRegressor])
def test_shown_once_fitted(estimator):
    model = estimator(hidden_layer_sizes=(4, 3), max_iter=2)
    assert "<svg" not in model._repr_html_()
    model.fit(X, Y)
    assert model._repr_html_().count("<svg") == 2
    assert model._repr_mimebundle_()["text/html"].count("<svg") == 2


@pytest.mark.skipif(not hasattr(BaseEstimator, "_get_fitted_attr_html"), reason="scikit-learn >= 1.9 draws steps so")
def test_shown_in_a_pipeline():
    assert make_pipeline(_fit())._repr_html_().count("<svg") == 2


@pytest.mark.parametrize("scope", ["unit", "layer", "network"])
@pytest.mark.parametrize("family", LEARNED)
def test_each_layer_is_a_figure_with_a_text_alternative(family, scope):
    html = pictures(_fit(LEARNED[family](scope=scope)))
    figures = ET.fromstring(html.replace("<br>", " ")).findall("figure")
    assert len(figures) == 2
    for i, (figure, units) in enumerate(zip(figures, (10, 5), strict=True)):
        svg = figure.find("svg")
        assert svg.get("role") == "img"
        assert svg.get("aria-label") == f"Learned activation of layer {i}: {LEARNED[family].__name__}, {units} units"
        assert len(svg.findall("polyline")) == (units + 2 if scope == "unit" else 2)
        assert figure.find("figcaption").text.startswith(f"layer {i}: {LEARNED[family].__name__}")
        for line in svg.findall("polyline"):
            points = np.array([point.split(",") for point in line.get("points").split()], dtype=float)
            assert (points >= 0).all()
            assert (points <= [float(svg.get("width")), float(svg.get("height"))]).all()


def test_is_small_and_fits_light_and_dark():
    html = pictures(_fit(sizes=(500,)))
    assert html.count("<polyline") == MAX_CURVES + 2
    assert len(html) < 10_000
    assert "currentColor" in html
    assert "black" not in html
    assert "http" not in html
