"""The two reports that this package grew from, run again, with what shows why their losses stayed where they were."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field

import numpy as np
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import f1_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sk_adaptive._estimators.classifier import AdaptiveMLPClassifier
from sk_adaptive.activations import Polynomial
from sk_adaptive.activations._base import Scope
from sk_adaptive.solvers import SGD

__all__ = [
    "AS_REPORTED",
    "PER_LAYER",
    "PER_LAYER_IDENTITY",
    "SHARED_IDENTITY",
    "VARIANTS",
    "Report1",
    "Report2",
    "Scores",
    "Split",
    "StuckCount",
    "Variant",
    "count_stuck",
    "iris",
    "report_1",
    "report_2",
]

HIDDEN = (10, 5)
N_EPOCHS = 2000
N_SEEDS = 100
LN_3 = math.log(3)  # the loss of calling three classes equally likely
STUCK = LN_3 - 0.01  # a run whose training loss ends above this has learned at most the class frequencies
REPORT_2_EPOCHS = (0, 100, 200, 300, 400)


@dataclass(frozen=True)
class Split:
    """Rows to train and to test on, standardised by the means and deviations of the training rows.

    Parameters
    ----------
    X_train, X_test : ndarray of shape (n_rows, n_features)
        The features.
    y_train, y_test : ndarray of shape (n_rows,)
        The classes.
    """

    X_train: np.ndarray
    X_test: np.ndarray
    y_train: np.ndarray
    y_test: np.ndarray


def iris() -> Split:
    """Return the iris data as the reports prepare them.

    Returns
    -------
    Split
        120 training and 30 test rows of 4 features in float64, split with ``random_state=42``; y is 0, 1 or 2.
    """
    X_train, X_test, y_train, y_test = train_test_split(*load_iris(return_X_y=True), test_size=0.2, random_state=42)
    scaler = StandardScaler().fit(X_train)
    return Split(scaler.transform(X_train), scaler.transform(X_test), y_train, y_test)


@dataclass(frozen=True)
class Scores:
    """What the reports measure of a classifier.

    Parameters
    ----------
    train_loss, test_loss : float
        Mean cross-entropy of a row, in nats.
    train_accuracy, test_accuracy : float
        Share of rows whose most probable class is right.
    f1 : float
        F1 on the test rows, averaged over the classes (macro).
    """

    train_loss: float
    test_loss: float
    train_accuracy: float
    test_accuracy: float
    f1: float

    @classmethod
    def from_model(cls, model: AdaptiveMLPClassifier, data: Split) -> Scores:
        """Measure a fitted classifier.

        Parameters
        ----------
        model : AdaptiveMLPClassifier
            Fitted on the training rows.
        data : Split
            The rows.

        Returns
        -------
        Scores
            Its scores.
        """
        return cls(
            train_loss=log_loss(data.y_train, model.predict_proba(data.X_train)),
            test_loss=log_loss(data.y_test, model.predict_proba(data.X_test)),
            train_accuracy=model.score(data.X_train, data.y_train),
            test_accuracy=model.score(data.X_test, data.y_test),
            f1=f1_score(data.y_test, model.predict(data.X_test), average="macro"),
        )


# ---- report 1 --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Variant:
    """Where k0 and k1 of g(x) = k0 + k1 x start, and who shares them.

    Parameters
    ----------
    name : str
        In a few words.
    shared : bool
        Whether both hidden layers share one k0 and one k1, rather than drawing and learning their own.
    k1_mean : float
        Mean of the normal distribution that k1 is drawn from; that of k0 is 0. Both standard deviations are 0.1.
    """

    name: str
    shared: bool
    k1_mean: float

    def model(self, seed: int, **parameters: object) -> AdaptiveMLPClassifier:
        """Return the network of report 1, unfitted, with this start.

        Parameters
        ----------
        seed : int
            Draws k0 and k1, then the weights, then the order of the rows.
        **parameters : object
            Parameters of AdaptiveMLPClassifier to set otherwise than report 1 does.

        Returns
        -------
        AdaptiveMLPClassifier
            4-10-5-3 on iris; plain SGD, learning rate 0.01, batches of 32 rows, 2000 epochs, no penalty.
        """
        random = np.random.RandomState(seed)
        scope: Scope = "network" if self.shared else "layer"
        draws = [tuple(random.normal((0, self.k1_mean), 0.1).tolist()) for _ in HIDDEN]
        starts = [draws[0] if self.shared else draw for draw in draws]
        settings: dict = {
            "activation": [Polynomial(degree=1, scope=scope, start=start) for start in starts],
            "solver": SGD(momentum=0),
            "alpha": 0,
            "batch_size": 32,
            "learning_rate": "constant",
            "learning_rate_init": 0.01,
            "max_iter": N_EPOCHS,
            "n_iter_no_change": np.inf,
            "n_members": 1,
            "label_smoothing": 0,
            "standardize": False,
            "init": "glorot",
            "random_state": random,
        }
        return AdaptiveMLPClassifier(HIDDEN, **settings | parameters)


AS_REPORTED = Variant("shared, k1 ~ N(0, 0.1), as reported", shared=True, k1_mean=0)
SHARED_IDENTITY = Variant("shared, k1 ~ N(1, 0.1)", shared=True, k1_mean=1)
PER_LAYER = Variant("per layer, k1 ~ N(0, 0.1)", shared=False, k1_mean=0)
PER_LAYER_IDENTITY = Variant("per layer, k1 ~ N(1, 0.1)", shared=False, k1_mean=1)
VARIANTS = (AS_REPORTED, SHARED_IDENTITY, PER_LAYER, PER_LAYER_IDENTITY)


@dataclass(frozen=True)
class Report1:
    """Report 1: one run.

    Parameters
    ----------
    model : AdaptiveMLPClassifier
        Fitted.
    scores : Scores
        Of the last epoch.
    train_loss_curve, test_loss_curve : ndarray of shape (n_epochs,)
        Mean training loss while an epoch passed, and test loss at its end.
    k : ndarray of shape (n_epochs, 2, 2)
        Both hidden layers' k0 and k1 (last axis) at the end of each epoch.
    """

    model: AdaptiveMLPClassifier
    scores: Scores
    train_loss_curve: np.ndarray
    test_loss_curve: np.ndarray
    k: np.ndarray


@dataclass(frozen=True)
class StuckCount:
    """How many seeds of a variant stay at ln 3.

    Parameters
    ----------
    variant : Variant
        Which.
    losses : ndarray of shape (n_seeds,)
        Training loss after the last epoch, one per seed.
    n_stuck : int
        How many of them are at ln 3.
    escaped_loss : float
        Median of the others; nan if there are none.
    """

    variant: Variant
    losses: np.ndarray
    n_stuck: int
    escaped_loss: float


@dataclass
class _EveryEpoch:
    """A scorer that writes k down, and calls no epoch better than another, so that the last one is kept."""

    k: list[list] = field(default_factory=list)

    def __call__(self, model: AdaptiveMLPClassifier, X: np.ndarray, y: np.ndarray) -> float:
        self.k.append([[float(k[0]) for k in learned.params.values()] for learned in model.activations_])
        return 0.0


def report_1(variant: Variant = AS_REPORTED, seed: int = 0) -> Report1:
    """Train the network of report 1 once, watching the test loss and k0 and k1.

    Watching changes nothing of the training: the last epoch is kept, not the one of the lowest test loss.

    Parameters
    ----------
    variant : Variant, default=AS_REPORTED
        Where k0 and k1 start, and who shares them.
    seed : int, default=0
        Draws k0 and k1, then the weights, then the order of the rows. Seed 0 of the default variant is one that stays
        at ln 3, as the reported run did.

    Returns
    -------
    Report1
        The run.

    Examples
    --------
    >>> from sk_adaptive._cli._reports import PER_LAYER_IDENTITY, report_1
    >>> round(report_1().scores.train_loss, 2), round(report_1(PER_LAYER_IDENTITY).scores.train_loss, 2)
    (1.1, 0.05)
    """
    data, watch = iris(), _EveryEpoch()
    model = variant.model(seed, scoring=watch)
    _fit(model, data.X_train, data.y_train, X_val=data.X_test, y_val=data.y_test)
    curves = np.array(model.loss_curve_), np.array(model.validation_loss_curve_)
    after_epochs = watch.k[1:]  # the first is from before training
    return Report1(model, Scores.from_model(model, data), *curves, np.array(after_epochs))


def count_stuck(variant: Variant, n_seeds: int = N_SEEDS) -> StuckCount:
    """Train the network of report 1 once per seed.

    Parameters
    ----------
    variant : Variant
        Where k0 and k1 start, and who shares them.
    n_seeds : int, default=100
        Seeds 0 ... n_seeds - 1, about 0.05 s each.

    Returns
    -------
    StuckCount
        The final training losses and what they say.
    """
    data = iris()
    X, y = data.X_train, data.y_train
    losses = np.array([log_loss(y, _fit(variant.model(seed), X, y).predict_proba(X)) for seed in range(n_seeds)])
    escaped = losses[losses <= STUCK]
    return StuckCount(variant, losses, n_seeds - escaped.size, float(np.median(escaped)) if escaped.size else math.nan)


# ---- report 2 --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report2:
    """Report 2, with one step per epoch and with one step per row.

    Parameters
    ----------
    full_batch, per_row : ndarray of shape (500,)
        Training loss of each epoch; that of the full batch is measured before the epoch's step, as the report does.
    frequencies : float
        Training loss of always predicting the class frequencies.
    new_rows : tuple of float
        Loss of the two networks on 10 000 new rows drawn alike.
    """

    full_batch: np.ndarray
    per_row: np.ndarray
    frequencies: float
    new_rows: tuple[float, float]


def report_2(seed: int = 0) -> Report2:
    """Run report 2: 100 random rows of 10 features, each called one of 3 classes at random.

    The report gives 5 hidden units, learning rate 0.01 and 500 epochs. Where it is silent, report 1 is followed: the
    hidden units compute k0 + k1 x with k0, k1 ~ N(0, 0.1), and features are standard normal. Its text takes a step a
    row, its losses fit one step per epoch; both are run.

    Parameters
    ----------
    seed : int, default=0
        Draws the rows, then the network.

    Returns
    -------
    Report2
        The losses.

    Examples
    --------
    >>> from sk_adaptive._cli._reports import report_2
    >>> report = report_2()
    >>> report.full_batch.shape
    (500,)
    """
    random = np.random.RandomState(seed)
    X, y = _noise(100, random)
    X_new, y_new = _noise(10_000, random)
    frequencies = np.bincount(y) / y.size
    start, network_seed = tuple(random.normal(0, 0.1, size=2).tolist()), random.randint(2**31)
    networks = [
        AdaptiveMLPClassifier(
            (5,),
            activation=Polynomial(degree=1, start=start),
            solver=SGD(momentum=0),
            alpha=0,
            batch_size=batch_size,
            learning_rate="constant",
            learning_rate_init=0.01,
            max_iter=500,
            n_iter_no_change=np.inf,
            n_members=1,
            label_smoothing=0,
            standardize=False,
            init="glorot",
            random_state=network_seed,
        )
        for batch_size in (len(X), 1)
    ]
    full_batch, per_row = (np.array(_fit(network, X, y).loss_curve_) for network in networks)
    return Report2(
        full_batch,
        per_row,
        frequencies=float(-frequencies @ np.log(frequencies)),
        new_rows=tuple(log_loss(y_new, network.predict_proba(X_new)) for network in networks),
    )


def _noise(n_rows: int, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    return random.normal(size=(n_rows, 10)), random.randint(3, size=n_rows)


def _fit(model: AdaptiveMLPClassifier, X: np.ndarray, y: np.ndarray, **validation: np.ndarray) -> AdaptiveMLPClassifier:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the reports run all their epochs
        return model.fit(X, y, **validation)
