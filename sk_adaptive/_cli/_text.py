"""What commands print alike."""

from __future__ import annotations

from sk_adaptive._cli._reports import Scores


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
