"""What must hold of objects, kind by kind, in the API server's own words (pkg/apis/*/validation of Kubernetes)."""
