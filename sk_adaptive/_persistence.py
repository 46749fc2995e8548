"""Saving and loading of fitted models as skops files, which hold data and type names but no code.

A file is a zip archive: skops' `schema.json` and one `.npy` per array, and our `sk_adaptive.json`, which says what
wrote it. Nothing in a file decides what may be loaded: the trusted types are listed here, and sizes are checked before
anything is allocated.
"""

from __future__ import annotations

import io
import json
import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import is_dataclass
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import numpy as np
import sklearn
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ._data.columns import Category, Columns
from ._data.inputs import Inputs, Levels
from ._data.moments import Moments
from ._data.targets import ClassTargets, NumberTargets
from ._estimators.classifier import AdaptiveMLPClassifier
from ._estimators.hidden_layer_transformer import HiddenLayerTransformer
from ._estimators.regressor import AdaptiveMLPRegressor
from ._network.plan import Layer, Plan
from ._sklearn import TYPES_IN_FITTED_ESTIMATORS, metrics_of_scorers
from ._training.state import Patience, State
from ._warnings import warn
from .activations import LEARNED, Fixed
from .losses import LOSSES
from .losses.classification import BinaryCrossEntropy, CrossEntropy
from .schedules import SCHEDULES, Schedule
from .solvers import SOLVERS

FORMAT = 5
HEADER, SCHEMA = "sk_adaptive.json", "schema.json"
GIGABYTE = 2**30
MAX_FILES = 10_000
MAX_TEXT = 4 * 2**20  # of a header or a schema, in bytes: hundreds of networks
LIBRARIES = ("numpy", "scipy", "sklearn")  # a class that they keep private is none that a user could name
ADVICE = (
    "load takes numbers, text, dense arrays and estimators, and your own classes if it is given them as trusted=[...]. "
    "Name scorers, write functions as classes, and save best_estimator_ of a search over distributions"
)

# Besides scikit-learn's estimators and NumPy's arrays, which skops trusts.
_TYPES: tuple[Any, ...] = (
    AdaptiveMLPClassifier,
    AdaptiveMLPRegressor,
    HiddenLayerTransformer,
    Plan,
    Layer,
    Inputs,
    Levels,
    Columns,
    Category,
    Moments,
    ClassTargets,
    NumberTargets,
    State,
    Patience,
    Fixed,
    *LEARNED.values(),
    *SOLVERS.values(),
    *LOSSES.values(),
    CrossEntropy,
    BinaryCrossEntropy,
    Schedule,
    *(schedule.factors for schedule in SCHEDULES.values()),
    "sk_adaptive.inspection._simplify.Simplification",  # of a simplified network, in a room above this module
    np.dtype,
    *TYPES_IN_FITTED_ESTIMATORS,
    *metrics_of_scorers(),
)
# The names, as skops' `trusted` and MLflow's `skops_trusted_types` take them.
TRUSTED_TYPES: tuple[str, ...] = tuple(
    kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__name__}" for kind in _TYPES
)


class ModelFileError(ValueError):
    """A file is not a model that this version may load."""


def save(model: BaseEstimator, path: str | os.PathLike, *, example: Any = None) -> None:
    """Save a fitted estimator or pipeline.

    Parameters
    ----------
    model : estimator
        A fitted estimator of this package, or a scikit-learn estimator such as a Pipeline that holds one.
    path : str or path-like
        The file to write, by custom ending in ``.skops``. It replaces an older one only once it is complete.
    example : sequence or mapping, default=None
        One row of features, as a list or by feature name, in numbers, strings and None. It is kept in the file for
        :mod:`sk_adaptive.serve`, whose page starts from it. It is real data: give None where rows are confidential.

    Raises
    ------
    ImportError
        If skops is not installed.
    sklearn.exceptions.NotFittedError
        If `model` is not fitted.
    ValueError
        If `model` holds something that `load` would not take, which is named: functions, such as your own scorers,
        distributions, and anything else but numbers, text, dense arrays, estimators and classes of your own. Nothing is
        then written.

    Warns
    -----
    UserWarning
        If `model` holds classes that `load` does not trust by itself, such as your own activations.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> import sk_adaptive
    >>> X, y = load_iris(return_X_y=True)
    >>> model = sk_adaptive.AdaptiveMLPClassifier(solver="lbfgs", random_state=0).fit(X, y)
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "iris.skops")
    >>> sk_adaptive.save(model, path, example=X[0].tolist())
    >>> (sk_adaptive.load(path).predict(X) == model.predict(X)).all()
    np.True_
    """
    _skops()
    check_is_fitted(model)
    try:
        buffer, names = _dumped(model)
    except Exception as error:  # skops raises what it likes
        raise ValueError(f"{_culprit(model, type(model).__name__)} cannot be saved: {error}. {ADVICE}") from error
    foreign = names - set(TRUSTED_TYPES)
    with ZipFile(buffer, "a", ZIP_DEFLATED) as archive:
        no_arrays = {kind for kind, file in _files(archive) if not file.endswith(".npy")}
        refused = no_arrays | {name for name in foreign if not _can_be_trusted(name)}
        if refused:
            raise ValueError(f"{type(model).__name__} cannot be saved with {', '.join(sorted(refused))}: {ADVICE}")
        archive.writestr(HEADER, json.dumps(_header(example), allow_nan=False))
        _check_members(archive, GIGABYTE * 64)
    if foreign:
        warn(f"the file can only be loaded with trusted=[{', '.join(sorted(foreign))}]")
    path = Path(path)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        unfinished.write_bytes(buffer.getbuffer())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def load(path: str | os.PathLike, *, trusted: Sequence[type] = (), max_bytes: int = GIGABYTE) -> Any:
    """Load a model that `save` has written. No code in the file is run, and none can be in it.

    Parameters
    ----------
    path : str or path-like
        The file.
    trusted : sequence of type, default=()
        Classes that may be loaded besides those of this package, scikit-learn and NumPy: your own activations.
    max_bytes : int, default=2**30
        Refuse a file whose contents take more bytes than this, before allocating them.

    Returns
    -------
    estimator
        The fitted model.

    Raises
    ------
    ImportError
        If skops is not installed.
    OSError
        If the file cannot be read.
    ModelFileError
        If the file is damaged, too large, not ours, from a newer format, or holds a type that is not trusted.

    Warns
    -----
    sklearn.exceptions.InconsistentVersionWarning
        If another version of this package or of scikit-learn wrote the file, as with pickle.
    """
    return load_with_header(path, trusted=trusted, max_bytes=max_bytes)[0]


def load_with_header(
    path: str | os.PathLike, *, trusted: Sequence[type] = (), max_bytes: int = GIGABYTE
) -> tuple[Any, dict[str, Any]]:
    """Return the model of a file, as `load`, and the file's header, as `read_header`, from one opening of the file."""
    skops_io = _skops()
    if not Path(path).is_file() and Path(path).exists():
        raise ModelFileError(f"{path} is not a regular file")
    if Path(path).stat().st_size > max_bytes:
        raise ModelFileError(f"{path} is larger than max_bytes, {max_bytes}")
    with open(path, "rb") as file:
        header = read_header(file)
        if header["format"] != FORMAT:
            age = (
                "newer than this sk_adaptive: upgrade it" if header["format"] > FORMAT else "of an earlier sk_adaptive"
            )
            raise ModelFileError(f"{path} has format {header['format']}, {age}; this version reads format {FORMAT}")
        with _archive(file) as archive:
            _check_members(archive, max_bytes)
        try:
            model = skops_io.load(file, trusted=[*TRUSTED_TYPES, *trusted])
        except skops_io.exceptions.UntrustedTypesFoundException as error:
            raise ModelFileError(
                f"{path} cannot be loaded: if you know these types, give trusted=[...] with them. {error}"
            ) from error
        except Exception as error:  # a forged file can make skops raise anything
            raise ModelFileError(
                f"{path}, written by sk_adaptive {header.get('sk_adaptive')}, cannot be loaded: {error}"
            ) from error
    if not isinstance(model, BaseEstimator):
        raise ModelFileError(f"{path} holds a {type(model).__name__}, which is not an estimator")
    for held in _all_held(model):
        if isinstance(held, np.random.RandomState) and not _can_draw(held):
            raise ModelFileError(f"{path} holds a RandomState that cannot be drawn from")
    return model, header


def read_header(file: str | os.PathLike | IO[bytes]) -> dict[str, Any]:
    """Return what a file says of itself; nothing else in it is read.

    Parameters
    ----------
    file : str, path-like or binary file
        The file.

    Returns
    -------
    dict
        The format's number as "format", the "sk_adaptive" and "scikit-learn" versions, and the "example" row or None.

    Raises
    ------
    ModelFileError
        If the file is damaged or not ours.
    """
    with _archive(file) as archive:
        if not {HEADER, SCHEMA} <= set(archive.namelist()):
            raise ModelFileError(
                f"not a model file: {HEADER} or {SCHEMA} is missing; was it written by sk_adaptive.save?"
            )
        if archive.getinfo(HEADER).file_size > MAX_TEXT:
            raise ModelFileError("not a model file: its header is too long")
        header = json.loads(archive.read(HEADER))
    if not isinstance(header, dict) or not isinstance(header.get("format"), int):
        raise ModelFileError("not a model file: its header gives no format")
    return {"example": None} | header


@contextmanager
def _archive(file: str | os.PathLike | IO[bytes]) -> Iterator[ZipFile]:
    """Open a file; whatever a forged one makes zipfile, json and NumPy raise becomes a ModelFileError."""
    try:
        with ZipFile(file) as archive:
            yield archive
    except ModelFileError:
        raise
    except Exception as error:
        reason = "it is not a zip archive, or it is cut off" if isinstance(error, BadZipFile) else error
        raise ModelFileError(f"not a model file: {reason}") from error


def _skops() -> Any:
    try:
        import skops.io
    except ImportError as error:
        raise ImportError("saving and loading need skops: pip install 'sk_adaptive[io]'") from error
    return skops.io


def _header(example: Any) -> dict[str, Any]:
    from . import __version__

    versions = {"sk_adaptive": __version__, "scikit-learn": sklearn.__version__}
    return {"format": FORMAT, **versions, "example": example}


def _dumped(value: Any) -> tuple[io.BytesIO, set[str]]:
    """Return a file of skops, and the names of what skops does not trust in it."""
    buffer = io.BytesIO()
    _skops().dump(value, buffer, compression=ZIP_DEFLATED)
    return buffer, set(_skops().get_untrusted_types(data=buffer.getvalue()))


def _can_be_trusted(name: str) -> bool:
    """Return whether a name is that of a class that a user can import, and give to `load` as `trusted`."""
    module, _, attribute = name.rpartition(".")
    if module.partition(".")[0] in LIBRARIES:
        module = module.partition("._")[0]  # where it would be public
    return isinstance(getattr(sys.modules.get(module), attribute, None), type)


def _culprit(value: Any, path: str, seen: tuple[int, ...] = ()) -> str:
    """Return where the innermost part of a value is that cannot be saved, and its type."""
    for name, part in _parts(value):
        try:
            _dumped(part)
        except Exception:  # noqa: BLE001  # as in save
            if id(part) in (id(value), *seen):
                return f"{path}{name}, which refers to itself,"
            return _culprit(part, f"{path}{name}", (id(value), *seen))
    kind = f"dtype {value.dtype}" if isinstance(value, np.ndarray) else f"type {type(value).__name__}"
    return f"{path} of {kind}"


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an estimator or a container holds, and how it is reached."""
    if isinstance(value, BaseEstimator):
        yield from ((f".{name}", part) for name, part in value.__getstate__().items())
    elif is_dataclass(value):
        yield from ((f".{name}", part) for name, part in vars(value).items())
    elif isinstance(value, dict):
        yield from ((f"[{key!r}]", part) for key, part in value.items())
    elif isinstance(value, (list, tuple)):
        yield from ((f"[{i}]", part) for i, part in enumerate(value))


def _all_held(model: BaseEstimator) -> Iterator[Any]:
    """Yield a model and all objects that it holds."""
    left, seen = [model], set()
    while left:
        value = left.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield value
        if isinstance(value, dict):
            left.extend(value.values())
        elif isinstance(value, (list, tuple, set)):
            left.extend(value)
        elif isinstance(value, np.ndarray):
            left.extend(value.ravel() if value.dtype.hasobject else ())
        elif hasattr(value, "__dict__") and not isinstance(value, type):
            left.extend(vars(value).values())


def _can_draw(random: np.random.RandomState) -> bool:
    """Return whether the state is one: NumPy takes any position, and then reads beyond its 624 words."""
    state: Any = random.get_state(legacy=False)
    words, position = state["state"]["key"], state["state"]["pos"]
    return 0 <= position <= len(words) and bool(words.any()) and math.isfinite(state["gauss"])


def _check_members(archive: ZipFile, max_bytes: int) -> None:
    """Refuse an archive that would take more memory than allowed, or that has more in it than a model has."""
    members = {member.filename: member for member in archive.infolist()}
    strange = [name for name in members if name not in (HEADER, SCHEMA) and not name.endswith(".npy")]
    if strange:
        raise ModelFileError(f"a model file holds no {strange[0]!r}: only dense arrays can be saved")
    is_long = any(members[name].file_size > MAX_TEXT for name in (HEADER, SCHEMA))
    if len(archive.infolist()) > MAX_FILES or is_long:
        raise ModelFileError("the file has more parts, or a longer description, than a model has")
    sizes = {name: member.file_size for name, member in members.items()}
    # An array may be referred to many times, and is then read as often.
    read = sum(sizes.values()) + sum(sizes.get(file, 0) for _, file in _files(archive))
    if read > 2 * max_bytes:
        raise ModelFileError(f"the file's contents take {read // 2} bytes, max_bytes is {max_bytes}")
    for name, member in members.items():
        if name.endswith(".npy"):
            with archive.open(member) as array:
                _check_array(name, array, member.file_size)


def _files(archive: ZipFile) -> Iterator[tuple[str, str]]:
    """Yield the type and the file of every value in a schema that is kept in a file of its own."""
    nodes = [json.loads(archive.read(SCHEMA))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if isinstance(node.get("file"), str):
                yield f"{node.get('__module__')}.{node.get('__class__')}", node["file"]
            nodes.extend(node.values())
        elif isinstance(node, list):
            nodes.extend(node)


def _check_array(name: str, array: IO[bytes], size: int) -> None:
    """Refuse an array whose header asks for other memory than the file has, or for Python objects."""
    version = np.lib.format.read_magic(array)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(array)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != size - array.tell():
        raise ModelFileError(f"array {name} of the file is not what its header says")
