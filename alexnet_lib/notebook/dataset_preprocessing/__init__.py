"""Notebook 01: §2, the data set."""
