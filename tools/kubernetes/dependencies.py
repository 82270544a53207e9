"""Who calls whom: the Services that a workload's settings, or its complaints in a log, name as hosts."""

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from domain.cluster_state import ClusterState
from domain.objects import ObjectRef
from domain.plain_json import Json, dig
from tools.kubernetes.complaints import complaints
from tools.kubernetes.references import references
from tools.kubernetes.relations import Relations

_LONGEST = 64 * 1024
_FARTHEST = 5
"""Calls between two services that one may still be blamed for the other's trouble."""
_HOST = re.compile(
    r"(?:^|://|@|[\s,=\"'(\[])([a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*)\.?(?=:\d|/|$|[\s,;\"')\]])",
    re.MULTILINE,
)
"""What stands like a host: alone, in a URL, or in a list of addresses."""
_HOST_IN_LOG = re.compile(
    r"(?:://|@|(?<![\w.-]))([a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*)(?=:\d|\.svc\b|/)"
)


class Dependencies:
    """Built once per state."""

    @classmethod
    def over(cls, state: ClusterState) -> "Dependencies":
        known = state.__dict__.get("_dependencies")
        if not isinstance(known, cls):
            known = cls(Relations.over(state))
            state.__dict__["_dependencies"] = known
        return known

    def __init__(self, relations: Relations) -> None:
        self._relations = relations
        self._services = {
            (item["metadata"].get("namespace", ""), item["metadata"]["name"]) for item in relations.state.of("Service")
        }
        self._called: dict[ObjectRef, tuple[ObjectRef, ...]] = {}
        self._behind: dict[ObjectRef, tuple[ObjectRef, ...]] = {}
        self._reached: dict[ObjectRef, Mapping[ObjectRef, tuple[ObjectRef, ...]]] = {}
        self._log_hosts: Mapping[tuple[str, str], set[str]] | None = None

    def called_by(self, workload: ObjectRef) -> tuple[ObjectRef, ...]:
        """The Services that a workload calls."""
        if workload not in self._called:
            found = {
                service: None
                for host in self._hosts(workload)
                if (service := self._service(host, workload.namespace)) and workload not in self.behind(service)
            }
            self._called[workload] = tuple(found)
        return self._called[workload]

    def behind(self, service: ObjectRef) -> tuple[ObjectRef, ...]:
        """The workloads that a Service sends to, or would if they had pods."""
        if service not in self._behind:
            item = self._relations.get("Service", service.namespace, service.name)
            selector = dig(item, "spec", "selector", default={})
            pods = self._relations.selected(service.namespace, selector)
            owners = dict.fromkeys(self._relations.owner(pod) for pod in pods)
            if not owners and selector:
                # Nothing runs, or the selector is wrong: what has the Service's name is what is meant.
                named = (
                    ObjectRef(service.cluster, service.namespace, kind, service.name)
                    for kind in ("Deployment", "StatefulSet", "DaemonSet")
                    if self._relations.get(kind, service.namespace, service.name)
                )
                owners = dict.fromkeys(named)
            self._behind[service] = tuple(owners)
        return self._behind[service]

    def path(self, caller: ObjectRef, to: ObjectRef) -> tuple[ObjectRef, ...]:
        """The Services on the way from a workload to a Service or a workload, the last one included; () where none."""
        return self._reach(caller).get(to, ())

    def _reach(self, caller: ObjectRef) -> Mapping[ObjectRef, tuple[ObjectRef, ...]]:
        """Everything that a workload depends on, each with the shortest way there."""
        if caller in self._reached:
            return self._reached[caller]
        found: dict[ObjectRef, tuple[ObjectRef, ...]] = {}
        waiting: deque[tuple[ObjectRef, tuple[ObjectRef, ...]]] = deque([(caller, ())])
        while waiting:
            workload, way = waiting.popleft()
            if len(way) >= _FARTHEST:
                continue
            for service in self.called_by(workload):
                further = (*way, service)
                found.setdefault(service, further)
                for behind in self.behind(service):
                    if behind not in found and behind != caller:
                        found[behind] = further
                        waiting.append((behind, further))
        self._reached[caller] = found
        return found

    def _hosts(self, workload: ObjectRef) -> Iterator[str]:
        template = self._relations.workload(workload).template
        for text in settings(self._relations, workload.namespace, template):
            yield from _HOST.findall(text[:_LONGEST])
        yield from self._from_logs.get((workload.namespace, workload.name), ())

    @property
    def _from_logs(self) -> Mapping[tuple[str, str], set[str]]:
        """Hosts that complaints name, by the workload that complains."""
        if self._log_hosts is None:
            hosts: dict[tuple[str, str], set[str]] = defaultdict(set)
            for key, text in self._relations.state.logs.items():
                pod = self._relations.get("Pod", key.namespace, key.pod)
                owner = self._relations.owner(pod) if pod else None
                if owner is not None:
                    said = "\n".join(complaints(text, most=40))
                    hosts[owner.namespace, owner.name].update(_HOST_IN_LOG.findall(said))
            self._log_hosts = hosts
        return self._log_hosts

    def _service(self, host: str, namespace: str) -> ObjectRef | None:
        """`db`, `db.shop`, `db.shop.svc`, `db.shop.svc.cluster.local`; None where no such Service was seen."""
        name, *rest = host.split(".")
        if len(rest) > 1 and rest[1] != "svc":
            return None
        where = rest[0] if rest else namespace
        if (where, name) not in self._services:
            return None
        return ObjectRef(self._relations.state.cluster, where, "Service", name)


def settings(relations: Relations, namespace: str, template: Json) -> Iterator[str]:
    """What a pod template tells its containers: variables, arguments, and the ConfigMaps that they take."""
    spec = dig(template, "spec", default={})
    containers: Sequence[Json] = [*dig(spec, "initContainers", default=[]), *dig(spec, "containers", default=[])]
    for container in containers:
        yield from (str(entry["value"]) for entry in container.get("env") or () if entry.get("value"))
        yield from (str(word) for word in chain(container.get("command") or (), container.get("args") or ()))
    for name, key in dict.fromkeys((r.name, r.key) for r in references(spec) if r.kind == "ConfigMap"):
        data = dig(relations.get("ConfigMap", namespace, name), "data", default={})
        yield from (str(value) for field, value in data.items() if key in ("", field))
