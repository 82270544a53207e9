"""What may be done: roles, risk, what a shell command means. Pure: no clock, no network, no files.

One parser is a program of its own: shell.py pipes text through shfmt and gets a syntax tree back.
"""
