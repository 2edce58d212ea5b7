"""Notebook 06: §4, reducing overfitting."""
