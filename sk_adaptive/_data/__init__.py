"""Rows and targets: validation, weights, clipping, encoding."""
