"""Deployments: one ReplicaSet per revision, grown and shrunk so that enough pods serve all the time."""
