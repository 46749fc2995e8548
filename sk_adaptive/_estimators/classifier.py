"""The classifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sk_adaptive._data.rows import Rows
from sk_adaptive._data.targets import ClassTargets
from sk_adaptive._data.weights import ClassWeights
from sk_adaptive._sklearn import Interval, StrOptions, check_partial_fit_first_call, fit_context, with_callbacks
from sk_adaptive._training.recipe import automatic_smoothing
from sk_adaptive.activations import Activation
from sk_adaptive.losses import Loss
from sk_adaptive.losses.classification import BinaryCrossEntropy, CrossEntropy
from sk_adaptive.schedules import Factors, Schedule
from sk_adaptive.solvers import Solver

from .base import BaseAdaptiveMLP, Init, is_stochastic
from .rollback import all_or_nothing


class AdaptiveMLPClassifier(ClassifierMixin, BaseAdaptiveMLP):
    """Multilayer perceptron classifier whose activation functions are learned with the weights.

    It minimises the cross-entropy. Labels may be of any kind, or an indicator matrix where a row may have several. X
    is taken as it is: a table with categories and missing values, numbers on any scale, or a sparse matrix.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of shape (n_layers - 2,), default=(128, 128)
        Units of each hidden layer. ``()`` gives a linear model.
    activation : str, Activation or sequence of these, default="spline"
        Activation function of all hidden layers, or a sequence of one per hidden layer. Learned ones are "polynomial",
        "prelu", "swish", "blend", "rational", "spline" and "snake", or an object of :mod:`sk_adaptive.activations`
        with its own parameters, such as ``Rational(scope="layer")``: `scope` says whether each unit learns a function
        of its own ("unit"), the units of a layer share one ("layer"), or all units do ("network"). Fixed ones are
        scikit-learn's "identity", "logistic", "tanh" and "relu", and "silu", "gelu", "mish", "elu", "selu",
        "leaky_relu", "softplus" and "tilted_abs".
    solver : {"adam", "lbfgs", "sgd"} or solver object, default="adam"
        How to minimise the loss: a name, or an object of :mod:`sk_adaptive.solvers` with its own parameters, such as
        ``SGD(momentum=0.5)``. "lbfgs" uses all rows at each iteration and suits small data sets.
    alpha : float or "auto", default="auto"
        Strength of the L2 penalty on the weights (not the biases), >= 0. With "adam" and "sgd" it is decoupled weight
        decay: each step multiplies the weights by 1 - learning_rate * alpha. With "lbfgs", alpha / 2 times the sum of
        squared weights, divided by the total sample weight, is added to the loss.

        "auto" depends on the solver. With "sgd" it is 0.3 / max(n, 100) and with "lbfgs" 0.3 min(1, n / 100), where n
        is the number of rows or their total weight, whichever is larger. With "adam" it is alpha_0 times a factor.
        alpha_0 is 300 n_inputs / n, limited to [0.1, 10] (the best penalty of ridge regression also grows with
        n_inputs / n [6]_), times sqrt(n_units / 128) if the narrowest hidden layer has n_units < 128. n_inputs is the
        length of `input_names_`. The factor is max(0, min(max(u, 0.2), 1, 5 (1 - u))), where u is the loss of the last
        epoch divided by that of a network whose outputs are all zero. It is 0 in the first epoch and while u >= 1, at
        most 1, and 0.2 from u = 0.2 down. In `fit` with "adam" or "sgd", where `max_iter` is "auto" as well, alpha is
        also multiplied by min(1, max(0.6, 3000 / n_samples)), as the number of epochs is.
    batch_size : int or "auto", default="auto"
        Rows per step of "adam" and "sgd", at most the number of rows. "auto" is n_samples / 64, within [64, 256].
    learning_rate : str, Schedule or callable, default="cosine"
        Learning-rate schedule of "adam" and "sgd": a factor on `learning_rate_init` for each step.

        - "constant" is 1.
        - "invscaling" is 1 / sqrt(1 + steps taken).
        - "adaptive" is 1 until training would stop. It is then divided by 5 instead, and training stops once the
          learning rate is 1e-6 or less.
        - "cosine" falls from 1 to 0 over `max_iter` epochs [1]_.
        - "coslog4" is four cosines over `max_iter` epochs, each twice as long as the one before [2]_.
        - "one_cycle" rises from 1/25 to 1 over the first 30 % of `max_iter` epochs and falls to 1e-4 [3]_.
        - A callable gets two arrays for the steps of an epoch: the fraction of `max_iter` epochs that is done, in
          [0, 1), and the number of steps taken. It returns the array of factors. It is taken to be planned for
          `max_iter` epochs; :class:`sk_adaptive.schedules.Schedule` can say otherwise.
    learning_rate_init : float, default=0.007
        Learning rate of "adam" and "sgd" before the schedule, > 0.
    max_iter : int or "auto", default="auto"
        Maximum number of epochs of "adam" and "sgd", or of iterations of "lbfgs", >= 1. "auto" is 50. In `fit` with
        "adam" or "sgd" it is 50 min(1, 1500 / n_samples)^0.25, times min(1, max(0.6, 3000 / n_samples)), such as 22 for
        5000 rows and 16 for 20,000, or as many more as make at least 100 max(1, 128 / n_units)^0.75 steps, where
        n_units is the number of units of the narrowest hidden layer. A noisy table then gets fewer: from 300 rows on,
        the first eighth of the epochs does not visit a fifth of the rows, at most 2000, drawn at random. Where the
        network explains less than 0.4 of the loss of constant outputs on them, and has nearly stopped to improve,
        epochs are reduced in proportion, to a tenth at least; with less than 0.1, outputs are also shrunk to a constant
        as far as these rows ask. The other epochs visit all rows. No rows are held back with a number, with `max_time`,
        validation rows, ``shuffle=False`` or a schedule that is not planned.
    shuffle : bool, default=True
        Whether "adam" and "sgd" visit the rows in a new random order in each epoch.
    random_state : int, RandomState instance or None, default=None
        Source of the initial weights, the validation split, the order of the rows, dropout and the signs of the
        members. An int gives the same result at each call. The number of threads changes the order of sums, and so the
        rounding, and nothing that is drawn.
    tol : float, default=1e-4
        An epoch is an improvement if it lowers the loss, or raises the validation score, by at least this much. For
        "lbfgs": the largest component of the gradient at which it stops.
    verbose : bool, default=False
        Whether to print one line per epoch: losses, score, learning rate and the seconds since training started.
    warm_start : bool, default=False
        Whether `fit` continues training from the result of the last call (weights, learned activations, moments of the
        solver) instead of new initial weights. The learning-rate schedule and the count of epochs without improvement
        start over in each call.
    early_stopping : bool, default=False
        Whether to set rows aside, stop when their score makes no more progress, and keep the best epoch. Where
        `validation_fraction` of the rows is fewer than 10, none are set aside, with a warning.
    validation_fraction : float, default=0.1
        Part of the rows to set aside, in (0, 1); stratified by class, but not of an indicator matrix.
    n_iter_no_change : int or inf, default=10
        Training stops after more than this many consecutive epochs without an improvement. Without validation rows,
        "lbfgs" and planned schedules ("cosine", "coslog4", "one_cycle", a callable) ignore it.
    max_time : float or None, default=None
        Seconds that `fit` may take, > 0. The schedule then covers as many epochs as the time allows, at most
        `max_iter`, so that its learning rate has fallen when time is up. The first epoch, or iteration of "lbfgs", is
        always ended. With a limit, a fit depends on the speed of the machine.
    scoring : str or callable, default="loss"
        What to maximise on the validation rows: "loss" (its negative), the name of a scikit-learn scorer, or a scorer
        ``f(estimator, X, y)``, X being an array in which levels of categories are numbers. A scorer that has a
        parameter `sample_weight` is given the weights. It is called once before training, to find out whether it
        works, and after each epoch.
    class_weight : dict, list of dict, "balanced" or None, default=None
        Weights of the classes, which multiply the rows' own; 1 where a dict names none. "balanced" gives all classes
        the same total weight. For an indicator matrix, a list of one dict a label.
    label_smoothing : float or "auto", default="auto"
        Part of each target, in [0, 1), that is spread evenly over all classes. "auto" is 0.01 for two classes or an
        indicator matrix and 0.0003 for more classes, or less where a class is rare, so that smoothing adds at most a
        tenth to its probability: at most 0.1 n_classes times the share of the rarest class among the rows of the first
        `fit` (n_classes is 2 for an indicator matrix).
    dropout : float, default=0.0
        Probability, in [0, 1), that the output of a hidden unit is set to zero for a row of a training step [4]_. Not
        for "lbfgs".
    n_members : int or "auto", default="auto"
        Number of networks in an ensemble whose predictions are averaged [5]_. All members share the weights and
        activations of the hidden layers. Each multiplies its inputs by fixed random signs, 1 or -1, and has its own
        output layer. The time of a fit is nearly proportional to the number of members. "auto" is 1 if all
        activations are fixed, because more members did not lower the error of those. Otherwise it is 8. In `fit`
        with "adam" or "sgd" it is 6 on more than 3000 rows and 4 from 10,000 rows on; a fit that continues keeps its
        members.
    clip_inputs : float or None, default=5.0
        Clips each standardised number to [-`clip_inputs`, `clip_inputs`], in training and in prediction, to limit the
        influence of outliers. Numbers are not clipped with None, nor with ``standardize=False``.
    standardize : bool, default=True
        Whether columns of numbers are standardised: the weighted mean over the training rows is subtracted, and the
        result is divided by the weighted standard deviation. A constant column becomes 0. The weights in `coefs_[0]`
        are then per standard deviation. In a sparse matrix of more than 1000 columns, a column of which fewer than 1 %
        of the rows store a value other than 0 is not centred, and is divided by a third of the root mean square of
        these values. A missing number is replaced by the mean of its column; a column with missing numbers in training
        also has an input that is 1 where the number is missing.
    n_bins : int or "auto", default="auto"
        Pieces per column of numbers, >= 0: besides the number itself the network reads its piecewise linear encoding
        between quantiles of the training rows [7]_, so that it learns steps and bends along a column faster.
        "auto" is 8 in `fit` on at least 1500 rows that are not sparse, fewer on more than 128 columns;
        otherwise 0, which encodes nothing, as with ``standardize=False``.
    categorical_features : "from_dtype", array-like of bool, int or str, or None, default="from_dtype"
        Which columns are categories: a mask, positions, names, or "from_dtype", which selects the columns of a
        DataFrame (pandas, polars) whose dtype is category, enum, boolean or string, or whose dtype is object and whose
        values are strings; in other X, none. Each level, or distinct value, is an input that is 1 in its rows and 0
        in others; its weights start at zero. Missing values are a level of their own if training rows had some. A level
        that did not occur in training counts as rare if there were rare levels (see `min_frequency`); otherwise all
        inputs of the column are 0.
    min_frequency : int, float or None, default=None
        Rare levels share one input: those with fewer training rows than this integer, or with a smaller share of the
        rows than this float. None gives each level its own input.
    learn_scales : bool, default=False
        Whether to learn a factor per input [2]_.
    init : {"gain", "glorot"}, default="gain"
        How the initial weights are drawn. "gain" gives the pre-activations of each layer unit variance, whatever the
        activation; "glorot" draws as scikit-learn does.
    dtype : {"auto", "float32", "float64"}, default="auto"
        Precision of the network. "auto" is float32 in `fit` with "adam" or "sgd" on at least 1500 rows, which takes
        half the time; otherwise that of X, which is float64 unless X is float32. Numbers are
        standardised in float64 all the same, and predictions have at least the precision of the X they are of.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Classes in the order of the probabilities; of an indicator matrix, the labels' numbers.
    input_names_ : ndarray of str of shape (n_inputs,)
        Names of the inputs, the rows of `coefs_[0]`: "column" for a number, "column=level" for a level,
        "column=missing" and "column=rare".
    activations_ : list of FittedActivation of length n_layers - 2
        The learned function of each hidden layer: callable, with its parameters and a formula.
    coefs_ : list of ndarray of length n_layers - 1
        Weights (n_in, n_out) of each layer; of an ensemble's output layer (n_members, n_in, n_out). Those of a number
        are per standard deviation of its column.
    intercepts_ : list of ndarray of length n_layers - 1
        Biases (n_out,) of each layer; of an ensemble's output layer (n_members, n_out).
    theta_ : ndarray of shape (n_theta,)
        All parameters of the network; `coefs_`, `intercepts_` and `activations_` are views into it.
    loss_ : float
        Loss of the last epoch.
    loss_curve_ : list of float
        Loss of each epoch since training started: the weighted mean over the rows as they were visited. For "lbfgs"
        it includes the penalties, which are minimised as well.
    best_loss_ : float or None
        Minimum of `loss_curve_`; None if there were validation rows.
    validation_loss_curve_ : list of float or None
        Loss on the validation rows after each epoch, without penalties; None without such rows.
    validation_scores_ : list of float or None
        Score on the validation rows after each epoch: by `scoring`, for "loss" the negative loss; None without such
        rows.
    best_validation_score_ : float or None
        Best score of the last fit, whose epoch was kept; None without validation rows.
    temperature_ : float
        What the outputs were divided by after training, so that the probabilities of the validation rows have the least
        log-loss; 1.0 without such rows. Between 1/4 and 4, and near 1 if the rows were few. Training that continues
        without validation rows keeps it.
    learning_rate_curve_ : list of float or None
        Learning rate at the end of each epoch; None for "lbfgs".
    n_iter_ : int
        Epochs or iterations of the last call of `fit` or `partial_fit`.
    t_ : int
        Rows visited since training started: rows times epochs.
    n_layers_ : int
        Number of layers, input and output included.
    n_outputs_ : int
        Number of outputs of the network: one for two classes.
    out_activation_ : {"softmax", "logistic"}
        What is applied to them.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, if X had names that are all strings.

    See Also
    --------
    AdaptiveMLPRegressor : The same for numbers.
    sklearn.neural_network.MLPClassifier : A network of fixed activations.

    References
    ----------
    .. [1] I. Loshchilov and F. Hutter, "SGDR: Stochastic gradient descent with warm restarts", arXiv:1608.03983.
    .. [2] D. Holzmueller, L. Grinsztajn and I. Steinwart, "Better by default: Strong pre-tuned MLPs and boosted trees
       on tabular data", arXiv:2407.04491.
    .. [3] L. N. Smith and N. Topin, "Super-convergence: Very fast training of neural networks using large learning
       rates", arXiv:1708.07120.
    .. [4] N. Srivastava et al., "Dropout: A simple way to prevent neural networks from overfitting", Journal of
       Machine Learning Research 15 (2014), 1929-1958.
    .. [5] Y. Gorishniy, A. Kotelnikov and A. Babenko, "TabM: Advancing tabular deep learning with parameter-efficient
       ensembling", arXiv:2410.24210.
    .. [6] A. E. Hoerl, R. W. Kennard and K. F. Baldwin, "Ridge regression: some simulations", Communications in
       Statistics 4 (1975), 105-123.
    .. [7] Y. Gorishniy, I. Rubachev and A. Babenko, "On embeddings for numerical features in tabular deep learning",
       arXiv:2203.05556.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sk_adaptive import AdaptiveMLPClassifier
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> model = AdaptiveMLPClassifier(8, "prelu", solver="lbfgs", random_state=0)
    >>> model.fit(X, y).score(X, y) > 0.95
    True
    >>> model.predict_proba(X[:1]).shape
    (1, 3)
    >>> len(model.activations_[0].params["a"])
    8
    """

    _numeric_y = False
    _parameter_constraints: ClassVar[dict] = {
        **BaseAdaptiveMLP._parameter_constraints,
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
        "label_smoothing": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (128, 128),
        activation: str | Activation | Sequence[str | Activation] = "spline",
        *,
        solver: Literal["adam", "lbfgs", "sgd"] | Solver = "adam",
        alpha: float | Literal["auto"] = "auto",
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: str | Schedule | Factors = "cosine",
        learning_rate_init: float = 0.007,
        max_iter: int | Literal["auto"] = "auto",
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: float = 10,
        max_time: float | None = None,
        scoring: str | Callable = "loss",
        class_weight: Mapping | Sequence[Mapping] | Literal["balanced"] | None = None,
        label_smoothing: float | Literal["auto"] = "auto",
        dropout: float = 0.0,
        n_members: int | Literal["auto"] = "auto",
        clip_inputs: float | None = 5.0,
        standardize: bool = True,
        n_bins: int | Literal["auto"] = "auto",
        categorical_features: Any = "from_dtype",
        min_frequency: int | float | None = None,
        learn_scales: bool = False,
        init: Init = "gain",
        dtype: Literal["auto", "float32", "float64"] = "auto",
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.max_time = max_time
        self.scoring = scoring
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing
        self.dropout = dropout
        self.n_members = n_members
        self.clip_inputs = clip_inputs
        self.standardize = standardize
        self.n_bins = n_bins
        self.categorical_features = categorical_features
        self.min_frequency = min_frequency
        self.learn_scales = learn_scales
        self.init = init
        self.dtype = dtype

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
    ) -> AdaptiveMLPClassifier:
        """Fit the network to labelled rows.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
            Training rows: numbers, missing values (NaN, None), and categories (see `categorical_features`). If all
            numbers are float32, training is in float32, otherwise in float64.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Classes of any kind, or an indicator matrix of labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, >= 0; a row of weight 2 counts as two rows, one of weight 0 is left out.
        X_val : array-like or sparse matrix of shape (n_val, n_features), default=None
            Validation rows: training stops by their score, whatever `early_stopping` is, and the best epoch is kept. A
            Pipeline transforms them like X with ``Pipeline(..., transform_input=["X_val"])``.
        y_val : array-like of shape (n_val,) or (n_val, n_labels), default=None
            Their classes.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.

        Returns
        -------
        AdaptiveMLPClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is malformed, or not even one epoch ends with finite numbers. The estimator stays as it was.
        """
        self._fit(X, y, sample_weight, X_val, y_val, sample_weight_val)
        return self

    @available_if(is_stochastic)
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> AdaptiveMLPClassifier:
        """Continue training with one pass over more rows; for every solver but "lbfgs".

        The moments of the solver, the learned activations and the learning-rate schedule continue. No rows are held
        out: `early_stopping` is for `fit`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Their classes.
        classes : array-like of shape (n_classes,), default=None
            All classes that any call will bring: needed in the first call, unless `fit` came before.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        AdaptiveMLPClassifier
            The estimator.

        Raises
        ------
        ValueError
            If y has a class that is not among `classes`, or `class_weight` is "balanced".
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' is not supported for partial_fit, which does not see all rows. Give the "
                "weights as a dict"
            )
        with all_or_nothing(self):
            check_partial_fit_first_call(self, classes)
            self._fit_part(X, y, sample_weight, lambda rows: ClassTargets(self.classes_, rows.y.ndim == 2))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Classes, or an indicator matrix of the labels whose probability is above one half.
        """
        return self._predict(X, ClassTargets.decode)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`; of an ensemble, their mean.
        """
        return self._predict(X, ClassTargets.probabilities)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probabilities, finite where a probability rounds to zero.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Logarithms in the order of `classes_`.
        """
        return self._predict(X, ClassTargets.log_probabilities)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logits: what the network puts out before the softmax or the logistic.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes, the second one's; otherwise one a class. Of an ensemble, those of the mean probability.
        """
        return self._predict(X, ClassTargets.decision)

    @property
    def temperature_(self) -> float:
        """What the outputs were divided by after training."""
        check_is_fitted(self, "theta_")
        return self._temperature

    def _make_targets(self, rows: Rows) -> ClassTargets:
        targets = ClassTargets.from_y(rows.y, rows.sample_weight)
        self.classes_ = targets.classes
        return targets

    def _make_loss(self, targets: Any) -> Loss:
        smoothing = self.label_smoothing
        if smoothing == "auto":
            smoothing = automatic_smoothing(targets.rarest, targets.n_outputs if targets.is_multiclass else 2)
        return (CrossEntropy if targets.is_multiclass else BinaryCrossEntropy)(smoothing)

    def _class_weights(self, targets: ClassTargets, rows: Rows) -> ClassWeights | None:
        if self.class_weight is None:
            return None
        weights = np.ones(rows.n_rows) if rows.sample_weight is None else rows.sample_weight
        return ClassWeights.from_rows(self.class_weight, targets, rows.y, weights)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
