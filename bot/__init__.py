"""The doors and the wiring: where parts meet.

Never goes in here: looking, deciding, acting; those are given to it.
"""
