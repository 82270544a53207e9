"""The steps, in the order that `revisions.py` lists them."""
