"""What happens when alerts come, and nobody asked.

    decide     announced, only looked into, or only kept (policy/alerting.py)
    look       what is behind them: the same look as for a question, where their labels point
    join       the incident of the cause that was found, or of the group of alerts where none was
    follow     what fires anew, what is over, what comes and goes
    announce   once per incident, where its labels, its owner and its severity say (policy/routing.py)

All of it changes only the record; graphs/telling.py says what became of it. A group is attended to by one worker at a
time, and safely again: every step looks at the record first.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain import job_kinds
from domain.alerts import Alert
from domain.conversations import below, incident_key
from domain.errors import ToolFailed
from domain.findings import Cause
from domain.messages import Reply
from domain.plain_json import Json, dig
from graphs import closing, telling
from graphs.alert_focus import focus_of
from graphs.alert_lines import lines_of
from graphs.assist import Assist
from graphs.desk import Desk
from graphs.focus import Focus
from graphs.found_out import begin, remember
from graphs.unasked import Found, UnaskedLooks
from graphs.understanding import Names
from graphs.words.incident import named_by
from policy.alerting import AlertPolicy, Decision, decide, flapping
from policy.routing import OWNER, Route, route
from policy.untrusted import clean
from store.incident_record import Incident
from store.work.alerts import MOST_OF_A_GROUP
from tools.kubernetes.kinds import KINDS

MOST_SUBJECTS = 4
"""Of the things that one group of alerts is about: so many are looked into one by one, the rest together."""


@dataclass
class Duty:
    desk: Desk
    assist: Assist
    looks: UnaskedLooks
    policy: AlertPolicy = field(default_factory=AlertPolicy)
    routes: tuple[Route, ...] = ()
    quiet: timedelta = timedelta(minutes=15)
    """How long nothing may fire before an incident that ended by itself is closed."""

    async def attend(self, group: str) -> None:
        """Something changed about a group of alerts."""
        alerts = await self.desk.store.alerts.group(group)
        decision = decide(alerts, self.policy, self.desk.clock())
        if decision.again_at:
            await self._again(group, decision.again_at)
        touched = dict.fromkeys(alert.incident for alert in alerts if alert.incident)
        if decision.act != "keep":
            fresh = [alert for alert in alerts if self._is_news(alert)]
            for focus, some in await self._subjects(fresh):
                touched[await self._join(group, focus, some, alerts, decision)] = None
            if fresh and len(alerts) >= MOST_OF_A_GROUP:
                await self._again(group, self.desk.clock())
        for incident_id in touched:
            await self._follow(incident_id)
            if decision.act == "announce":
                await self._announce(incident_id)
            await telling.later(self.desk, incident_id)

    async def its_time_has_come(self, payload: Json) -> AsyncIterator[Reply]:
        """The work of an incident (domain/job_kinds.py): say what is new of it, end a snooze, close what is quiet."""
        incident_id, store = payload["incident"], self.desk.store
        match payload["do"]:
            case "tell":
                async for reply in telling.tell(self.desk, incident_id, payload["conversation"], self.zone_of):
                    yield reply
            case "wake":
                if await store.incident_states.wake(incident_id, datetime.fromisoformat(payload["at"])):
                    await telling.later(self.desk, incident_id)
            case "settle":
                incident = await store.incidents.get(incident_id)
                since = incident.resolved_at if incident and incident.state == "resolved" else None
                if since and since.isoformat() == payload["at"]:
                    await closing.close(self.desk, incident_id, "nothing has fired since")

    def zone_of(self, conversation: str) -> str:
        """That of the route by which it was announced there."""
        return next((r.zone for r in self.routes if any(conversation.startswith(f"{to}:") for to in r.to)), "UTC")

    def _is_news(self, alert: Alert) -> bool:
        return alert.firing and not (alert.incident or alert.suppressed or self.policy.ignores(alert))

    async def _subjects(self, alerts: Sequence[Alert]) -> list[tuple[Focus, list[Alert]]]:
        """The alerts by what they are about."""
        if not alerts:
            return []
        names = await self._names()
        found: dict[tuple[str, str], list[Alert]] = {}
        for alert in alerts:
            about = focus_of([alert], names)
            found.setdefault((about.namespace, about.service), []).append(alert)
        subjects = [(focus_of(some, names), some) for some in found.values()]
        rest = [alert for _, some in subjects[MOST_SUBJECTS:] for alert in some]
        return [*subjects[:MOST_SUBJECTS], *([(focus_of(rest, names), rest)] if rest else [])]

    async def _names(self) -> Names:
        try:
            return await self.desk.names()
        except ToolFailed:
            return Names()

    async def _join(
        self, group: str, focus: Focus, some: list[Alert], all_: Sequence[Alert], decision: Decision
    ) -> str:
        """The id of the incident that these alerts belong to from now on."""
        incident = await self._incident_of(some, all_)
        if incident is None or incident.cause_key.startswith("alerts|"):
            found = await self._look(some, focus, decision)
            incident = await self._opened(group, focus, some, found, incident)
            somewhere = route(self.routes, [alert.labels for alert in some], decision.severity, "")
            zone = somewhere.zone if somewhere else "UTC"
            await self.desk.store.incident_states.raise_severity(incident.id, decision.severity)
            await remember(self.desk, incident.id, focus, found, zone)
            for conversation in incident.announced:
                await begin(self.desk, self.assist, conversation, incident.id)
        for key, text, told in lines_of(some):
            await self.desk.store.incidents.add(incident.id, "fired", text, told, key=key)
        # Last: what belongs to an incident is no news any more, should this be done again.
        await self.desk.store.alerts.bind([alert.id for alert in some], incident.id)
        return incident.id

    async def _incident_of(self, some: Sequence[Alert], all_: Sequence[Alert]) -> Incident | None:
        """The living incident of earlier alerts of the group that are about the same."""
        about = {_about(alert) for alert in some}
        for incident_id in dict.fromkeys(a.incident for a in all_ if a.incident and _about(a) in about):
            incident = await self.desk.store.incidents.get(incident_id)
            if incident is not None and incident.alive:
                return incident
        return None

    async def _look(self, some: Sequence[Alert], focus: Focus, decision: Decision) -> Found:
        if decision.elsewhere:
            return Found(blind=f"it is about another cluster, {clean(decision.elsewhere, cap=80)}, that I cannot see.")
        if not decision.look:
            return Found(blind=f"alerts of this severity ({decision.severity.name}) are not looked into by themselves.")
        return await self.looks.look(some, focus)

    async def _opened(
        self, group: str, focus: Focus, some: Sequence[Alert], found: Found, before: Incident | None
    ) -> Incident:
        """One per cause, or per group where no cause was found; what had none may have found one now."""
        incidents, states = self.desk.store.incidents, self.desk.store.incident_states
        if found.cause is None:
            if before is not None:
                return before
            name = f"{focus.service or 'everything'} in {group}".replace("|", "/")
            key = f"alerts|{self.desk.cluster}|{focus.namespace}|AlertGroup|{name}"
            return await incidents.open_or_join(key, named_by(some), self.desk.cluster, f"alerts:{group}")
        cause: Cause = found.cause
        if before is not None:
            await states.found_cause(before.id, cause.key, cause.finding.title)
        incident = await incidents.open_or_join(cause.key, cause.finding.title, self.desk.cluster, f"alerts:{group}")
        if before is not None and before.id != incident.id:
            await states.merge(before.id, incident.id, "hilda")
            await telling.later(self.desk, before.id)
        return incident

    async def _follow(self, incident_id: str) -> None:
        """Whether it fires at all, and how often it has begun to."""
        store, now = self.desk.store, self.desk.clock()
        incident, alerts = await store.incidents.get(incident_id), await store.alerts.of_incident(incident_id)
        if incident is None or not incident.alive or not alerts:
            return
        firing = [alert for alert in alerts if alert.firing]
        if firing:
            await store.incident_states.raise_severity(incident_id, self.policy.severity_of(firing))
            starts = await store.alerts.starts({alert.fingerprint for alert in firing}, self.policy.flapping_within)
            often = max((flapping(each, self.policy, now) for each in starts.values()), default=0)
            again = f"{', '.join(dict.fromkeys(clean(alert.name, cap=80) for alert in firing))} fires again"
            await store.incident_states.reopen(incident_id, again, {"flaps": often} if often else {})
            await self._hushed(incident, firing)
            return
        since = max(alert.resolved_at or alert.seen_at for alert in alerts)
        mended = closing.mended_since_it_fired(incident)
        text = f"{mended['why']}. Nothing of it fires any more." if mended else "Nothing of it fires any more."
        if not await store.incident_states.resolve(incident_id, since, text):
            return
        if mended:
            await closing.close(self.desk, incident_id, mended["why"])
            return
        payload = {"incident": incident_id, "do": "settle", "at": since.isoformat()}
        key = f"settle:{incident_id}:{since.isoformat()}"
        kind, seconds = job_kinds.incident(self.desk.cluster), self.quiet.total_seconds()
        await store.jobs.put(key, kind, payload, delay_seconds=seconds)

    async def _hushed(self, incident: Incident, firing: Sequence[Alert]) -> None:
        """All that fires is silenced or inhibited, or no longer: whoever wonders why it is quiet is told."""
        marks = [line.kind for line in incident.timeline if line.kind in ("hushed", "audible")]
        was, now = marks[-1:] == ["hushed"], all(alert.suppressed for alert in firing)
        if was != now:
            kind, text = ("hushed", firing[0].suppressed) if now else ("audible", "It is told again when it fires.")
            await self.desk.store.incidents.add(incident.id, kind, text, key=f"{kind}:{len(marks)}")

    async def _announce(self, incident_id: str) -> None:
        """Once; where nobody is to be told it stays in the record alone."""
        store = self.desk.store
        incident, alerts = await store.incidents.get(incident_id), await store.alerts.of_incident(incident_id)
        firing = [alert for alert in alerts if alert.firing]
        if incident is None or not incident.alive or incident.announced or not firing:
            return
        labels = [{**alert.labels, "namespace": alert.namespace} for alert in firing]
        owner = await self._owner_of(next((a.namespace for a in firing if a.namespace), ""))
        severity = self.policy.severity_of(firing)
        found = route(self.routes, labels, severity, owner)
        if found is None:
            return
        places = enumerate(dict.fromkeys(found.to))
        conversations = tuple(below(place, incident_key(incident_id, number)) for number, place in places)
        for conversation in await store.storms.announce(incident_id, conversations, severity):
            await begin(self.desk, self.assist, conversation, incident_id)

    async def _owner_of(self, namespace: str) -> str:
        """Whose namespace it is, as its annotation says; "" where it says nothing or cannot be read."""
        if not namespace:
            return ""
        try:
            path = KINDS["Namespace"].path(None, namespace)
            item = await self.desk.kube.get(path, seconds=self.desk.look_seconds)
        except ToolFailed:
            return ""
        return str(dig(item, "metadata", "annotations", OWNER, default=""))

    async def _again(self, group: str, at: datetime) -> None:
        """Decide anew when what holds it back ends."""
        seconds = max((at - self.desk.clock()).total_seconds(), 0)
        key = f"alerts:{group}:again:{at.isoformat()}"
        kind = job_kinds.alerts(self.desk.cluster)
        await self.desk.store.jobs.put(key, kind, {"group": group}, delay_seconds=seconds)


def _about(alert: Alert) -> tuple[str, ...]:
    """What tells alerts of one group apart that are about different things, whether or not those exist."""
    labels = alert.labels
    return (alert.namespace, *(labels.get(name, "") for name in ("deployment", "statefulset", "service", "node")))
