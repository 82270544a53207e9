"""Names of the work that waits in the store: per cluster, since only who sees a cluster can do its work."""


def incoming(cluster: str) -> str:
    """Something a person said; the payload is `domain.wire.incoming_as_json`."""
    return f"incoming@{cluster}"


def resume(cluster: str) -> str:
    """A proposal whose record changed; the payload is {"proposal": id, "zone": IANA name}."""
    return f"resume@{cluster}"


def alerts(cluster: str) -> str:
    """Something changed about a group of alerts; the payload is {"group": its key}."""
    return f"alerts@{cluster}"


def due(cluster: str) -> str:
    """Something that the clock asks for; the payload is {"what": word, "for": conversation, "at": ISO moment}."""
    return f"due@{cluster}"


def incident(cluster: str) -> str:
    """An incident whose record changed, or whose time has come.

    The payload is {"incident": id, "do": "tell"} in the conversation that is to hear of it, {"do": "settle", "at": ISO
    moment} when it has been quiet since then, {"do": "wake", "at": ISO moment} when a snooze ends.
    """
    return f"incident@{cluster}"
