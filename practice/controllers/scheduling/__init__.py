"""Which node a pod goes to: what may, what fits best, and how the answer is told."""
