"""Measures of a trained network: errors, saturation, spread, colour."""
