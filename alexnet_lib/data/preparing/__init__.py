"""From photographs to shards of squares (§2)."""
