"""Bodies that nobody would send on purpose are answered with 4xx and valid JSON, whatever the dialect.

SK_ADAPTIVE_FUZZ=10000 tries more of them.
"""

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serve.models import iris_model

from sk_adaptive.serve import create_app

EXAMPLES = int(os.environ.get("SK_ADAPTIVE_FUZZ", "100"))
NAMES = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
FIELDS = [
    "instances", "inputs", "outputs", "dataframe_split", "dataframe_records", "params", "method", "columns", "data",
    "index", "name", "shape", "datatype", "id", "parameters", "predict", "predict_proba", "FP32", "BYTES", *NAMES,
]  # fmt: skip

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(FIELDS),
    st.sampled_from([10**400, -(10**18), 1e308, 5e-324]),
)  # fmt: skip
keys = st.one_of(st.sampled_from(FIELDS), st.text(max_size=5))
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=20,
)
rows = st.lists(
    st.lists(scalars, min_size=3, max_size=5) | st.fixed_dictionaries(dict.fromkeys(NAMES, scalars)), max_size=4
)
tensors = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES) | scalars,
        "shape": st.lists(st.integers(-1, 9), max_size=3) | values,
        "datatype": st.sampled_from(["FP32", "BYTES", "INT64", "X"]),
        "data": st.lists(scalars, max_size=9) | values,
    }
)
bodies = st.one_of(
    st.dictionaries(keys, values, max_size=4),
    st.fixed_dictionaries({"instances": rows}),
    st.fixed_dictionaries({"inputs": rows, "params": st.fixed_dictionaries({"method": scalars})}),
    st.fixed_dictionaries({"inputs": st.lists(tensors, max_size=4)}, optional={"outputs": values}),
    st.fixed_dictionaries({"dataframe_split": st.fixed_dictionaries({"columns": values, "data": rows})}),
    values,
).map(lambda value: json.dumps(value).encode())
damaged = st.tuples(bodies, st.integers(0, 10**6), st.binary(max_size=3)).map(
    lambda cut: cut[0][: cut[1] % (len(cut[0]) + 1)] + cut[2] + cut[0][cut[1] % (len(cut[0]) + 1) :]
)
csv = st.lists(
    st.lists(st.sampled_from([*NAMES, "1", "-2.5", "", "nan", "1e999", '"', "x\n"]), max_size=5), max_size=4
).map(lambda lines: "\n".join(",".join(line) for line in lines).encode())


@pytest.fixture(scope="module")
def asked():
    """The app, and the answers so far by status."""
    return create_app(iris_model(), name="iris", blas_threads=None), {}


@pytest.mark.parametrize(
    ("path", "content_type", "body"),
    [
        ("/predict", "application/json", bodies | damaged | st.binary()),
        ("/invocations", "application/json", bodies | damaged | st.binary()),
        ("/v2/models/iris/infer", "application/json", bodies | damaged | st.binary()),
        ("/invocations", "text/csv", csv | st.binary()),
        ("/", "application/x-www-form-urlencoded", st.binary() | st.text().map(lambda text: f"x0={text}".encode())),
    ],
)
def test_no_body_breaks_the_service(asked, path, content_type, body):
    app, counts = asked
    client = app.test_client()

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(body)
    def ask(sent: bytes) -> None:
        answer = client.post(path, data=sent, content_type=content_type)
        counts[answer.status_code] = counts.get(answer.status_code, 0) + 1
        assert answer.status_code in (200, 400, 413, 422), sent
        if path != "/":
            json.loads(answer.data, parse_constant=lambda constant: pytest.fail(f"{constant} in {answer.data!r}"))

    ask()
    print(f"{path} {content_type}: so far {dict(sorted(counts.items()))}")
