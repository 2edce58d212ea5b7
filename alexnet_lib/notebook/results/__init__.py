"""Pictures, tables and checks of notebook 08: ensembles, kernels, retrieval, depth."""
