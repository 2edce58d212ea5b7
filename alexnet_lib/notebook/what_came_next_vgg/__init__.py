"""Notebook 09: VGG, what came next."""
