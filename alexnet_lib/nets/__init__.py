"""Networks as data: no module here imports torch."""
