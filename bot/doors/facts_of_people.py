"""Facts whose value begins with somebody's id on their own platform, which that platform shows by name."""

NAMES = frozenset(
    {
        "Acknowledged by",
        "Approved by",
        "Closed by",
        "Handed over by",
        "Owner",
        "Rejected by",
        "Requested by",
        "Snoozed by",
    }
)
