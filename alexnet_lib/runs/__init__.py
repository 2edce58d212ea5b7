"""Runs: from an arm and a seed to a record, and what is kept beside it."""
