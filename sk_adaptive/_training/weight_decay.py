"""What weight decay by `alpha="auto"` is told of the rows' weights."""

from __future__ import annotations

from sk_adaptive._warnings import warn

MAX_MEAN_WEIGHT = 5.0  # above it, sample_weight hardly counts repeated rows


def warn_of_heavy_rows(mean_weight: float) -> None:
    """Warn where weights count as far more rows than there are, so that there is hardly any decay."""
    if mean_weight > MAX_MEAN_WEIGHT:
        warn(
            f"sample_weight has a mean of {mean_weight:.3g}: each row counts as so many rows, and alpha='auto' decays "
            "the network's weights less. Unless rows stand for that many equal ones, divide sample_weight by its mean."
        )
