"""Notebook 04: §3.4, overlapping pooling."""
