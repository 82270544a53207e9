"""Looking at clusters. Only client.py knows the Kubernetes client; all other code sees plain JSON."""
