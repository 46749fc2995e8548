"""A transformer that pulls far values in."""

from __future__ import annotations

from numbers import Real
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin, _fit_context
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import validate_data


class SmoothClip(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    r"""Pull far values in, smoothly, between a scaler and a network.

    .. math:: x \mapsto \frac{x}{\sqrt{1 + (x / c)^2}}, \qquad c = \mathrm{limit}

    Values near 0 stay as they are, large ones approach the limit, and their order is kept. A column with a heavy tail,
    such as a count or an amount, then has no rows that decide alone what a network learns. D. Holzmüller, L. Grinsztajn
    and I. Steinwart, "Better by default", `arXiv:2407.04491 <https://arxiv.org/abs/2407.04491>`_, with a limit of 3.

    Parameters
    ----------
    limit : float, default=5.0
        What no value goes beyond, in the units of X: standard deviations behind a ``StandardScaler``.

    Attributes
    ----------
    n_features_in_ : int
        Number of features seen by `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, if X had names that are all strings.

    See Also
    --------
    sklearn.preprocessing.PowerTransformer : Learns how far to pull each column in.

    Notes
    -----
    Missing values (NaN) stay missing.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sk_adaptive import AdaptiveMLPClassifier, SmoothClip
    >>> SmoothClip().fit_transform(np.array([[-1e9, 0.0, 0.1, 5.0]])).round(2)
    array([[-5.  ,  0.  ,  0.1 ,  3.54]])
    >>> model = make_pipeline(StandardScaler(), SmoothClip(), AdaptiveMLPClassifier())
    """

    _parameter_constraints: ClassVar[dict] = {"limit": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, limit: float = 5.0) -> None:
        self.limit = limit

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> SmoothClip:
        """Check the limit and the columns; nothing is learned.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training rows.
        y : None
            Ignored.

        Returns
        -------
        SmoothClip
            The transformer.
        """
        self._checked(X, reset=True)
        return self

    def transform(self, X: Any) -> Any:
        """Pull far values in.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_features)
            The clipped rows, float32 if X is, else float64.
        """
        X = self._checked(X, reset=False)
        if sparse.issparse(X):
            clipped = X.copy()
            clipped.data = self._clip(X.data)
            return clipped
        return self._clip(X)

    def _clip(self, x: np.ndarray) -> np.ndarray:
        return x / np.hypot(1, x / float(self.limit))  # squares of large numbers would overflow

    def _checked(self, X: Any, *, reset: bool) -> Any:
        return validate_data(
            self,
            X,
            reset=reset,
            accept_sparse=("csr", "csc"),
            dtype=(np.float64, np.float32),
            ensure_all_finite="allow-nan",
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
