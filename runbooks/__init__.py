"""What we know: library/*.md, and the code that checks, finds and fills it.

Never goes in here: looking at a cluster; slots are filled from what others observed.
"""
