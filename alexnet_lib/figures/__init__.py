"""The paper's figures, for the command and the notebooks."""
