"""Photographs made into shards of squares (§2)."""
