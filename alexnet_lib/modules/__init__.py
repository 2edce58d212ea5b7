"""Networks as torch modules, built from their description as data."""
