"""Looks, recalls and explains: from a question about trouble to everything that its answer is written from."""

import time
from dataclasses import dataclass
from datetime import timedelta

from domain.cards import Chart, Progress, ProgressState, Text
from domain.cluster_state import ClusterState
from domain.evidence import Evidence
from domain.findings import Cause, Finding
from domain.look import Look
from domain.messages import Message
from domain.scripts import Plan
from graphs.chat_model import ModelFailed
from graphs.climbing import plan_for, what_it_does
from graphs.desk import Desk
from graphs.focus import Focus
from graphs.model_words import ModelWords, words_for
from graphs.replying import Replies
from graphs.words import times
from graphs.words.answer import Answer, named
from graphs.words.turned import turned
from store.past_fixes import PastFix
from tools.checkup import Checkup, checkup
from tools.detectors.held import Held
from tools.kubernetes.changes import Change, recent_changes

_CHANGES_SINCE = timedelta(hours=24)
_BETWEEN_UPDATES = 0.4
"""Seconds; a card that changes faster than one can read helps nobody."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One look around, and what of it concerns the question."""

    checkup: Checkup
    causes: tuple[Cause, ...]
    past: tuple[Finding, ...]
    changes: tuple[Change, ...]

    @property
    def state(self) -> ClusterState:
        return self.checkup.state

    @property
    def charts(self) -> tuple[Chart, ...]:
        return tuple(self.checkup.signals.charts) if self.checkup.signals else ()

    @staticmethod
    def concerns(cause: Cause, service: str) -> bool:
        """Whether a cause is about this service: its object, its workload, or something that follows from it."""
        return not service or any(_about(finding, service) for finding in (cause.finding, *cause.consequences))


@dataclass(frozen=True, slots=True)
class Recalled:
    plan: Plan | None
    helped: tuple[PastFix, ...]


async def look_around(desk: Desk, message: Message, focus: Focus, *, looking: "Looking | None" = None) -> Seen:
    """Detectors and golden signals over what the conversation is about."""
    namespaces = (focus.namespace,) if focus.namespace else None
    base = desk.look_for(message, namespaces)
    look = Look(base.asker, base.now, base.scope, base.seconds, base.budget, focus.window)
    found = looking.found if looking else None
    held = await _held(desk, message.conversation, focus)
    done = await checkup(desk.kube, look, desk.metrics, on_progress=looking, on_findings=found, held=held)
    concerned = [cause for cause in done.causes if Seen.concerns(cause, focus.service)]
    # A follow-up goes on with what was explained, also where something else weighs more by now.
    concerned.sort(key=lambda cause: cause.key != focus.cause)
    past = tuple(
        finding
        for finding in done.findings
        if "recovered_at" in finding.facts and (not focus.service or _about(finding, focus.service))
    )
    since = base.now - focus.window.start + timedelta(minutes=30) if focus.window else _CHANGES_SINCE
    return Seen(done, tuple(concerned), _ordered(past), tuple(recent_changes(done.state, since)))


async def _held(desk: Desk, conversation: str, focus: Focus) -> Held | None:
    """What the conversation was told before, where a look of now may happen to miss it."""
    if not focus.held:
        return None
    evidence = await desk.store.conversations.evidence_of(conversation, focus.held["evidence"])
    return Held.from_json(focus.held, evidence) if evidence else None


async def recall(desk: Desk, cause: Cause) -> Recalled:
    """What a runbook would do about it, and what helped before."""
    ref = cause.finding.object
    helped = await desk.store.incidents.what_helped(cause.finding.code, ref.kind, ref.name, namespace=ref.namespace)
    return Recalled(plan_for(desk, cause), tuple(helped))


async def explain(
    desk: Desk, message: Message, seen: Seen, recalled: Recalled | None, focus: Focus, reply: Replies
) -> Answer:
    """Everything the answer says; in a model's words too, where there is a model and its words hold."""
    words, note = await _model_words(desk, message, seen, reply)
    window = f"({times.span(focus.window, desk.clock(), message.zone)})" if focus.window else ""
    return Answer(
        causes=seen.causes,
        evidence=seen.checkup.evidence,
        state=seen.state,
        past=seen.past,
        changes=tuple((change.at, _change(change)) for change in seen.changes),
        charts=seen.charts,
        notes=seen.checkup.notes,
        fix=what_it_does(recalled.plan) if recalled and recalled.plan else "",
        helped=recalled.helped if recalled else (),
        asked=focus.service,
        turned=turned(focus, seen.causes),
        looked_at=_looked_at(seen, focus),
        window=window,
        model=words,
        model_note=note,
    )


class Looking:
    """Progress while looking: one post, at most a few updates a second."""

    def __init__(self, reply: Replies) -> None:
        self._reply = reply
        self._shown_at = 0.0
        self._done: list[str] = []
        self._first: list[str] = []

    def __call__(self, what: str) -> None:
        self._done.append(what)
        now = time.monotonic()
        if now - self._shown_at > _BETWEEN_UPDATES:
            self._shown_at = now
            self.show()

    def found(self, findings: tuple[Finding, ...]) -> None:
        """The first evidence, before the metrics have been read: what the cluster itself shows, worst first."""
        worst = sorted(findings, key=lambda finding: -finding.severity)[:3]
        self._first = [f"- {finding.title} (`{finding.evidence[0].check}`)" for finding in worst if finding.evidence]
        if self._first:
            self.show()

    def show(self) -> None:
        recent: tuple[tuple[str, ProgressState], ...] = tuple((what, "done") for what in self._done[-3:])
        first = (Text("\n".join(["First evidence:", *self._first])),) if self._first else ()
        self._reply.progress("Looking", Progress((*recent, ("looking", "running"))), *first)


async def _model_words(desk: Desk, message: Message, seen: Seen, reply: Replies) -> tuple[ModelWords | None, str]:
    if desk.model is None:
        return None, ""
    evidence = _worth_reading(seen)
    if not evidence:
        return None, ""
    first = seen.causes[0].finding.title if seen.causes else "Nothing wrong that I can see"
    reply.progress("Explaining", Progress((("looked", "done"), ("asking the model for words", "running"))), Text(first))
    try:
        words = await words_for(desk.model, message.text, seen.causes, evidence, seen.checkup.notes, desk.clock())
    except ModelFailed as failed:
        return None, f"(Without the model: {failed}.)"
    return words, ""


def _worth_reading(seen: Seen) -> tuple[Evidence, ...]:
    """For a model: evidence of causes first, then of what is over, then the rest and the changes."""
    ordered: dict[str, Evidence] = {}
    for finding in (*(f for c in seen.causes for f in (c.finding, *c.consequences)), *seen.past):
        ordered.update((item.id, item) for item in finding.evidence)
    ordered.update((change.evidence.id, change.evidence) for change in seen.changes[:4])
    ordered.update((item.id, item) for item in seen.checkup.evidence)
    return tuple(ordered.values())


def _looked_at(seen: Seen, focus: Focus) -> str:
    where = f"namespace {focus.namespace}" if focus.namespace else "all namespaces I may read"
    counts = [
        f"{len(seen.state.objects.get(kind, ()))} {plural}"
        for kind, plural in (("Pod", "pods"), ("Deployment", "deployments"), ("Service", "services"), ("Node", "nodes"))
        if seen.state.can_tell(kind)
    ]
    metrics = ", and the golden signals in Prometheus" if seen.checkup.signals else ""
    return f"{', '.join(counts)} in {where}{metrics}"


def _change(change: Change) -> str:
    first, _, more = change.detail.partition(", ")
    detail = f" ({first}{', ...' if more else ''})" if first else ""
    return f"{change.object}: {change.what}{detail}"


def _about(finding: Finding, service: str) -> bool:
    return service in named(finding)


def _ordered(past: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(sorted(past, key=lambda finding: (-finding.severity, finding.facts["recovered_at"]), reverse=False))
