"""Rollout history: the revisions of a Deployment, and the exact difference between two pod templates."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.cluster_state import ClusterState
from domain.objects import ObjectRef
from domain.plain_json import Json, dig
from policy.redaction import redact
from policy.untrusted import clean
from tools.kubernetes.moments import created, moment
from tools.kubernetes.relations import Relations

REVISION = "deployment.kubernetes.io/revision"
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
_CHANGE_CAUSE = "kubernetes.io/change-cause"


@dataclass(frozen=True, slots=True)
class Revision:
    """One pod template that a Deployment had, kept by its ReplicaSet."""

    number: int
    replica_set: str
    images: tuple[str, ...]
    template: Json
    created: datetime | None
    change_cause: str
    replicas: int
    ready: int


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a pod template: `containers[web].image`, `containers[web].env[DB_HOST]`, ...; "" is absent."""

    path: str
    old: str
    new: str

    def __str__(self) -> str:
        if not self.old:
            return f"{self.path} added: {self.new}"
        if not self.new:
            return f"{self.path} removed (was {self.old})"
        return f"{self.path}: {self.old} -> {self.new}"


def revisions(state: ClusterState, deployment: ObjectRef) -> tuple[Revision, ...]:
    """The Deployment's revisions, newest first; empty where its ReplicaSets were not read."""
    relations = Relations.over(state)
    owner = relations.get("Deployment", deployment.namespace, deployment.name)
    if owner is None:
        return ()
    uid = dig(owner, "metadata", "uid")
    found = []
    for item in relations.of("ReplicaSet", deployment.namespace):
        if not any(
            o.get("uid") == uid and o.get("controller") for o in dig(item, "metadata", "ownerReferences", default=[])
        ):
            continue
        number = dig(item, "metadata", "annotations", REVISION, default="")
        if not str(number).isdigit():
            continue
        template = dig(item, "spec", "template", default={})
        found.append(
            Revision(
                number=int(number),
                replica_set=item["metadata"]["name"],
                images=tuple(c.get("image", "") for c in dig(template, "spec", "containers", default=[])),
                template=template,
                created=created(item),
                change_cause=clean(str(dig(item, "metadata", "annotations", _CHANGE_CAUSE, default="")), cap=200),
                replicas=int(dig(item, "spec", "replicas", default=0)),
                ready=int(dig(item, "status", "readyReplicas", default=0)),
            )
        )
    return tuple(sorted(found, key=lambda revision: -revision.number))


def template_written(deployment: Json) -> datetime | None:
    """When somebody last wrote the pod template, from the field ownership that the API server keeps."""
    times = [
        moment(entry.get("time"))
        for entry in dig(deployment, "metadata", "managedFields", default=[])
        if dig(entry, "fieldsV1", "f:spec", "f:template") is not None
    ]
    return max((at for at in times if at is not None), default=None)


def difference(old: Json, new: Json) -> tuple[FieldChange, ...]:
    """Every field in which two pod templates differ, lists matched by name; values are redacted."""
    before, after = dict(_leaves(old)), dict(_leaves(new))
    changes = []
    for path in dict.fromkeys([*before, *after]):
        was, is_now = before.get(path, ""), after.get(path, "")
        if was != is_now:
            changes.append(FieldChange(path, shown(path, was), shown(path, is_now)))
    return tuple(changes)


def shown(name: str, value: str) -> str:
    """A value as it may be shown: what looks like a secret, also by the name it goes by, is hidden."""
    if not value:
        return ""
    short = name.rpartition("[")[2].rstrip("]") or name
    line = redact(f"{short}={value}")
    hidden = line.removeprefix(f"{short}=") if line.startswith(f"{short}=") else redact(value)
    return clean(hidden, cap=300)


def is_secret_looking(name: str, value: str) -> bool:
    """Whether the value must not be shown, so cannot be put into a command either."""
    return shown(name, value) != clean(value, cap=300)


def _leaves(template: Json) -> Iterator[tuple[str, str]]:
    labels = {k: v for k, v in dig(template, "metadata", "labels", default={}).items() if k != "pod-template-hash"}
    yield from _flatten("labels", labels)
    yield from _flatten("annotations", dig(template, "metadata", "annotations", default={}))
    yield from _flatten("", dig(template, "spec", default={}))


_ENV_SOURCES = (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret"))


def _flatten(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        if source := env_source(value):
            yield path, source
            return
        if set(value) <= {"name", "value"} and "name" in value and path.endswith("]"):
            yield path, str(value.get("value", ""))
            return
        for key, part in value.items():
            if not (key == "name" and path.endswith(f"[{part}]")):
                yield from _flatten(f"{path}.{key}" if path else key, part)
    elif isinstance(value, list):
        for position, part in enumerate(value):
            yield from _flatten(f"{path}[{_name(part, position)}]", part)
    elif value is not None:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def env_source(entry: Mapping[str, Any]) -> str:
    """Where an `env` or `envFrom` entry gets its value from, in words; "" for a plain one."""
    for field, kind in _ENV_SOURCES:
        if reference := dig(entry, "valueFrom", field):
            return f"key {reference.get('key')} of {kind} {reference.get('name')}"
    for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
        if reference := entry.get(field):
            return f"all of {kind} {reference.get('name')}"
    return ""


def _name(part: Any, position: int) -> str:
    """What a list's element is known by, so that a reordered or longer list does not differ everywhere."""
    if isinstance(part, Mapping):
        for key in ("name", "containerPort", "mountPath", "key", "topologyKey"):
            if key in part:
                return str(part[key])
        if source := env_source(part):
            return source.removeprefix("all of ")
    return str(position)
