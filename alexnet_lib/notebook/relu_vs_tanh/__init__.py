"""Notebook 02: §3.1, ReLU against tanh."""
