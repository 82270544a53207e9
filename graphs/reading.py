"""Questions that one look answers: logs, lists, metrics, status, changes, what is visible, help, small talk."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from domain.cards import Card, Code, Facts, Part, Sources, Table, Text, Tone, card
from domain.cluster_state import ClusterState
from domain.errors import ToolFailed
from domain.evidence import observed
from domain.messages import Message
from domain.plain_json import Json, dig
from graphs import reports
from graphs.desk import Desk
from graphs.diagnosis import look_around
from graphs.focus import Focus
from graphs.understanding import Intent, Understanding
from graphs.words import small, tables, times
from graphs.words.incident import who
from tools.kubernetes.changes import recent_changes
from tools.kubernetes.kinds import KINDS
from tools.kubernetes.logs import read_logs
from tools.kubernetes.state import read_state
from tools.prometheus.questions import What, answer_metric_question

_MOST_PODS = 6
_MOST_ROWS = 40
_CHANGES_SINCE = timedelta(hours=24)


async def answer(desk: Desk, message: Message, understood: Understanding, focus: Focus) -> tuple[Card, ...]:
    """The cards that answer."""
    label = desk.label_for(message)
    if understood.unknown_name:
        names = await desk.names()
        known = sorted({name for _, name in names.workloads} if understood.intent is Intent.logs else names.namespaces)
        return (small.unknown_name(label, understood.unknown_name, understood.did_you_mean, known),)
    match understood.intent:
        case Intent.logs:
            return (await _logs(desk, message, understood, focus),)
        case Intent.listing:
            return (await _list(desk, message, understood.what, focus),)
        case Intent.metric:
            return (await _metric(desk, message, understood, focus),)
        case Intent.status:
            return (await _status(desk, message, focus),)
        case Intent.changes:
            return (await _changes(desk, message, focus),)
        case Intent.see:
            return (await _visible(desk, message),)
        case Intent.incidents:
            return (await _incidents(desk, message),)
        case Intent.report:
            return await reports.answer(desk, message)
        case Intent.runbook:
            return (await _runbooks(desk, message, understood),)
        case Intent.help:
            return (small.help_card(label, desk.highest),)
        case Intent.smalltalk:
            return (small.greeting(label, message.text),)
        case Intent.stop:
            return (small.nothing_to_stop(label),)
        case _:
            return (small.declined(label),)


async def _logs(desk: Desk, message: Message, understood: Understanding, focus: Focus) -> Card:
    label = desk.label_for(message)
    if not focus.service:
        return card("Whose logs?", Text("Name a service: `logs of checkout`."), tone="question", cluster=label)
    look = desk.look_for(message, (focus.namespace,))
    pods = await pods_of(desk, message, focus.namespace, focus.service)
    if not pods:
        return card(f"{focus.service} has no pods", Text("So there are no logs to read."), cluster=label)
    # The pods in most trouble first: theirs is the log that people ask for.
    pods.sort(key=lambda pod: (_ready(pod), -_restarts(pod), pod["metadata"]["name"]))
    names = [pod["metadata"]["name"] for pod in pods[:_MOST_PODS]]
    previous = understood.previous
    try:
        found = await read_logs(desk.kube, look, focus.namespace, names, previous=previous, lines=40)
    except ToolFailed as failed:
        return small.could_not_look(label, str(failed))
    parts = [Code(item.sample or "(empty)", "text", label=item.summary) for item in found]
    which = "previous " if previous else ""
    more = (Text(f"{len(pods) - len(names)} more pods were left out."),) if len(pods) > len(names) else ()
    title = f"The {which}logs of {focus.service}"
    return card(title, *parts, *more, Sources(tuple(found)), cluster=label)


async def pods_of(desk: Desk, message: Message, namespace: str, service: str) -> list[Json]:
    """The pods of a workload or behind a Service, by selector; a pod's own name means that pod."""
    look = desk.look_for(message, (namespace,))
    state = await read_state(
        desk.kube, look, kinds=("Pod", "Deployment", "StatefulSet", "DaemonSet", "Service", "Namespace")
    )
    wanted: dict[str, str] = {}
    for kind in ("Deployment", "StatefulSet", "DaemonSet", "Service"):
        if found := state.get(kind, namespace, service):
            selector = dig(found, "spec", "selector", default={})
            wanted = selector if kind == "Service" else dig(selector, "matchLabels", default={})
            break
    if not wanted:
        return [pod for pod in state.of("Pod", namespace) if pod["metadata"]["name"].startswith(service)]
    return [
        pod
        for pod in state.of("Pod", namespace)
        if wanted.items() <= dig(pod, "metadata", "labels", default={}).items()
    ]


async def _list(desk: Desk, message: Message, kind: str, focus: Focus) -> Card:
    namespaces = (focus.namespace,) if focus.namespace and KINDS[kind].namespaced else None
    state = await read_state(desk.kube, desk.look_for(message, namespaces), kinds=(kind, "Namespace"))
    label = desk.label_for(message)
    if state.coverage.get(kind) != "read":
        return small.could_not_look(label, " ".join(state.notes) or f"{KINDS[kind].plural} could not be read.")
    items = list(state.of(kind))
    where = f"in {focus.namespace}" if namespaces else "in all namespaces"
    plural = KINDS[kind].plural
    if not items:
        return card(f"There are no {plural} {where}", cluster=label)
    table = tables.of(kind, items, state.now, with_namespace=namespaces is None)
    shown = Table(table.columns, table.rows[:_MOST_ROWS], caption=_rest(len(table.rows)))
    flag = f"-n {focus.namespace}" if namespaces else "-A" if KINDS[kind].namespaced else ""
    check = f"kubectl --context {desk.kube.context} get {plural} {flag}".strip()
    source = observed("kubernetes", f"list {plural} {flag}", f"{len(items)} {plural}", check=check)
    return card(f"{len(items)} {plural} {where}", shown, Sources((source,)), cluster=label)


async def _metric(desk: Desk, message: Message, understood: Understanding, focus: Focus) -> Card:
    label = desk.label_for(message)
    if desk.metrics is None:
        return small.could_not_look(
            label, "No Prometheus is set, so I have no metrics. Set PROMETHEUS_URL to its address and ask again."
        )
    now = desk.clock()
    hours = max((now - understood.window.start).total_seconds() / 3600, 0.05) if understood.window else 1.0
    namespaces = (focus.namespace,) if focus.namespace else tuple(sorted((await desk.names()).namespaces))
    look = desk.look_for(message, namespaces)
    table, chart, evidence = await answer_metric_question(
        desk.metrics, look, cast("What", understood.what), namespaces, service=focus.service or None, hours=hours
    )
    of = focus.service or (f"all services in {focus.namespace}" if focus.namespace else "all services")
    title = f"{understood.what.upper() if understood.what == 'cpu' else understood.what.capitalize()} of {of}"
    return card(title, table, chart, Sources(tuple(evidence)), cluster=label)


async def _status(desk: Desk, message: Message, focus: Focus) -> Card:
    label = desk.label_for(message)
    seen = await look_around(desk, message, focus)
    state = seen.state
    rows = [
        (f"{kind} {item['metadata']['name']}", tables.summary(kind, item))
        for kind in ("Deployment", "StatefulSet", "DaemonSet", "Service")
        for item in state.of(kind, focus.namespace or None)
        if not focus.service or item["metadata"]["name"] == focus.service
    ]
    causes = seen.causes
    rows += [("Trouble", cause.finding.title) for cause in causes]
    name = focus.service or focus.namespace or "the cluster"
    title = f"{name} looks healthy"
    if causes:
        worst = causes[0].finding.title
        title = worst if worst.startswith(f"{name} ") else f"{name}: {worst}"
    evidence = tuple(item for cause in causes for item in cause.finding.evidence)[:4]
    tone: Tone = "warning" if causes else "good"
    parts: list[Part] = [Facts(tuple(rows[:30])), *([Sources(evidence)] if evidence else [])]
    return card(title, *parts, tone=tone, cluster=label)


async def _changes(desk: Desk, message: Message, focus: Focus) -> Card:
    label, now = desk.label_for(message), desk.clock()
    namespaces = (focus.namespace,) if focus.namespace else None
    state = await read_state(desk.kube, desk.look_for(message, namespaces))
    since = now - focus.window.start if focus.window else _CHANGES_SINCE
    found = [
        change
        for change in recent_changes(state, since)
        if not focus.service or focus.service in str(change.object) or focus.service in change.what
    ]
    about = f" of {focus.service}" if focus.service else f" in {focus.namespace}" if focus.namespace else ""
    if not found:
        return card(f"Nothing{about} changed in the last {times.length(since)} that I can see", cluster=label)
    rows = tuple((times.since(c.at, now, message.zone), str(c.object), c.what, c.detail) for c in found[:12])
    sources = Sources(tuple(change.evidence for change in found[:6]))
    return card(f"What changed{about}", Table(("When", "Where", "What", "Detail"), rows), sources, cluster=label)


async def _visible(desk: Desk, message: Message) -> Card:
    label = desk.label_for(message)
    state, metrics = await asyncio.gather(read_state(desk.kube, desk.look_for(message)), _metrics_status(desk))
    rows = [(KINDS[kind].plural, _coverage(state, kind)) for kind in state.objects]
    rows.append(("metrics", metrics))
    rows.append(("runbooks", f"{len(desk.runbooks)} executable"))
    rows.append(("language model", desk.model.name if desk.model else "none; I answer without one"))
    rows.append(("may climb to", f"level {desk.highest.value}, {desk.highest.title}"))
    notes = (Text("\n".join(f"- {note}" for note in state.notes)),) if state.notes else ()
    return card("What I can see here", Facts(tuple(rows)), *notes, cluster=label)


async def _metrics_status(desk: Desk) -> str:
    if desk.metrics is None:
        return "none; set PROMETHEUS_URL"
    try:
        return f"{len(await desk.metrics.names())} metric names at {desk.metrics.url}"
    except ToolFailed as failed:
        return f"not now: {failed}"


def _coverage(state: ClusterState, kind: str) -> str:
    coverage = state.coverage[kind]
    return f"{len(state.objects[kind])} read" if coverage == "read" else coverage


async def _incidents(desk: Desk, message: Message) -> Card:
    label, now = desk.label_for(message), desk.clock()
    found = [i for i in await desk.store.incidents.list(most=50) if i.cluster == desk.cluster][:12]
    if not found:
        return card("No incidents yet", Text("One opens with an alert, or at level 2, the checklist."), cluster=label)
    rows = tuple(
        (
            i.id,
            i.state,
            i.severity,
            who(i.owner or i.acknowledged_by),
            i.title,
            times.since(i.opened_at, now, message.zone),
        )
        for i in found
    )
    return card("Incidents", Table(("Id", "State", "Severity", "Whose", "What", "Opened"), rows), cluster=label)


async def _runbooks(desk: Desk, message: Message, understood: Understanding) -> Card:
    label = desk.label_for(message)
    search = await desk.search()
    hits = await asyncio.to_thread(search.search, message.text[:1000], 3)
    if not hits:
        return card(
            "No runbook fits that",
            Text("None of mine is close enough to be worth your time. Ask me **what is wrong?** and I look myself."),
            tone="question",
            cluster=label,
        )
    texts = [Text(f"**{hit.title}**\n\n{hit.excerpt}") for hit in hits]
    return card("Runbooks that may help", *texts, cluster=label)


def _rest(total: int) -> str:
    return f"The first {_MOST_ROWS} of {total}." if total > _MOST_ROWS else ""


def _ready(pod: Json) -> bool:
    conditions: Sequence[Json] = dig(pod, "status", "conditions", default=[])
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)


def _restarts(pod: Json) -> int:
    return sum(int(status.get("restartCount", 0)) for status in dig(pod, "status", "containerStatuses", default=[]))
