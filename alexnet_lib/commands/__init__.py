"""The `alexnet` command: one file a command."""
