"""Notebook 03: §3.3, response normalisation."""
