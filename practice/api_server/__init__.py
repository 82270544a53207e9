"""A small Kubernetes API server in memory, for practice."""
