"""Data sets found, in whatever form they lie on disk."""
