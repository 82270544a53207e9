"""Names of conversations: a place of a door, and what is said below one post of it, which need not be out yet."""

_INCIDENT = "incident-"


def below(place: str, key: str) -> str:
    """The thread below the post that a reply of this key makes: `slack:T1:C1` and `incident-i1` become one name.

    Whoever posts looks up what the key became; whoever hears maps the thread back to this name. So a conversation has
    its name before any platform has seen it.
    """
    return f"{place}:@{key}"


def opener(conversation: str) -> str:
    """The key of the post that begins this conversation, "" for one that began otherwise."""
    thread = conversation.rpartition(":")[2]
    return thread[1:] if thread.startswith("@") else ""


def incident_key(incident: str) -> str:
    """The key of the post that shows an incident."""
    return f"{_INCIDENT}{incident}"


def incident_of(conversation: str) -> str:
    """The id of the incident that a conversation is about by its very name, "" otherwise."""
    key = opener(conversation)
    return key.removeprefix(_INCIDENT) if key.startswith(_INCIDENT) else ""
