"""The report of an incident: whole, in order, and nobody's words become anything but words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from domain.alerts import Alert
from domain.evidence import observed
from domain.people import Person
from domain.proposals import Decision, Execution, Outcome, ProposalState
from graphs.words.report import Told, happened, incident_report
from store.conversations import Said
from store.incident_record import Incident, TimelineEntry
from store.ledger.records import ProposalRecord
from tests.store.making import proposal

BEGAN = datetime(2026, 3, 12, 14, 3, tzinfo=UTC)
LEAD = Person("slack", "T0", "U0LEAD000")
TITLE = "checkout cannot pull its image"
FOUND = {
    "title": TITLE,
    "confidence": 0.95,
    "impact": "3 of 6 pods of checkout ready",
    "against": "",
    "helped": "",
    "since": BEGAN.isoformat(),
    "fix": "Go back",
}


def minute(number: int) -> datetime:
    return BEGAN + timedelta(minutes=number)


def alert(name: str = "KubePodNotReady", **more: str) -> Alert:
    return Alert(
        id=1,
        fingerprint="f",
        name=name,
        severity="warning",
        labels=more,
        annotations={},
        started_at=BEGAN,
        received_at=BEGAN,
        seen_at=BEGAN,
        state="resolved",
        group_key="g",
        resolved_at=minute(12),
    )


def told(
    title: str = TITLE, name: str = "KubePodNotReady", said: str = "on it", check: str = "kubectl get pods"
) -> Told:
    lines = (
        TimelineEntry(1, minute(0), "opened", title, {}),
        TimelineEntry(2, minute(0), "found", title, {**FOUND, "title": title}),
        TimelineEntry(3, minute(1), "acknowledged", "", {"by": str(LEAD)}),
        TimelineEntry(4, minute(12), "resolved", "Nothing of it fires any more.", {}),
    )
    incident = Incident(
        id="i0123456789",
        cause_key="image-pull|c|shop|Deployment|checkout",
        title=title,
        cluster="c",
        conversation="",
        state="closed",
        opened_at=BEGAN,
        seen_at=BEGAN,
        closed_at=minute(13),
        resolved_at=minute(12),
        acknowledged_by=str(LEAD),
        acknowledged_at=minute(1),
        summary="Go back: verified",
        timeline=lines,
    )
    made = replace(proposal(title="Go back", requester=LEAD), created_at=minute(3))
    run = Execution(
        "x1", made.id, "executor-1", ProposalState.finished, minute(5), minute(6), Outcome(0, "", False, True, "", 1.0)
    )
    decided = Decision(made.id, Person("slack", "T0", "U0SECOND0"), "approve", "", minute(4))
    record = ProposalRecord(made, "d" * 64, ProposalState.finished, (decided,), run)
    seen = observed("kubernetes", "pods", said or "seen", check=check)
    return Told(incident, (alert(name),), (record,), (Said(str(LEAD), said, minute(2)),), (seen,), "eu-prod-1")


def test_it_tells_what_happened_why_and_who_did_what() -> None:
    """In the order in which it happened, with everybody in it."""
    report = incident_report(told(), minute(14), "Europe/Berlin")

    assert [what for _, what, _ in happened(told())] == [
        "opened",
        "cause found",
        "acknowledged",
        f"{LEAD.id} said",
        "proposed",
        "approved",
        "run",
        "run over",
        "resolved",
    ]
    for line in (
        "- **Ended**: 2026-03-12 15:15:00 CET, after 12 min",
        "- **Acknowledged**: by U0LEAD000 after 60 s",
        "checkout cannot pull its image: 95% sure, found 2026-03-12 15:03:00 CET.",
        "- Impact: 3 of 6 pods of checkout ready",
        "  - approved by U0SECOND0 at 2026-03-12 15:07:00 CET",
        "- Since: 2026-03-12 15:03:00 CET",
        "| KubePodNotReady | warning | 2026-03-12 15:03:00 CET | 2026-03-12 15:15:00 CET |",
        "- on it: `kubectl get pods`",
    ):
        assert line in report


@settings(max_examples=25, phases=[Phase.explicit, Phase.generate])
@given(*[st.text(max_size=60) | st.text("#*_`|[]()<>!\\-+=1. \na", max_size=40)] * 4)
def test_strangers_words_stay_words(title: str, name: str, said: str, check: str) -> None:
    """No heading, link, picture, markup or table comes from a label, a message or a check."""
    shape = _shape(incident_report(told(title, name, said, f"-{check}"), minute(14), "UTC"))

    assert shape == PLAIN


def _shape(report: str) -> list[str]:
    """The kinds of elements in order; what is in them left out."""
    markdown = MarkdownIt("commonmark").enable("table")
    found = [token.type for token in markdown.parse(report)]
    inner = [
        t.type for token in markdown.parse(report) for t in token.children or () if t.type not in ("text", "softbreak")
    ]
    return [*found, *sorted(inner)]


PLAIN = _shape(incident_report(told(), minute(14), "UTC"))
