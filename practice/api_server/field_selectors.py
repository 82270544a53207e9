"""Field selectors: `spec.nodeName=a,status.phase!=Running`, over the few fields that Kubernetes lets one ask for."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from practice.api import Json
from practice.api_server.refusals import bad_request
from practice.api_server.resources import Resource
from practice.api_server.schema.faults import shown

_NAMED = ("metadata.name", "metadata.namespace")
_FIELDS: dict[str, tuple[str, ...]] = {
    "pods": (
        *_NAMED,
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
    ),
    "nodes": ("metadata.name", "spec.unschedulable"),
    "namespaces": ("metadata.name", "status.phase"),
    "secrets": (*_NAMED, "type"),
    "services": (*_NAMED, "spec.clusterIP", "spec.type"),
    "replicationcontrollers": (*_NAMED, "status.replicas"),
    "replicasets.apps": (*_NAMED, "status.replicas"),
    "jobs.batch": (*_NAMED, "status.successful"),
    "events": (
        *_NAMED,
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
}
"""Of the kinds that know more than the name and the namespace."""

_NEWER_NAMES = {
    **{field: field for field in (*_NAMED, "reason", "type")},
    **{field.replace("involvedObject", "regarding"): field for field in _FIELDS["events"] if "involved" in field},
    "reportingController": "reportingComponent",
}
"""What events.k8s.io calls the fields of an event."""

_ELSEWHERE: dict[str, Callable[[Json], object]] = {
    "status.podIPs": lambda item: ",".join(each["ip"] for each in item.get("status", {}).get("podIPs", [])),
    "status.successful": lambda item: item.get("status", {}).get("succeeded", 0),
    "status.replicas": lambda item: item.get("status", {}).get("replicas", 0),
    "spec.unschedulable": lambda item: item.get("spec", {}).get("unschedulable", False),
    "spec.hostNetwork": lambda item: item.get("spec", {}).get("hostNetwork", False),
    "source": lambda item: item.get("source", {}).get("component") or item.get("reportingComponent", ""),
    "reportingComponent": lambda item: item.get("reportingComponent", ""),
}
"""Fields whose value stands under another name, or has another one when it is absent."""


@dataclass(frozen=True)
class FieldSelector:
    """Each term is (field, value, equal?)."""

    terms: tuple[tuple[str, str, bool], ...] = ()

    def matches(self, item: Json) -> bool:
        return all((_value(item, field) == value) is equal for field, value, equal in self.terms)

    def only(self, field: str) -> str:
        """The one value that the field must have, or nothing."""
        return next((value for name, value, equal in self.terms if equal and name == field), "")

    def __bool__(self) -> bool:
        return bool(self.terms)


def parse_field_selector(text: str, resource: Resource) -> FieldSelector:
    """The selector; a 400 Status when it, or one of its fields, is not understood."""
    terms = [_term(part, text) for part in sorted(_split(text)) if part]
    return FieldSelector(
        tuple((_known(field, resource), value, equal) for field, value, equal in terms if field or value)
    )


def _split(text: str) -> list[str]:
    """At the commas that are not escaped."""
    return re.findall(r"(?:[^,\\]|\\.|\\$)+", text, re.DOTALL)


def _term(part: str, text: str) -> tuple[str, str, bool]:
    found = re.fullmatch(r"(.*?)(!=|==|=)(.*)", part, re.DOTALL)
    if not found:
        raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
    field, operator, value = found.groups()
    return field, _unescaped(value), operator != "!="


def _unescaped(value: str) -> str:
    for found in re.finditer(r"\\(.?)|=", value, re.DOTALL):
        if found[0] == "=":
            raise bad_request(f"invalid field selector: unescaped character in value: {ord('=')}")
        if found[1] not in ("\\", ",", "=") or not found[1]:
            raise bad_request(f"invalid field selector: invalid escape sequence: {found[0]}")
    return re.sub(r"\\([\\,=])", r"\1", value)


def _known(field: str, resource: Resource) -> str:
    if resource.qualified == "pods" and field == "spec.host":
        return "spec.nodeName"
    newer = _NEWER_NAMES if resource.qualified == "events.events.k8s.io" else None
    known = newer or _FIELDS.get(resource.qualified)
    if known is None and field not in _NAMED:
        raise bad_request(f'{shown(field)} is not a known field selector: only "metadata.name", "metadata.namespace"')
    if known is not None and field not in known:
        raise bad_request(f"field label not supported: {field}")
    return newer[field] if newer else field


def _value(item: Json, field: str) -> str:
    if field in _ELSEWHERE:
        found = _ELSEWHERE[field](item)
    else:
        found = item
        for step in field.split("."):
            found = found.get(step, "") if isinstance(found, dict) else ""
    return str(found).lower() if isinstance(found, bool) else str(found)
