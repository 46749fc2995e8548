"""The page for people: without script, with a keyboard, on a phone, in a real browser."""

import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from serve.models import iris, iris_model, server
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

import sk_adaptive
from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.serve import create_app

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip


class Elements(HTMLParser):
    """Collects elements as (tag, attributes)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, *tags: str) -> list[dict]:
        return [attributes for tag, attributes in self.found if tag in tags]


def test_form_has_a_labelled_field_for_each_feature_with_the_example(client, rows):
    page = Elements(client.get("/").get_data(as_text=True))
    fields = page.all("input", "select", "textarea")
    assert [float(field["value"]) for field in fields] == rows.iloc[0].tolist()
    assert {label["for"] for label in page.all("label")} == {field["id"] for field in fields}


def test_needs_no_script_and_nothing_from_outside(client):
    page = Elements(client.get("/").get_data(as_text=True))
    assert not page.all("script", "link", "img", "iframe", "object")
    for attributes in page.all("a", "form"):
        assert (attributes.get("href") or attributes.get("action")).startswith("/")
    assert not [attribute for _, attributes in page.found for attribute in attributes if attribute.startswith("on")]


def test_pictures_have_a_text_alternative(client, model):
    pictures = Elements(client.get("/").get_data(as_text=True)).all("svg")
    assert len(pictures) == len(model[-1].activations_)
    for picture in pictures:
        assert picture["role"] == "img"
        assert "hidden layer 0" in picture["aria-label"]


def test_answers_a_form(client, model, rows):
    form = {f"x{i}": str(value) for i, value in enumerate(rows.iloc[1])}
    text = client.post("/", data=form).get_data(as_text=True)
    assert f'<span id="prediction">{model.predict(rows)[1]}</span>' in text
    for probability in model.predict_proba(rows)[1]:
        assert f"{probability:.4f}" in text
    for value in form.values():
        assert f'value="{value}"' in text  # what was asked stays


@pytest.mark.parametrize(("value", "message"), [("abc", "must be a number"), ("nan", "finite"), ("<b>", "&lt;b&gt;")])
def test_wrong_forms_are_explained(client, value, message):
    answer = client.post("/", data={"x0": value, "x1": "1", "x2": "1", "x3": "1"})
    assert answer.status_code == 400
    text = answer.get_data(as_text=True)
    assert message in text
    assert 'role="alert"' in text
    assert "<b>" not in text


def test_an_empty_field_is_a_missing_number(client, model, rows):
    text = client.post("/", data={"x0": "", "x1": "1", "x2": "1", "x3": "1"}).get_data(as_text=True)
    row = pd.DataFrame([[np.nan, 1, 1, 1]], columns=rows.columns)
    assert f'<span id="prediction">{model.predict(row)[0]}</span>' in text
    assert '<input id="x0" name="x0" value=""' in text


def test_an_empty_field_where_no_number_may_be_missing_is_explained():
    X, y = iris()
    network = AdaptiveMLPClassifier((4,), max_iter=2)
    client = create_app(make_pipeline(PCA(), network).fit(X, y), blas_threads=None).test_client()
    answer = client.post("/", data={"x0": "", "x1": "1", "x2": "1", "x3": "1"})
    assert answer.status_code == 400
    assert "is null, but the model accepts no missing value there" in answer.get_data(as_text=True)


def test_many_features_are_one_field():
    X = np.random.default_rng(0).normal(size=(60, 150))
    model = sk_adaptive.AdaptiveMLPClassifier((4,), max_iter=2).fit(X, X[:, 0] > 0)
    client = create_app(model, example=X[0].tolist(), blas_threads=None).test_client()
    assert len(Elements(client.get("/").get_data(as_text=True)).all("input", "textarea")) == 1
    answer = client.post("/", data={"row": ", ".join(map(str, X[0]))})
    assert str(model.predict(X[:1])[0]) in answer.get_data(as_text=True)
    assert client.post("/", data={"row": "1, 2"}).status_code == 400


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "iris.skops"
    X, _ = iris()
    sk_adaptive.save(iris_model(), path, example=X.iloc[0].tolist())
    with server(path) as (url, _):
        yield url


def open_browser(folder: Path, script: bool, width: int):
    from selenium import webdriver

    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("Debian's chromium and chromium-driver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in (*FLAGS, f"--user-data-dir={folder}", f"--window-size={width},1200"):
        options.add_argument(flag)
    if not script:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    browser = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    browser.set_page_load_timeout(30)
    browser.implicitly_wait(10)
    return browser


@pytest.fixture(params=[(True, 1000), (False, 390)], ids=["desktop", "phone-without-script"])
def browser(request, tmp_path):
    browser = open_browser(tmp_path, *request.param)
    yield browser
    browser.quit()


def test_a_person_asks_with_the_keyboard(browser, address):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    X, _ = iris()
    model = iris_model()
    browser.get(address)
    fields = browser.find_elements(By.TAG_NAME, "input")
    assert [float(field.get_attribute("value")) for field in fields] == X.iloc[0].tolist()
    fields[0].click()
    for value in X.iloc[120]:
        field = browser.switch_to.active_element
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(str(value), Keys.TAB)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.find_element(By.ID, "prediction").text == model.predict(X.iloc[[120]])[0]
    table = browser.find_element(By.TAG_NAME, "table").text
    for probability in model.predict_proba(X.iloc[[120]])[0]:
        assert f"{probability:.4f}" in table
    assert browser.title.startswith("Prediction")


def test_nothing_is_wider_than_the_phone(tmp_path, address):
    browser = open_browser(tmp_path, True, 390)
    try:
        browser.get(address)
        assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
        heights = "return [...document.querySelectorAll('input, button')].map(e => e.getBoundingClientRect().height)"
        assert min(browser.execute_script(heights)) >= 44  # what a finger needs
    finally:
        browser.quit()


@pytest.mark.parametrize("answered", [False, True])
def test_accessibility(tmp_path, address, answered):
    """axe-core finds nothing: names, contrast, landmarks, structure."""
    from selenium.webdriver.common.by import By

    axe = pytest.importorskip("axe_core_python.base", reason="axe-core, which only the tests' extra brings")
    browser = open_browser(tmp_path, True, 1000)
    try:
        browser.get(address)
        if answered:
            browser.find_element(By.TAG_NAME, "button").click()
            browser.find_element(By.ID, "prediction")
        browser.execute_script(axe.AXE_SCRIPT)
        result = browser.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
        assert not [(violation["id"], violation["nodes"][0]["html"]) for violation in result["violations"]]
        assert len(result["passes"]) > 10
    finally:
        browser.quit()
