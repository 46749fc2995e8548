"""Files that are not what they should be are errors, and no code in them is run."""

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from persistence.models import X, Y, classifier
from sklearn.exceptions import InconsistentVersionWarning

import sk_adaptive
from sk_adaptive._persistence import HEADER, SCHEMA, ModelFileError, read_header

RAN: list[str] = []  # what code in a file has done


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("saved") / "m.skops"
    sk_adaptive.save(classifier(activation=["spline", "rational"], n_members=2, learn_scales=True).fit(X, Y), path)
    return path.read_bytes()


def rewritten(saved: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def nodes(schema):
    """Yield every object of a schema."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from nodes(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from nodes(value)


def with_schema(change: Callable[[dict], object]) -> Callable[[dict[str, bytes]], None]:
    def apply(members: dict[str, bytes]) -> None:
        schema = json.loads(members[SCHEMA])
        change(schema)
        members[SCHEMA] = json.dumps(schema).encode()

    return apply


def refused(content: bytes, tmp_path: Path, match: str, **options) -> None:
    path = tmp_path / "forged.skops"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=match):
        sk_adaptive.load(path, **options)


def test_foreign_files(tmp_path, saved):
    refused(b"", tmp_path, "not a zip archive")
    refused(b"hello", tmp_path, "not a zip archive")
    refused(pickle.dumps(classifier()), tmp_path, "not a zip archive")
    refused(rewritten(saved, lambda members: members.pop(HEADER)), tmp_path, "was it written by sk_adaptive.save")
    refused(rewritten(saved, lambda members: members.update({"x.npz": b""})), tmp_path, "x.npz")
    refused(rewritten(saved, lambda members: members.update({HEADER: b"[]"})), tmp_path, "gives no format")
    refused(rewritten(saved, lambda members: members.update({HEADER: b'{"format": 99}'})), tmp_path, "upgrade")
    refused(
        rewritten(saved, lambda members: members.update({HEADER: b'{"format": 1}'})), tmp_path, "earlier sk_adaptive"
    )
    with pytest.raises(FileNotFoundError):
        sk_adaptive.load(tmp_path / "nowhere.skops")


def test_a_header_without_an_example_has_none(saved):
    content = rewritten(saved, lambda members: members.update({HEADER: b'{"format": 99}'}))
    assert read_header(io.BytesIO(content)) == {"format": 99, "example": None}


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_cut_files(tmp_path, saved, part):
    refused(saved[: int(part * len(saved))], tmp_path, "cut off")


def test_other_versions_warn(tmp_path, saved):
    def older(schema):
        content = json.dumps(schema).replace(f'\\"{sk_adaptive.__version__}\\"', '\\"0.0.1\\"')
        schema.clear()
        schema.update(json.loads(content))

    path = tmp_path / "old.skops"
    path.write_bytes(rewritten(saved, with_schema(older)))
    with pytest.warns(InconsistentVersionWarning, match=r"0\.0\.1"):
        sk_adaptive.load(path)


def run_code(name: str = "mark") -> None:
    RAN.append(name)


class Evil:
    """Runs code when it is unpickled or built."""

    def __init__(self):
        run_code()

    def __setstate__(self, state):
        run_code()

    def __reduce__(self):
        return run_code, ()


@pytest.mark.parametrize(
    "node",
    [
        {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"},
        {"__class__": "run_code", "__module__": __name__, "__loader__": "FunctionNode"},
        {"__class__": "Evil", "__module__": __name__, "__loader__": "ObjectNode"},
        {"__class__": "Evil", "__module__": __name__, "__loader__": "TypeNode"},
        {"__class__": "Popen", "__module__": "subprocess", "__loader__": "ObjectNode"},
        {"__class__": "eval", "__module__": "builtins", "__loader__": "FunctionNode"},
        {"__class__": "X", "__module__": "antigravity", "__loader__": "TypeNode"},
        {"__class__": "X", "__module__": "m", "__loader__": "NoSuchNode"},
    ],
)
def test_code_in_a_file_is_not_run(tmp_path, saved, node):
    def forge(schema):
        target = next(found for found in nodes(schema) if found.get("__class__") == "ClassTargets")
        target.clear()
        target.update({**node, "__id__": 1})

    before = list(RAN)
    refused(rewritten(saved, with_schema(forge)), tmp_path, "cannot be loaded")
    assert before == RAN


def test_pickles_inside_are_not_read(tmp_path, saved):
    def forge(members):
        name = next(name for name in members if name.endswith(".npy"))
        buffer = io.BytesIO()
        np.save(buffer, np.array([Evil.__new__(Evil)], dtype=object), allow_pickle=True)
        members[name] = buffer.getvalue()

    before = list(RAN)
    refused(rewritten(saved, forge), tmp_path, "not what its header says")
    assert before == RAN


def test_only_regular_files_are_read(tmp_path):
    with pytest.raises(ModelFileError, match="regular file"):
        sk_adaptive.load(os.devnull)


def test_sizes_are_checked_before_memory_is_taken(tmp_path, saved):
    def bomb(members):
        members["bomb.npy"] = bytes(50 * 2**20)

    refused(rewritten(saved, bomb), tmp_path, "max_bytes", max_bytes=2**20)

    def promise(members):
        name = next(name for name in members if name.endswith(".npy"))
        buffer = io.BytesIO()
        np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": (10**13,)})
        members[name] = buffer.getvalue()

    refused(rewritten(saved, promise), tmp_path, "not what its header says")

    def repeat(schema):
        array = next(found for found in nodes(schema) if "file" in found)
        target = next(found for found in nodes(schema) if found.get("__class__") == "ClassTargets")
        target["content"] = [{**array, "__id__": i} for i in range(10_000)]

    refused(rewritten(saved, with_schema(repeat)), tmp_path, "max_bytes", max_bytes=2**20)
    refused(rewritten(saved, lambda members: members.update({SCHEMA: b"[" * 10**6})), tmp_path, "not a model file")


def set_attribute(schema: dict, where: str, attribute: str, value: object) -> None:
    """Change or add an attribute of the first object of a class in a schema."""
    found = next(node for node in nodes(schema) if node.get("__class__") == where)
    attributes, types = found["content"]["content"], found["content"]["key_types"]["content"]
    if attribute not in attributes:
        types.append(types[0])
    attributes[attribute] = {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "JsonNode",
        "content": json.dumps(value),
        "is_json": True,
    }


@pytest.mark.parametrize(
    ("where", "attribute", "value"),
    [
        ("Layer", "weights_offset", 10**9),
        ("Layer", "weights_offset", -8),
        ("Layer", "bias_offset", 0),
        ("Layer", "parameters_offset", 10**9),
        ("Layer", "n_in", 6),
        ("Layer", "n_out", -4),
        ("Layer", "n_out", 10**12),
        ("Layer", "n_members", 2),
        ("Plan", "n_theta", 3),
        ("Plan", "n_members", 5),
        ("Plan", "n_members", 0),
        ("Plan", "input_scale", 10**9),
        ("Plan", "loss", "nothing"),
        ("Spline", "n_knots", 1),
        ("Spline", "n_knots", 10**6),
        ("Spline", "n_knots", 10**9),
        ("ClassTargets", "classes", [0, 1]),
        ("ClassTargets", "multilabel", True),
        ("Spline", "scope", "layer"),
        ("Spline", "kernel", "rational"),
        ("Rational", "degrees", [-3, 12]),
        ("Rational", "degrees", [5, 5]),
        ("Rational", "parameters", {}),
        ("Rational", "limit", "x"),
    ],
)
def test_plans_that_would_read_foreign_memory_are_refused(tmp_path, saved, where, attribute, value):
    def forge(schema):
        set_attribute(schema, where, attribute, value)

    refused(rewritten(saved, with_schema(forge)), tmp_path, "cannot be loaded")


@settings(
    max_examples=int(os.environ.get("SK_ADAPTIVE_FUZZ", "150")),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_damaged_files_are_errors_or_models(tmp_path, saved, data):
    """Whatever is changed, loading raises ModelFileError, or gives a model that predicts or raises as models do."""
    schema_text = zipfile.ZipFile(io.BytesIO(saved)).read(SCHEMA)
    if data.draw(st.booleans()):
        schema = json.loads(schema_text)
        found = [node for node in nodes(schema) if node]
        node = found[data.draw(st.integers(0, len(found) - 1))]
        key = data.draw(st.sampled_from(sorted(node)))
        node[key] = data.draw(st.sampled_from([None, "", -1, 10**9, 1.5, [], {}, "Plan", "numpy", "ObjectNode"]))
        content = rewritten(saved, lambda members: members.update({SCHEMA: json.dumps(schema).encode()}))
    else:
        at = data.draw(st.integers(0, len(saved) - 1))
        content = saved[:at] + data.draw(st.binary(min_size=1, max_size=4)) + saved[at + 1 :]
    path = tmp_path / "damaged.skops"
    path.write_bytes(content)
    try:
        model = sk_adaptive.load(path)
    except ModelFileError:
        return
    try:
        model.predict(X)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return
