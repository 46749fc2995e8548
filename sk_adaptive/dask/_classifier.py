"""The classifier on a cluster."""

from __future__ import annotations

from typing import Any, ClassVar

from distributed import Client
from sklearn.utils.metaestimators import available_if

from sk_adaptive._estimators.base import BaseAdaptiveMLP, is_stochastic
from sk_adaptive._estimators.classifier import AdaptiveMLPClassifier as Local

from ._base import OnCluster, with_client


class AdaptiveMLPClassifier(OnCluster, Local):
    """:class:`sk_adaptive.AdaptiveMLPClassifier` on the workers of a Dask cluster.

    Parameters and attributes are those of the local classifier; see `sk_adaptive.AdaptiveMLPClassifier`. A `scoring`
    of your own gets None for X. X, y and weights are Dask arrays or dataframes, whose partitions stay on the workers.
    The result is that of one machine but for rounding, for any number of workers, also after some were lost or joined.
    With ``max_iter="auto"`` the rows that are held back come to the client: a fifth, at most 2000.

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
