"""Pure functions from a ClusterState to Findings; catalog.py lists them, causes.py folds them."""
