"""A small Kubernetes API server in memory, for practice: unmodified kubectl takes it for a real one."""
