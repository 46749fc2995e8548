"""A loss written in Python trains like its compiled twin, and check_loss says what is wrong with one that does not."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from reference import LOSSES, PLAIN
from sklearn.base import clone
from solving import each_loss_and_solver

from sk_adaptive import AdaptiveMLPRegressor
from sk_adaptive.losses import LOSSES as REGISTERED
from sk_adaptive.losses import Loss, check_loss

RNG = np.random.RandomState(0)
X = RNG.normal(size=(150, 4))
Y = np.exp(X[:, 0] / 2) + RNG.gamma(2, size=150)
WEIGHTS = RNG.randint(0, 3, size=150)
QUICK = {**PLAIN, "hidden_layer_sizes": (6,), "max_iter": 5, "batch_size": 40, "random_state": 0}


def _in_python(loss):
    """Return a loss of the same formula that has no compiled twin."""
    kind = type(loss)
    own = type(f"Own{kind.__name__}", (kind,), {"kernel": None})
    return own(**loss.get_params())


@pytest.mark.parametrize("n_members", [1, 3])
@each_loss_and_solver
def test_a_loss_in_python_trains_as_its_compiled_twin(loss, solver, n_members, dtype):
    compiled = REGISTERED[loss]()
    knobs = {**QUICK, "solver": solver, "n_members": n_members}
    models = [
        AdaptiveMLPRegressor(one, **knobs).fit(X.astype(dtype), Y, WEIGHTS) for one in (compiled, _in_python(compiled))
    ]
    rtol = 1e-9 if dtype == np.float64 else 1e-3
    np.testing.assert_allclose(models[0].loss_curve_, models[1].loss_curve_, rtol=rtol)
    np.testing.assert_allclose(models[0].predict(X), models[1].predict(X), rtol=rtol, atol=rtol)


def test_several_outputs_and_sparse_rows():
    both, loss = np.column_stack([Y, 2 * Y]), REGISTERED["gamma"]()
    compiled, own = (AdaptiveMLPRegressor(one, **QUICK).fit(sp.csr_array(X), both) for one in (loss, _in_python(loss)))
    np.testing.assert_allclose(compiled.predict(X), own.predict(X), rtol=1e-9)


class LogCosh(Loss):
    """The logarithm of the hyperbolic cosine of the residual."""

    def value(self, raw, y):
        return np.logaddexp(raw - y, y - raw) - np.log(2).astype(raw.dtype)

    def gradient(self, raw, y):
        return np.tanh(raw - y)


def test_an_own_loss_is_checked_cloned_pickled_searched():
    check_loss(LogCosh())
    model = AdaptiveMLPRegressor(LogCosh(), early_stopping=True, **{**QUICK, "max_iter": 60}).fit(X, Y)
    assert model.score(X, Y) > 0.1
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert clone(model).loss is not model.loss


def test_an_exception_in_an_own_loss_surfaces():
    class Broken(LogCosh):
        def gradient(self, raw, y):
            raise RuntimeError("out of luck")

    with pytest.raises(RuntimeError, match="out of luck"):
        AdaptiveMLPRegressor(Broken(), **QUICK).fit(X, Y)


@pytest.mark.parametrize("loss", [name for name in LOSSES if "cross_entropy" not in name])
def test_registered_losses_pass(loss):
    check_loss(LOSSES[loss])


def _wrong(base=LogCosh, **methods):
    return type("Wrong", (base,), methods)()


WRONG = {
    "gradient of another sign": _wrong(gradient=lambda self, raw, y: np.tanh(y - raw)),
    "gradient twice as large": _wrong(gradient=lambda self, raw, y: 2 * np.tanh(raw - y)),
    "gradient of one number": _wrong(gradient=lambda self, raw, y: np.tanh(raw - y).mean()),
    "gradient with respect to y": _wrong(gradient=lambda self, raw, y: np.tanh(y)),
    "value summed over the row": _wrong(value=lambda self, raw, y: LogCosh.value(self, raw, y).sum(axis=1)),
    "value of float64": _wrong(value=lambda self, raw, y: LogCosh.value(self, raw.astype(float), y)),
    "value that changes raw": _wrong(value=lambda self, raw, y: np.square(np.subtract(raw, y, out=raw)) / 2),
    "rows that depend on each other": _wrong(value=lambda self, raw, y: LogCosh.value(self, raw, y) + raw.max()),
    "missing numbers hidden": _wrong(value=lambda self, raw, y: np.nan_to_num(LogCosh.value(self, raw, y))),
    "no gradient": _wrong(base=Loss, value=LogCosh.value),
    "negative scale": _wrong(scaling=lambda self, mean, deviation: (mean, -deviation)),
    "scale of another shape": _wrong(scaling=lambda self, mean, deviation: (mean[:1], deviation[:1])),
    "inverse link that falls": _wrong(inverse_link=lambda self, raw: -raw),
    "more than all rows below": _wrong(share_below=1.5),
    "y refused": _wrong(check_y=lambda self, y: 1 / 0),
}


@pytest.mark.parametrize("loss", WRONG.values(), ids=WRONG)
def test_wrong_losses_are_caught(loss):
    with pytest.raises(AssertionError, match="Wrong:"):
        check_loss(loss)


@pytest.mark.parametrize("thing", [LogCosh, "poisson", None])
def test_only_a_loss_is_checked(thing):
    with pytest.raises(AssertionError, match="expected an object of a subclass of Loss"):
        check_loss(thing)
