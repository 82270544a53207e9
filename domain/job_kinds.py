"""Names of the work that waits in the store: per cluster, since only who sees a cluster can do its work."""


def incoming(cluster: str) -> str:
    """Something a person said; the payload is `domain.wire.incoming_as_json`."""
    return f"incoming@{cluster}"


def resume(cluster: str) -> str:
    """A proposal whose record changed; the payload is {"proposal": id, "zone": IANA name}."""
    return f"resume@{cluster}"
