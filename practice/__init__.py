"""A practice cluster with incidents to train on. Imports nothing of ours and is started only by bot/cli/demo.py."""
