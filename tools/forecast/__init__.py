"""What is about to break, seen before it does. One file per way of running out; catalog.py lists them. Reads only."""
