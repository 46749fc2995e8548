"""The two reports: what is run is what they describe, and what they found is found again."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from sk_adaptive._cli import _reports as reproduce
from sk_adaptive._cli._reports import AS_REPORTED, PER_LAYER, PER_LAYER_IDENTITY, VARIANTS


@pytest.fixture(scope="module")
def stuck() -> reproduce.Report1:
    return reproduce.report_1()


@pytest.fixture(scope="module")
def noise() -> reproduce.Report2:
    return reproduce.report_2()


def test_data_are_split_and_standardised_as_reported():
    data = reproduce.iris()
    assert data.X_train.shape == (120, 4)
    assert data.X_test.shape == (30, 4)
    np.testing.assert_allclose(data.X_train.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(data.X_train.std(axis=0), 1)
    assert np.bincount(data.y_train).tolist() == [40, 41, 39]


def test_network_is_the_reported_one(stuck: reproduce.Report1):
    model = stuck.model
    assert [coef.shape for coef in model.coefs_] == [(4, 10), (10, 5), (5, 3)]
    assert model.out_activation_ == "softmax"
    assert model.get_params()["solver__momentum"] == 0
    settings = {"learning_rate_init": 0.01, "learning_rate": "constant", "batch_size": 32, "max_iter": 2000, "alpha": 0}
    assert {name: model.get_params()[name] for name in settings} == settings
    assert model.n_iter_ == 2000
    assert all(learned.activation.degree == 1 for learned in model.activations_)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_starts_are_drawn_as_the_variant_says(variant: reproduce.Variant):
    starts = np.array([[each.start for each in variant.model(seed).activation] for seed in range(300)])
    assert (starts[:, 0] == starts[:, 1]).all() == variant.shared
    np.testing.assert_allclose(starts.mean(axis=(0, 1)), [0, variant.k1_mean], atol=0.02)
    np.testing.assert_allclose(starts.std(axis=(0, 1)), 0.1, atol=0.01)


def test_default_run_of_report_1_stays_at_ln_3(stuck: reproduce.Report1):
    scores = stuck.scores
    assert scores.train_loss == pytest.approx(math.log(3), abs=1e-3)
    assert scores.train_accuracy == 41 / 120  # the most frequent class
    data = reproduce.iris()
    always = DummyClassifier().fit(data.X_train, data.y_train)
    assert scores.test_accuracy == always.score(data.X_test, data.y_test)
    assert abs(stuck.k[-1, 0, 1]) < 0.01


def test_curves_end_at_the_scores_and_at_the_kept_parameters(stuck: reproduce.Report1):
    assert stuck.train_loss_curve.shape == stuck.test_loss_curve.shape == (2000,)
    assert stuck.k.shape == (2000, 2, 2)
    assert stuck.test_loss_curve[-1] == pytest.approx(stuck.scores.test_loss)
    kept = [[learned.params["k0"][0], learned.params["k1"][0]] for learned in stuck.model.activations_]
    np.testing.assert_array_equal(stuck.k[-1], kept)
    np.testing.assert_array_equal(stuck.k[:, 0], stuck.k[:, 1])  # shared


def test_watching_changes_no_bit_of_the_training(stuck: reproduce.Report1):
    data = reproduce.iris()
    with pytest.warns(ConvergenceWarning):
        unwatched = AS_REPORTED.model(0).fit(data.X_train, data.y_train)
    np.testing.assert_array_equal(stuck.model.theta_, unwatched.theta_)


def test_only_sharing_gets_stuck():
    reported = reproduce.count_stuck(AS_REPORTED, n_seeds=10)
    own = reproduce.count_stuck(PER_LAYER, n_seeds=10)
    repaired = reproduce.count_stuck(PER_LAYER_IDENTITY, n_seeds=10)
    assert 2 <= reported.n_stuck <= 6  # about a third of 100
    assert own.n_stuck == repaired.n_stuck == 0
    assert reported.losses.shape == (10,)
    assert np.sum(reported.losses > 1) == reported.n_stuck


def test_every_run_that_escapes_ends_at_logistic_regression():
    data = reproduce.iris()
    linear = LogisticRegression(C=1e6, max_iter=10_000).fit(data.X_train, data.y_train)
    optimum = log_loss(data.y_train, linear.predict_proba(data.X_train))
    count = reproduce.count_stuck(PER_LAYER_IDENTITY, n_seeds=3)
    assert optimum < count.losses.min()
    assert count.losses.max() < optimum + 1e-3


def test_a_count_of_nothing_but_stuck_runs_has_no_other_loss():
    count = reproduce.count_stuck(AS_REPORTED, n_seeds=1)
    assert count.n_stuck == 1
    assert math.isnan(count.escaped_loss)


def test_report_2_reaches_the_class_frequencies_and_then_learns_noise(noise: reproduce.Report2):
    assert noise.full_batch.shape == noise.per_row.shape == (500,)
    assert noise.frequencies < math.log(3)
    assert noise.full_batch[-1] == pytest.approx(noise.frequencies, abs=0.01)
    assert noise.per_row[-1] < noise.frequencies - 0.1
    assert math.log(3) < noise.new_rows[0] < noise.new_rows[1]


def test_report_2_descends_with_the_whole_batch(noise: reproduce.Report2):
    assert (np.diff(noise.full_batch) < 0).all()


@pytest.mark.parametrize(
    "losses",
    [lambda seed: reproduce.report_1(seed=seed).train_loss_curve, lambda seed: reproduce.report_2(seed).full_batch],
    ids=["report 1", "report 2"],
)
def test_a_seed_decides_everything(losses: Callable[[int], np.ndarray]):
    np.testing.assert_array_equal(losses(1), losses(1))
    assert (losses(1) != losses(2)).any()
