"""Where data sets are looked for, in whatever form they lie on disk."""
