"""Text output that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sk_adaptive._cli._reports import Scores
    from sk_adaptive._estimators.base import BaseAdaptiveMLP


def scores(of: Scores) -> str:
    """Return the lines that give a model's scores."""
    return "\n".join(
        (
            f"train loss      {of.train_loss:.4f}",
            f"test loss       {of.test_loss:.4f}",
            f"train accuracy  {of.train_accuracy:.4f}",
            f"test accuracy   {of.test_accuracy:.4f}",
            f"F1 (macro)      {of.f1:.4f}",
        )
    )


def network(fitted: BaseAdaptiveMLP) -> str:
    """Return the line that gives a network's sizes and epochs."""
    sizes = [*(coef.shape[-2] for coef in fitted.coefs_), fitted.n_outputs_]
    return f"network {'-'.join(map(str, sizes))}, {fitted.n_iter_} epochs"


def formulas(fitted: BaseAdaptiveMLP) -> str:
    """Return a line per hidden layer with the activation that it learned, counted from 0 as in Python."""
    return "\n".join(
        f"hidden layer {index}{', unit 0' if learned.activation.scope == 'unit' else ''}: f(x) = {learned.formula(0)}"
        for index, learned in enumerate(fitted.activations_)
    )
