"""Notebook 07: how the network learns (§5)."""
