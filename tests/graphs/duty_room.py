"""Duty with a real store and a cluster of which tests say what a look would find; what is told is kept in order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from domain import job_kinds
from domain.alerts import Alert, HeardAlert
from domain.cards import Card, ClusterLabel, Facts, parts_of
from domain.cluster_state import ClusterState
from domain.evidence import observed
from domain.findings import Cause, Finding, Severity
from domain.levels import Level
from domain.messages import Message, Reply
from domain.objects import ObjectRef
from domain.people import Person, Role
from graphs.assist import Assist
from graphs.desk import Desk
from graphs.duty import Duty
from graphs.focus import Focus
from graphs.incident_acts import IncidentActs
from graphs.unasked import Found, UnaskedLooks
from graphs.understanding import Names
from graphs.words.answer import Answer
from policy.alerting import AlertPolicy
from policy.routing import OWNER, Route
from store.incident_record import Incident
from store.record import Store

CLUSTER = "cluster-uid"
LABEL = ClusterLabel("eu-prod-1", "production", production=True)
OPS = "slack:T0:C0OPS000"
NOW = datetime(2026, 3, 12, 14, 3, tzinfo=UTC)
ONCALL, LEAD, GUEST = (Person("slack", "T0", name) for name in ("U0ONCALL0", "U0LEAD000", "U0GUEST00"))


def cause(name: str = "checkout", code: str = "image-pull", confidence: float = 0.95) -> Cause:
    ref = ObjectRef(CLUSTER, "shop", "Deployment", name)
    seen = observed("kubernetes", f"pods of {name}", "2 pods cannot pull", check="kubectl get pods", objects=(ref,))
    title = f"{name} cannot pull its image: there is no such tag"
    return Cause(Finding(code, Severity.critical, ref, title, (seen,), NOW), confidence)


class MadeUpKube:
    context = "eu-prod-1"
    owners: dict[str, str]

    def __init__(self) -> None:
        self.owners = {}

    async def get(self, path: str, *, seconds: float) -> Any:
        return {"metadata": {"annotations": {OWNER: self.owners.get(path.rpartition("/")[2], "")}}}


@dataclass
class MadeUpDesk:
    """What duty uses of a desk."""

    store: Store
    kube: MadeUpKube = field(default_factory=MadeUpKube)
    cluster: str = CLUSTER
    label: ClusterLabel = LABEL
    highest: Level = Level.script
    look_seconds: float = 1.0
    alertmanager: None = None
    now: datetime = NOW

    def clock(self) -> datetime:
        return self.now

    async def names(self) -> Names:
        workloads = {("shop", name) for name in ("checkout", "cart", "orders", "search", "mail", "stock", "web")}
        return Names(frozenset({"shop"}), frozenset(workloads))

    async def role_of(self, person: Person) -> Role:
        return await self.store.identities.role_of(person)

    def label_for(self, message: Message) -> ClusterLabel:
        return self.label

    def label_of(self, person: Person) -> ClusterLabel:
        return self.label


@dataclass
class MadeUpAssist:
    begun: dict[str, Focus] = field(default_factory=dict)

    async def begin(self, conversation: str, focus: Focus) -> None:
        self.begun[conversation] = focus


@dataclass
class MadeUpLooks:
    """What each look finds: the cause of that name, nothing, or that it cannot look."""

    causes: dict[str, Cause] = field(default_factory=dict)
    blind: str = ""
    looked: list[str] = field(default_factory=list)

    async def look(self, alerts: Sequence[Alert], focus: Focus) -> Found:
        self.looked.append(focus.service)
        if self.blind:
            return Found(blind=self.blind)
        found = self.causes.get(focus.service)
        state = ClusterState(CLUSTER, "eu-prod-1", NOW, {}, {})
        answer = Answer((found,) if found else (), found.finding.evidence if found else (), state)
        return Found(found, answer)


@dataclass
class Room:
    store: Store
    desk: MadeUpDesk
    assist: MadeUpAssist
    looks: MadeUpLooks
    duty: Duty
    acts: IncidentActs
    told: list[tuple[str, Reply]] = field(default_factory=list)
    """By conversation, in the order in which it is said; the same key is said once."""

    async def hears(self, *alerts: HeardAlert) -> None:
        """They come, and everything that follows from it is done."""
        await self.store.alerts.receive(alerts, "webhook/test", cluster=CLUSTER)
        await self.works()

    async def works(self) -> None:
        kinds = (job_kinds.alerts(CLUSTER), job_kinds.incident(CLUSTER))
        while job := await self.store.jobs.claim("test", 30, kinds):
            if job.kind == kinds[0]:
                await self.duty.attend(job.payload["group"])
            else:
                await self.its_time_has_come(**job.payload)
            await self.store.jobs.finish(job)

    async def its_time_has_come(self, **payload: str) -> None:
        async for reply in self.duty.its_time_has_come(payload):
            if reply.key not in {said.key for _, said in self.told}:
                self.told.append((payload["conversation"], reply))

    async def says(self, text: str, by: Person = ONCALL, where: str = "slack:T0:C0OTHER0:1") -> list[Card]:
        """What the person hears at once; what the incident's own thread hears is in `told`."""
        message = Message(f"m{len(self.told)}:{text}", by, where, text, self.desk.now)
        act = await self.acts.meant(message)
        assert act is not None, f"{text!r} is no act here"
        cards = [reply.card async for reply in self.acts.do(message, act)]
        await self.works()
        return cards

    async def incidents(self) -> list[Incident]:
        """All of them with their timelines, oldest first."""
        found = [await self.store.incidents.get(one.id) for one in await self.store.incidents.list()]
        return sorted((one for one in found if one is not None), key=lambda one: one.opened_at)

    async def incident(self) -> Incident:
        (only,) = await self.incidents()
        return only

    def rows(self) -> dict[str, str]:
        """The facts of the message as it stands now."""
        shown = [said.card for where, said in self.told if where.rpartition("@")[2] in (said.key, said.replaces)]
        return {
            name: value for part in parts_of(shown[-1], Facts) if isinstance(part, Facts) for name, value in part.rows
        }

    def posts(self) -> list[str]:
        """Titles of what stands in channels, as it stands now."""
        shown: dict[str, str] = {}
        for where, reply in self.told:
            first = where.rpartition("@")[2]
            if first in (reply.key, reply.replaces):
                shown[first] = reply.card.title
        return list(shown.values())

    def thread(self) -> list[str]:
        """Titles of what was said below."""
        return [r.card.title for where, r in self.told if where.rpartition("@")[2] not in (r.key, r.replaces)]


def alert(service: str = "checkout", name: str = "KubePodNotReady", minute: int = 0, **more: Any) -> HeardAlert:
    labels = {"alertname": name, "namespace": "shop", "service": service, **more.pop("labels", {})}
    severity = more.pop("severity", "warning")
    return HeardAlert(
        fingerprint=f"{name}-{service}",
        name=name,
        labels={**labels, "severity": severity},
        started_at=datetime.now(UTC) + timedelta(minutes=minute - 20),
        firing=more.pop("firing", True),
        group=more.pop("group", f"{name} {service}"),
        annotations={"summary": f"{service} is not ready"},
        severity=severity,
        **more,
    )


def over(heard: HeardAlert, minute: int) -> HeardAlert:
    """The same alert, resolved so many minutes after it began."""
    ended = heard.started_at + timedelta(minutes=minute)
    fields = {name: getattr(heard, name) for name in heard.__slots__}
    return HeardAlert(**{**fields, "firing": False, "ended_at": ended})


async def open_room(folder: Path, *routes: Route, **policy: Any) -> Room:
    store = await Store.open(f"sqlite+aiosqlite:///{folder / 'store' / 'hilda.db'}", folder / "keys" / "audit.key")
    for person, role in ((ONCALL, Role.operator), (LEAD, Role.operator), (GUEST, Role.viewer)):
        await store.identities.bind(person, role, "test")
    desk, assist, looks = MadeUpDesk(store, now=datetime.now(UTC)), MadeUpAssist(), MadeUpLooks()
    duty = Duty(
        cast("Desk", desk),
        cast("Assist", assist),
        cast("UnaskedLooks", looks),
        AlertPolicy(**policy),
        routes or (Route((OPS,)),),
    )
    return Room(store, desk, assist, looks, duty, IncidentActs(cast("Desk", desk)))
