"""Fits to rows that come in parts: chunks of a file, or partitions on other machines."""
