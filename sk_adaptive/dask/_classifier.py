"""The classifier on a cluster."""

from __future__ import annotations

from typing import Any, ClassVar

from distributed import Client
from sklearn.utils.metaestimators import available_if

from sk_adaptive._estimators.base import BaseAdaptiveMLP, is_stochastic
from sk_adaptive._estimators.classifier import AdaptiveMLPClassifier as Local
from sk_adaptive._sklearn import fit_context, with_callbacks

from ._base import OnCluster, with_client


class AdaptiveMLPClassifier(OnCluster, Local):
    """:class:`sk_adaptive.AdaptiveMLPClassifier` on the workers of a Dask cluster.

    Parameters and attributes are those of the local classifier; see `sk_adaptive.AdaptiveMLPClassifier`. `scoring`
    must be "loss", `warm_start` False, and `dropout` 0 unless `fit` averages. X, y and weights are Dask arrays or
    dataframes, whose partitions stay on the workers. The result is that of one machine but for rounding, for any number
    of workers, also after some were lost or joined.

    Parameters
    ----------
    client : distributed.Client, default=None
        The client; None is the current one.

    Attributes
    ----------
    client_ : distributed.Client
        The client that is worked with.

    See Also
    --------
    sk_adaptive.AdaptiveMLPClassifier : The local classifier.
    sk_adaptive.chunks.fit_chunks : More rows than memory, on one machine.

    Examples
    --------
    >>> import dask.array as da
    >>> from distributed import Client
    >>> from sklearn.datasets import load_iris
    >>> from sk_adaptive.dask import AdaptiveMLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> X, y = da.from_array(X, chunks=(50, 4)), da.from_array(y, chunks=50)
    >>> with Client(processes=False, dashboard_address=":0") as client:
    ...     model = AdaptiveMLPClassifier((8,), "tanh", solver="lbfgs", random_state=0, client=client)
    ...     accuracy = model.fit(X, y).score(X, y)
    >>> accuracy > 0.95
    True
    """

    _local: ClassVar[type[BaseAdaptiveMLP]] = Local

    @with_client(Local.__init__)
    def __init__(self, *args: Any, client: Client | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client

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
    ) -> AdaptiveMLPClassifier:
        """Fit the network to labelled rows on the workers.

        Parameters
        ----------
        X : dask Array or DataFrame of shape (n_samples, n_features)
            Training rows; see the local classifier.
        y : dask Array, Series or DataFrame of shape (n_samples,) or (n_samples, n_labels)
            Classes.
        sample_weight : dask Array or Series of shape (n_samples,), default=None
            Weights of the rows.
        X_val : dask Array or DataFrame of shape (n_val, n_features), default=None
            Validation rows.
        y_val : dask Array, Series or DataFrame of shape (n_val,) or (n_val, n_labels), default=None
            Their classes.
        sample_weight_val : dask Array or Series of shape (n_val,), default=None
            Their weights.
        checkpoint : path, default=None
            A file for the state after each epoch. If it exists, the fit that wrote it and was cut off is continued; at
            the end it is removed. It needs an integer `random_state`. "lbfgs" goes on from the last parameters without
            its memory of gradients.
        averaging : bool, default=False
            False: workers take each step of "adam" and "sgd" together, as one machine would. True: in each epoch every
            partition is trained on by itself, in steps of `batch_size` rows, and the parameters are averaged by weight.
            That needs one exchange an epoch instead of one a step, and gives another result, which depends on the
            partitions and not on the workers.

        Returns
        -------
        AdaptiveMLPClassifier
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

    @available_if(is_stochastic)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> AdaptiveMLPClassifier:
        """Continue training with one pass over more rows; the partitions come here, one after another.

        Parameters
        ----------
        X : dask Array or DataFrame of shape (n_samples, n_features)
            Training rows.
        y : dask Array, Series or DataFrame of shape (n_samples,) or (n_samples, n_labels)
            Their classes.
        classes : array-like of shape (n_classes,), default=None
            All classes that any call will bring: needed in the first call, unless `fit` came before.
        sample_weight : dask Array or Series of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        AdaptiveMLPClassifier
            The estimator.
        """
        local_fit = super().partial_fit
        self._fit_partition_by_partition(lambda X, y, weight: local_fit(X, y, classes, weight), (X, y, sample_weight))
        return self
