"""Notebook 00: from a straight line to a small convolutional net."""
