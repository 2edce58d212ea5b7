"""Claims of the paper, what published runs say of them, and the verdicts."""
