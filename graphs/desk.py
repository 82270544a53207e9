"""What a workflow is given to work with: eyes, memory, knowledge, perhaps a model. Nothing here can act."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from domain.cards import ClusterLabel
from domain.errors import ToolFailed
from domain.levels import Level
from domain.look import Look
from domain.messages import Message
from domain.objects import Scope
from domain.people import Person, Role
from domain.plain_json import Json, dig
from graphs.chat_model import ChatModel
from graphs.understanding import Names
from runbooks.document import Runbook
from runbooks.search import RunbookSearch
from store.record import Store
from tools.alertmanager.connection import Alertmanager
from tools.kubernetes.client import KubeClient
from tools.kubernetes.failures import TookTooLong
from tools.prometheus.source import MetricsSource

_NAMED_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Service")
_NAMES_KEPT = timedelta(seconds=20)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Desk:
    """One cluster's eyes and everything around them; made once in bot/app.py."""

    kube: KubeClient
    store: Store
    runbooks: tuple[Runbook, ...]
    open_search: Callable[[], RunbookSearch]
    kubectl: str
    label: ClusterLabel
    cluster: str
    """uid of kube-system."""
    highest: Level
    metrics: MetricsSource | None = None
    alertmanager: Alertmanager | None = None
    model: ChatModel | None = None
    guest_role: Role = Role.viewer
    """Of people nobody bound: at a terminal they look with their own kubeconfig and see what they could anyway."""
    standing: dict[str, Callable[[Person, Role], Awaitable[Role]]] = field(default_factory=dict)
    """By platform: what a door makes of a person's role, which knows guests, strangers and closed accounts."""
    look_seconds: float = 5.0
    proposal_minutes: int = 30
    run_seconds: int = 300
    clock: Callable[[], datetime] = utc_now
    _names: tuple[datetime, Names] | None = field(default=None, repr=False)
    _search: RunbookSearch | None = field(default=None, repr=False)

    def look_for(self, message: Message, namespaces: tuple[str, ...] | None = None) -> Look:
        """The asker's look at this cluster, or at some of its namespaces."""
        scope = Scope(self.kube.context, namespaces)
        return Look(asker=message.author, now=self.clock(), scope=scope, seconds=self.look_seconds)

    def label_for(self, message: Message) -> ClusterLabel:
        """The cluster's label with the made-up person shown, where someone speaks as one."""
        label = self.label
        return ClusterLabel(label.name, label.environment, label.production, message.practice_identity)

    def label_of(self, person: Person) -> ClusterLabel:
        """The same for a card about what somebody asked for earlier."""
        label = self.label
        made_up = person.id if person.platform == "practice" else ""
        return ClusterLabel(label.name, label.environment, label.production, made_up)

    async def role_of(self, person: Person) -> Role:
        """What a person may do; who was never bound is a guest of the door they came in by."""
        bound = await self.store.identities.role_of(person)
        standing = self.standing.get(person.platform)
        return await standing(person, bound) if standing else max(bound, self.guest_role)

    async def names(self) -> Names:
        """Names that exist now; kept for a moment, since every message asks. A kind that is too slow is left out."""
        now = self.clock()
        if self._names and now - self._names[0] < _NAMES_KEPT:
            return self._names[1]
        lists = await asyncio.gather(*(self._list(kind) for kind in ("Namespace", "Pod", *_NAMED_KINDS)))
        slow = [found for found in lists if isinstance(found, TookTooLong)]
        if len(slow) == len(lists):
            raise slow[0]
        namespaces, pods, *workloads = ([] if isinstance(found, TookTooLong) else found for found in lists)
        names = Names(
            namespaces=frozenset(item["metadata"]["name"] for item in namespaces),
            workloads=frozenset(_place(item) for found in workloads for item in found),
            pods=frozenset(_place(item) for item in pods),
            whole=not slow,
        )
        if names.whole:
            self._names = (now, names)
        return names

    async def search(self) -> RunbookSearch:
        """The runbook index, built at first need."""
        if self._search is None:
            self._search = await asyncio.to_thread(self.open_search)
        return self._search

    async def _list(self, kind: str) -> list[Json] | TookTooLong:
        """All of a kind that may be read; a kind that may not be read names nothing."""
        try:
            return await self.kube.items(kind, None, seconds=self.look_seconds)
        except TookTooLong as slow:
            return slow
        except ToolFailed as failed:
            if failed.status not in {403, 404}:
                raise
        try:
            return await self.kube.items(kind, self.kube.namespace, seconds=self.look_seconds)
        except ToolFailed:
            return []


def _place(item: Json) -> tuple[str, str]:
    return dig(item, "metadata", "namespace", default=""), item["metadata"]["name"]
