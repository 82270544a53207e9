"""What counts as the same answer: no more than times, draws and places differ."""

import pytest

from tests.practice.transcript.plain import plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("web   1/1   Running   0     12s", "web  1/1  Running  0  2m5s"),
        ("web-6b5ddf6446-x2x4z", "web-b8f56569b-9qk2d"),
        ("creationTimestamp: 2026-11-20T13:00:00Z", "creationTimestamp: 2026-11-20T13:00:09Z"),
        ("uid: 8774d856-faa1-4858-be2b-84d3f42bf428", "uid: 00000000-faa1-4858-be2b-84d3f42bf428"),
        ('"resourceVersion":"12"', '"resourceVersion":"900"'),
        ("Events:\n  Type\n  ----\n  a\n  b\n", "Events:\n  Type\n  ----\n  b\n  a\n"),
    ],
)
def test_times_draws_and_places_make_no_difference(one: str, other: str) -> None:
    """Ages, names that controllers draw, uids, versions, the order of one second's events."""
    assert plain(one) == plain(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cpu:  50m", "cpu:  100m"),
        ("delay=3s timeout=1s", "delay=5s timeout=1s"),
        ("op=Exists for 300s", "op=Exists for 30s"),
        ("web   1/1   Running", "web   0/1   Running"),
        ("generation: 1", "generation: 2"),
        ("web-first", "web-other"),
        ("10Gi", "1Gi"),
        ("line\nother", "other\nline"),
    ],
)
def test_everything_else_does(one: str, other: str) -> None:
    """Quantities, probes, tolerations, counts, names that people give."""
    assert plain(one) != plain(other)
