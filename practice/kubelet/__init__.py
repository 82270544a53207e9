"""A kubelet of practice's own: a process that talks only the Kubernetes API and plays the pods bound to its nodes."""
