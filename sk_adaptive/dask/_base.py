"""What the estimators on a cluster have in common."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import dask
import numpy as np
from distributed import Client, Future
from sklearn.base import clone, is_classifier
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.validation import check_is_fitted

from sk_adaptive import solvers
from sk_adaptive._core import engine
from sk_adaptive._estimators.base import BaseAdaptiveMLP
from sk_adaptive._estimators.validation import check_given
from sk_adaptive._network.plan import Plan
from sk_adaptive._parts.fit import fit_parts
from sk_adaptive._parts.rows import PartedRows
from sk_adaptive._sklearn import fit_context, with_callbacks
from sk_adaptive._training.callbacks import FitTask
from sk_adaptive._training.state import State

from ._checkpoint import Checkpoint
from ._cluster import ClusterParts, find_client, results, working_client
from ._collections import is_collection, partitions
from ._data import ClusterData
from ._predictions import lazy
from ._trainers import InStep, LocalSteps

NOT_THE_MODEL = ("client", "_sent")  # attributes that belong to a session
CALLBACKS = "_skl_callbacks"  # scikit-learn's; they report here, and may not be sent


def with_client(constructor: Callable) -> Callable:
    """Decorate a constructor: it takes what a local one does, and `client` last."""

    def decorate(init: Callable) -> Callable:
        signature = inspect.signature(constructor)
        client = inspect.Parameter("client", inspect.Parameter.KEYWORD_ONLY, default=None, annotation="Client | None")
        parameters = [*signature.parameters.values(), client]
        init.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        return init

    return decorate


class OnCluster(BaseAdaptiveMLP):
    """Mixin before a local estimator: fits and predicts on the workers of a Dask cluster."""

    _local: ClassVar[type[BaseAdaptiveMLP]]
    client: Client | None

    @property
    def client_(self) -> Client:
        """The client that is worked with: the given one, or the current one."""
        return find_client(self.client)

    def to_local(self) -> Any:
        """Return the estimator of sk_adaptive itself with the same parameters and, once fitted, the same network.

        Returns
        -------
        AdaptiveMLPClassifier or AdaptiveMLPRegressor
            The local estimator.
        """
        local = self._unfitted()
        local.__dict__.update(
            {name: value for name, value in vars(self).items() if name not in (*NOT_THE_MODEL, CALLBACKS)}
        )
        return local

    def _unfitted(self) -> Any:
        given = {name: value for name, value in self.get_params(deep=False).items() if name != "client"}
        return self._local(**{name: clone(value, safe=False) for name, value in given.items()})

    # ---- fitting -----------------------------------------------------------------------------------------------------

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        checkpoint: Any = None,
        averaging: bool = False,
    ) -> Any:
        """Fit the network to rows on the workers.

        Parameters
        ----------
        X : dask Array or DataFrame of shape (n_samples, n_features)
            Training rows; see the local estimator.
        y : dask Array, Series or DataFrame of shape (n_samples,) or (n_samples, n_outputs)
            Classes of a classifier; of a regressor, numbers that the loss allows.
        sample_weight : dask Array or Series of shape (n_samples,), default=None
            Weights of the rows.
        X_val : dask Array or DataFrame of shape (n_val, n_features), default=None
            Validation rows.
        y_val : dask Array, Series or DataFrame of shape (n_val,) or (n_val, n_outputs), default=None
            Their targets.
        sample_weight_val : dask Array or Series of shape (n_val,), default=None
            Their weights.
        checkpoint : path, default=None
            A file for the state after each epoch. If it exists, the fit that wrote it and was cut off is continued; at
            the end it is removed. It needs an integer `random_state`. "lbfgs" and "lm" go on from the last parameters,
            without the memory of gradients and the damping.
        averaging : bool, default=False
            False: workers take each step of "adam" and "sgd" together, as one machine would. True: in each epoch every
            partition is trained on by itself, in steps of `batch_size` rows, and the parameters are averaged by weight.
            That needs one exchange an epoch instead of one a step, and gives another result, which depends on the
            partitions and not on the workers. Epochs do not visit the rows that ``max_iter="auto"`` holds back here
            either.

        Returns
        -------
        AdaptiveMLPClassifier or AdaptiveMLPRegressor
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is malformed, or the checkpoint is of another fit. The estimator stays as it was.
        RuntimeError
            If the cluster is lost.
        """
        train, validation = (X, y, sample_weight), (X_val, y_val, sample_weight_val)
        self._fit_on_cluster(train, validation, checkpoint=checkpoint, averaging=averaging)
        return self

    def _fit_on_cluster(
        self, train: tuple[Any, Any, Any], validation: tuple[Any, Any, Any], *, checkpoint: Any, averaging: bool
    ) -> None:
        check_given(*validation)
        self._check_steps(averaging)
        kept = Checkpoint(checkpoint, self.random_state)
        local = self._unfitted().set_params(scoring="loss")  # a scorer stays here: workers may not have its module
        parts = partitions(*train)
        val_parts = (
            None if validation[0] is None else partitions(*validation, names="X_val, y_val and sample_weight_val")
        )
        with working_client(self.client) as client:
            rows = ClusterParts(client, parts)
            held_out = None if val_parts is None else ClusterParts(client, val_parts)

            def make_data(rows: PartedRows, plan: Plan, targets: Any, network: engine.Network) -> ClusterData:
                trainer: Any = LocalSteps if averaging else InStep
                return ClusterData.of(
                    rows, plan, targets, network.dtype, in_step=not averaging, make_trainer=trainer, checkpoint=kept
                )

            def resume(rows: PartedRows, state: State) -> bool:
                about = self._unfitted().set_params(verbose=False).get_params(), rows.lengths, averaging
                return kept.resume(state, about)

            fit_parts(self, local, rows, held_out, make_data, FitTask(self, *train), resume)
        kept.remove()

    def _check_steps(self, averaging: bool) -> None:
        if averaging and not solvers.resolve(self.solver).in_batches:
            raise ValueError(f"averaging=True needs a solver that steps over batches, got solver={self.solver!r}")

    def _fit_partition_by_partition(self, fit_one: Callable[..., Any], given: tuple) -> None:
        """Call a local `partial_fit` for each partition, which comes here."""
        with working_client(self.client) as client:
            for part in partitions(*given):
                X, y, weight = results(client, client.compute([dask.delayed(each) for each in part]))
                if X.shape[0]:
                    fit_one(X, y, weight)

    # ---- predicting --------------------------------------------------------------------------------------------------

    def _predict(self, X: Any, read: Callable[[Any, np.ndarray], np.ndarray]) -> Any:
        check_is_fitted(self, "theta_")
        return self._lazily(X, Method("_predict", read), len(getattr(self, "classes_", ())))

    def hidden_activations(self, X: Any, layer: int = -1) -> Any:
        """Return what a hidden layer puts out, for a collection as one; see `sk_adaptive.AdaptiveMLPRegressor`."""
        check_is_fitted(self, "theta_")
        return self._lazily(X, Method("hidden_activations", self._layer_number(layer)), 0)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy of a classifier, R^2 of a regressor.

        Parameters
        ----------
        X : dask Array or DataFrame of shape (n_samples, n_features)
            Rows.
        y : dask Array, Series or DataFrame of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        sample_weight : dask Array or Series of shape (n_samples,), default=None
            Their weights.

        Returns
        -------
        float
            The score.
        """
        with working_client(self.client) as client:
            given = y, self.predict(X), sample_weight
            y, predicted, weights = results(client, client.compute([dask.delayed(each) for each in given]))
        return float((accuracy_score if is_classifier(self) else r2_score)(y, predicted, sample_weight=weights))

    def _lazily(self, X: Any, method: Method, n_classes: int) -> Any:
        local = self.to_local()
        if not is_collection(X):
            return method(local, X)
        one_row = X._meta_nonempty.iloc[:1] if hasattr(X, "_meta_nonempty") else np.zeros((1, X.shape[1]), X.dtype)
        sample = method(local, one_row)
        if sample.ndim > 2:
            raise ValueError("the hidden layers of an ensemble have no two-dimensional form: see to_local()")
        names = self.classes_ if sample.ndim == 2 and sample.shape[1] == n_classes else None
        return lazy(self._model_on(self.client_), method, X, sample, names)

    def _model_on(self, client: Client) -> Future:
        """Return the model on the cluster, sent once; a task made it, so that it outlives the worker that has it."""
        sent: _Sent | None = getattr(self, "_sent", None)
        if sent is None or not sent.is_of(client, self.theta_):
            sent = self._sent = _Sent(client, self.theta_, client.submit(_as_it_is, self.to_local(), pure=False))
        return sent.model

    # ---- copies ------------------------------------------------------------------------------------------------------

    def __sklearn_clone__(self) -> OnCluster:
        """Return an unfitted copy with the same client, which cannot be copied itself."""
        given = {name: value for name, value in self.get_params(deep=False).items() if name != "client"}
        return type(self)(**{name: clone(value, safe=False) for name, value in given.items()}, client=self.client)

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in super().__getstate__().items() if name not in NOT_THE_MODEL}
        return {**state, "client": None}


class _Sent(NamedTuple):
    client: Client
    theta: np.ndarray
    model: Future

    def is_of(self, client: Client, theta: np.ndarray) -> bool:
        """Return whether this is a model of these parameters that is still on the client's cluster."""
        return self.client is client and self.theta is theta and self.model.status in ("pending", "finished")


class Method:
    """A method of a local estimator with one argument besides X, which can be sent to a worker.

    Parameters
    ----------
    name : str
        Its name.
    argument : object
        The argument.
    """

    def __init__(self, name: str, argument: Any) -> None:
        self._name, self._argument = name, argument

    def __call__(self, model: Any, X: Any) -> np.ndarray:
        """Return what the method gives for rows."""
        found: np.ndarray = getattr(model, self._name)(X, self._argument)
        return found


def _as_it_is(model: Any) -> Any:
    return model
