"""What notebook 08 shows and checks: ensembles, kernels, retrieval, depth."""
