"""A practice cluster with incidents to train on. Imports nothing of ours; only bot/cli/practising.py starts it."""
