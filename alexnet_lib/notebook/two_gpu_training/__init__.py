"""Notebook 05: §3.2 and §3.5, two GPUs."""
