"""What a pod takes from ConfigMaps and Secrets, and which of it the kubelet says is missing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.plain_json import Json, dig


@dataclass(frozen=True, slots=True)
class Reference:
    """One use of a ConfigMap or Secret by a pod."""

    kind: str
    name: str
    key: str
    """"" for all of it."""
    optional: bool
    container: str
    """"" for a volume, which is the whole pod's."""
    how: str
    """`env NAME`, `envFrom`, or `volume NAME`."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What a message of the kubelet says is not there; `key` is "" when the whole object is missing."""

    kind: str
    name: str
    key: str


def references(spec: Json) -> Iterator[Reference]:
    """Every ConfigMap and Secret that a pod's spec names."""
    for section in ("initContainers", "containers"):
        for container in dig(spec, section, default=[]):
            yield from _of_container(container)
    for volume in dig(spec, "volumes", default=[]):
        sources = [volume, *dig(volume, "projected", "sources", default=[])]
        for source in sources:
            for field, kind, named in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")):
                part = source.get(field)
                if not part:
                    continue
                name, optional = part.get(named) or part.get("name") or "", bool(part.get("optional"))
                how = f"volume {volume.get('name', '')}"
                keys = [item.get("key", "") for item in part.get("items") or ()] or [""]
                for key in keys:
                    yield Reference(kind, name, key, optional, "", how)


def _of_container(container: Json) -> Iterator[Reference]:
    name = str(container.get("name", ""))
    for entry in container.get("env") or ():
        for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            if part := dig(entry, "valueFrom", field):
                yield Reference(
                    kind,
                    part.get("name", ""),
                    part.get("key", ""),
                    bool(part.get("optional")),
                    name,
                    f"env {entry.get('name')}",
                )
    for entry in container.get("envFrom") or ():
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if part := entry.get(field):
                yield Reference(kind, part.get("name", ""), "", bool(part.get("optional")), name, "envFrom")


_OBJECT = re.compile(r'\b(configmap|secret)s? "([^"]+)" not found', re.IGNORECASE)
_KEY = re.compile(r"couldn't find key (\S+) in (ConfigMap|Secret) (?:([^/\s]+)/)?([\w.-]+)", re.IGNORECASE)
_VOLUME_KEY = re.compile(
    r'for volume "([^"]+)".*references non-existent (?:config|secret) key: (\S+)', re.IGNORECASE | re.DOTALL
)
_KINDS = {"configmap": "ConfigMap", "secret": "Secret"}


def missing_by_message(message: str, spec: Json) -> Missing | None:
    """What the kubelet says it could not find, or None when it speaks of something else."""
    if found := _KEY.search(message):
        return Missing(_KINDS[found[2].lower()], found[4], found[1])
    if found := _VOLUME_KEY.search(message):
        volume, key = found[1], found[2].rstrip(".,")
        for reference in references(spec):
            if reference.how == f"volume {volume}" and reference.key == key:
                return Missing(reference.kind, reference.name, key)
    if found := _OBJECT.search(message):
        return Missing(_KINDS[found[1].lower()], found[2], "")
    return None
