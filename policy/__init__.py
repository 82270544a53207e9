"""What may be done: roles, risk, what a shell command means. Pure: no input, no output, no clock."""
