"""Moving times into the past."""

from datetime import UTC, datetime, timedelta

from practice.backdate import Move, moved

AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
MOVES = [
    Move(AT, AT + timedelta(seconds=10), timedelta(days=3)),
    Move(AT + timedelta(seconds=10), AT + timedelta(seconds=20), timedelta(minutes=9)),
]


def test_each_phase_moves_by_its_own_distance() -> None:
    """What happened in no phase stays where it is."""
    times = ["2026-05-01T12:00:03Z", "2026-05-01T12:00:10Z", "2026-05-01T11:59:59Z", "2026-05-01T12:00:20Z"]

    found = moved({"conditions": [{"lastTransitionTime": time} for time in times]}, MOVES)

    assert [each["lastTransitionTime"] for each in found["conditions"]] == [
        "2026-04-28T12:00:03Z",
        "2026-05-01T11:51:10Z",
        "2026-05-01T11:59:59Z",
        "2026-05-01T12:00:20Z",
    ]


def test_only_times_are_touched() -> None:
    """A time in somebody's own data is none of ours, and microseconds keep their place."""
    item = {"data": {"built": "2026-05-01T12:00:03Z"}, "eventTime": "2026-05-01T12:00:03.250000Z", "time": None}

    assert moved(item, MOVES) == {
        "data": {"built": "2026-05-01T12:00:03Z"},
        "eventTime": "2026-04-28T12:00:03.250000Z",
        "time": None,
    }
