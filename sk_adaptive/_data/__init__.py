"""Columns, rows and targets: levels, scales, missing values, weights, encoding."""
