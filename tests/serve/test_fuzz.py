"""Requests that nobody would send on purpose are answered with 4xx and valid JSON, in every protocol.

The same ones each time; SK_ADAPTIVE_FUZZ=10000 tries so many others.
"""

import json
import os
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serve.models import iris_model, mixed_model, table_network

from sk_adaptive.serve import create_app

MORE = os.environ.get("SK_ADAPTIVE_FUZZ")
FORGED = settings(
    max_examples=int(MORE or "100"),
    derandomize=MORE is None,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
NAMES = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
MIXED = ["length", "width", "colour", "size"]  # two numbers, two categories
STRINGS = [
    "\ud800", "a\udfff", "\udfff\ud800", "\x00", "\ufeff", "\uffff", "\U0010ffff", "\u202ered", "re\u0301d", "\r\n",
    "nan", "NaN", "<NA>", "None", "null", "true", "1e5", "0x10", "1_000", "\u0661", "inf", "-Infinity", "2020-01-01",
    " ", "\u00a0", "red", "RED", "blue ", "<b>", "&amp;", "{{7*7}}", "%s%n", "../..", "'; --", "x" * 70_000,
]  # fmt: skip
FIELDS = [
    "instances", "inputs", "outputs", "dataframe_split", "dataframe_records", "params", "method", "columns", "data",
    "index", "signature_name", "name", "shape", "datatype", "id", "parameters", "predict", "predict_proba", "FP32",
    "BYTES", *NAMES, *MIXED,
]  # fmt: skip

texts = st.text(
    st.characters() | st.characters(categories=["Cs", "Cc", "Cf", "Co", "Zs"]), max_size=8
) | st.sampled_from(STRINGS)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), texts, st.sampled_from(FIELDS),
    st.sampled_from([10**400, -(10**18), 1e308, 5e-324]),
)  # fmt: skip
keys = st.one_of(st.sampled_from(FIELDS), texts)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=20,
)
numbers = st.floats(-9, 9) | st.none()
mixed = {"length": numbers, "width": numbers, "colour": scalars, "size": scalars}
rows = st.lists(
    st.one_of(
        st.lists(scalars, min_size=3, max_size=5),
        st.fixed_dictionaries(dict.fromkeys(NAMES, scalars)),
        st.fixed_dictionaries(mixed),
        st.tuples(*mixed.values()).map(list),
    ),
    max_size=4,
)
tensors = st.fixed_dictionaries(
    {
        "name": st.sampled_from([*NAMES, *MIXED]) | scalars,
        "shape": st.lists(st.integers(-1, 9), max_size=3) | values,
        "datatype": st.sampled_from(["FP32", "BYTES", "INT64", "X"]),
        "data": st.lists(scalars, max_size=9) | values,
    }
)
columns = st.fixed_dictionaries({
    name: st.fixed_dictionaries(
        {"name": st.just(name), "shape": st.just([1]), "datatype": st.just("BYTES"), "data": cell.map(lambda x: [x])}
    )
    for name, cell in mixed.items()
}).map(lambda tensors: list(tensors.values()))  # fmt: skip
bodies = st.one_of(
    st.dictionaries(keys, values, max_size=4),
    st.fixed_dictionaries({"instances": rows}, optional={"parameters": values, "signature_name": scalars}),
    st.fixed_dictionaries({"dataframe_records": rows}),
    columns.map(lambda inputs: {"inputs": inputs}),
    st.fixed_dictionaries({"inputs": rows, "params": st.fixed_dictionaries({"method": scalars})}),
    st.fixed_dictionaries({"inputs": st.lists(tensors, max_size=4)}, optional={"outputs": values}),
    st.fixed_dictionaries({"dataframe_split": st.fixed_dictionaries({"columns": values, "data": rows})}),
    values,
).map(lambda value: json.dumps(value).encode())
damaged = st.tuples(bodies, st.integers(0, 10**6), st.binary(max_size=3)).map(
    lambda cut: cut[0][: cut[1] % (len(cut[0]) + 1)] + cut[2] + cut[0][cut[1] % (len(cut[0]) + 1) :]
)
cells = texts.map(lambda text: text.encode(errors="surrogatepass")) | st.sampled_from(
    [b"1", b"-2.5", b"", b"nan", b"1e999", b'"', b"x\n", b"red", b"\xff", *(name.encode() for name in [*NAMES, *MIXED])]
)
lines = st.lists(st.lists(cells, max_size=5).map(b",".join), max_size=4)
csv = lines.map(b"\n".join) | lines.map(lambda rows: b"\n".join([",".join(MIXED).encode(), *rows]))
form = st.fixed_dictionaries({f"x{i}": cells | scalars.map(str) for i in range(4)} | {"row": cells})
forms = form.map(lambda fields: urlencode(fields, errors="surrogatepass").encode()) | form.map(
    lambda fields: urlencode({**fields, "x0": "1", "x1": "2"} | {"row": "1,2,3,4"}, errors="surrogatepass").encode()
)

JSON = "application/json"


@pytest.fixture(scope="module")
def asked():
    """The apps by what they read, and the answers so far by status."""
    models = {"numbers": iris_model(), "encoded": mixed_model()[0], "table": table_network()[0]}
    return {key: create_app(model, name="iris", blas_threads=None) for key, model in models.items()}, {}


@pytest.mark.parametrize("reads", ["numbers", "encoded", "table"])
@pytest.mark.parametrize(
    ("path", "content_type", "body"),
    [
        ("/predict", JSON, bodies | damaged | st.binary()),
        ("/invocations", JSON, bodies | damaged | st.binary()),
        ("/v1/models/iris:predict", JSON, bodies | damaged | st.binary()),
        ("/v2/models/iris/infer", JSON, bodies | damaged | st.binary()),
        ("/invocations", "text/csv", csv | st.binary()),
        ("/", "application/x-www-form-urlencoded", st.binary() | forms),
    ],
)
def test_no_body_breaks_the_service(asked, path, content_type, body, reads, seeds_of):
    apps, counts = asked
    client = apps[reads].test_client()

    @settings(FORGED, max_examples=seeds_of(FORGED.max_examples))
    @given(body)
    def ask(sent: bytes) -> None:
        answer = client.post(path, data=sent, content_type=content_type)
        counts[answer.status_code] = counts.get(answer.status_code, 0) + 1
        assert answer.status_code in (200, 400, 413, 422), sent
        if path != "/":
            json.loads(answer.data, parse_constant=lambda constant: pytest.fail(f"{constant} in {answer.data!r}"))

    ask()
    print(f"{path} {content_type}: so far {dict(sorted(counts.items()))}")


@FORGED
@given(st.sampled_from(["/", "/v1/models/", "/v2/models/", "/v2/models/iris/versions/"]), texts, st.data())
def test_no_path_or_header_breaks_the_service(asked, prefix, text, data):
    client = asked[0]["numbers"].test_client()
    path = prefix + quote(text[:2000].encode(errors="surrogatepass"), safe="/:%?#")
    header = data.draw(st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"])))
    headers = {"Authorization": header, "Content-Type": header, "Origin": header, "Accept": header}
    answer = client.open(path, method=data.draw(st.sampled_from(["GET", "POST", "PUT"])), headers=headers, data=b"{}")
    assert answer.status_code in (200, 308, 400, 404, 405, 415), (path, header)
