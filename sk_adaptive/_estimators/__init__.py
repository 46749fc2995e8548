"""Estimators: classifier, regressor, hidden-layer transformer."""
