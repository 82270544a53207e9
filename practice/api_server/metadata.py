"""What the server itself writes into metadata: names, uids, times, generations."""

import random
import uuid
from datetime import datetime

from practice.api import Json
from practice.api_server.refusals import Refused, invalid
from practice.api_server.resources import Resource
from practice.api_server.schema import faults
from practice.api_server.times import stamp

SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes makes random names of: nothing that could spell a word."""
_LONGEST_PREFIX = 58

_WITH_GENERATION = frozenset(
    "cronjobs.batch daemonsets.apps deployments.apps endpointslices.discovery.k8s.io "
    "ingressclasses.networking.k8s.io ingresses.networking.k8s.io jobs.batch networkpolicies.networking.k8s.io "
    "poddisruptionbudgets.policy pods podtemplates priorityclasses.scheduling.k8s.io replicasets.apps "
    "replicationcontrollers statefulsets.apps validatingadmissionpolicies.admissionregistration.k8s.io "
    "validatingadmissionpolicybindings.admissionregistration.k8s.io".split()
)
"""Kinds whose generation counts the changes of what they ask for."""

_SERVERS_OWN = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")


def begin(item: Json, resource: Resource, namespace: str, at: datetime) -> None:
    """Give a new object its name, namespace, uid and time."""
    meta = item["metadata"]
    if meta.get("resourceVersion"):
        raise Refused(500, "", "resourceVersion should not be set on objects to be created")
    if not meta.get("name") and (prefix := meta.get("generateName")):
        meta["name"] = prefix[:_LONGEST_PREFIX] + "".join(random.choices(SUFFIX, k=5))
    for field in ("resourceVersion", "selfLink", *_SERVERS_OWN):
        meta.pop(field, None)
    if namespace:
        meta["namespace"] = namespace
    meta["uid"] = str(uuid.uuid4())
    if resource.shelf in _WITH_GENERATION:
        meta["generation"] = 1
    meta["creationTimestamp"] = stamp(at)
    item["metadata"] = ordered(meta)


def carry_over(new: Json, old: Json, resource: Resource, subresource: str) -> None:
    """Keep what only the server writes, and count the change if it is one of what the object asks for."""
    mine, before = new["metadata"], old["metadata"]
    if mine.get("uid") and mine["uid"] != before["uid"]:
        fault = faults.invalid("metadata.uid", mine["uid"], "field is immutable")
        raise invalid(resource.group, resource.kind, before["name"], [fault, fault])
    for field in _SERVERS_OWN:
        mine.pop(field, None)
        if field in before:
            mine[field] = before[field]
    for field in ("name", "namespace", "generateName"):
        if field in before:
            mine[field] = before[field]
    mine.pop("selfLink", None)
    mine["resourceVersion"] = before["resourceVersion"]
    if "generation" in before and _asks_for_more(new, old, resource, subresource):
        mine["generation"] = before["generation"] + 1
    new["metadata"] = ordered(mine)


def ordered(meta: Json) -> Json:
    """In the order in which Kubernetes prints it."""
    known = {key: meta[key] for key in _ORDER if key in meta}
    return known | {key: value for key, value in meta.items() if key not in known}


_ORDER = (
    "name generateName namespace uid resourceVersion generation creationTimestamp deletionTimestamp "
    "deletionGracePeriodSeconds labels annotations ownerReferences finalizers managedFields"
).split()


def _asks_for_more(new: Json, old: Json, resource: Resource, subresource: str) -> bool:
    besides = ("metadata", "status", "kind", "apiVersion")
    if any(new.get(key) != old.get(key) for key in (new.keys() | old.keys()).difference(besides)):
        return True
    if subresource:
        return False
    counted = {"deployments.apps": "annotations", "endpointslices.discovery.k8s.io": "labels"}.get(resource.shelf)
    return counted is not None and new["metadata"].get(counted) != old["metadata"].get(counted)
