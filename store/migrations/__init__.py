"""How the tables came to be what they are: one file per step, never changed once released.

Never goes in here: imports of today's schema; a step describes the tables of its own day.
"""
