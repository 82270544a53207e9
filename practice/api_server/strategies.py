"""What the server itself writes into the objects of some kinds, when they begin and when they change."""

from collections.abc import Callable
from datetime import datetime

from practice.api import Json
from practice.api_server.pod_admission import quality_of_service
from practice.api_server.resources import Resource
from practice.api_server.schema.schemas import empty, schema_of
from practice.api_server.times import stamp

_TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
_CONTROLLER_UID = "batch.kubernetes.io/controller-uid"
_JOB_NAME = "batch.kubernetes.io/job-name"


def begin(item: Json, resource: Resource, at: datetime) -> None:
    """A new object, whatever its creator says: status is not theirs to write."""
    if "status" in resource.subresources and resource.shelf != "nodes":
        item["status"] = _first_status(item, resource, at)
    if change := _BEGINNINGS.get(resource.shelf):
        change(item)


def carry_over(new: Json, old: Json, resource: Resource, subresource: str) -> Json:
    """A write of an object leaves its status alone, and a write of its status leaves the rest alone."""
    if subresource == "status":
        told = ("annotations",) if resource.group == "apps" else ("annotations", "labels")
        return {**old, "metadata": _kept_metadata(new, old, told), "status": new.get("status", {})}
    if subresource == "finalize":
        return {**old, "metadata": _kept_metadata(new, old, ()), "spec": new.get("spec", {})}
    if "status" in resource.subresources and "status" in old:
        new = new | {"status": old["status"]}
    if resource.shelf == "daemonsets.apps":
        _count_template(new, old)
    return new


def _first_status(item: Json, resource: Resource, at: datetime) -> Json:
    match resource.shelf:
        case "pods":
            return {"phase": "Pending", "qosClass": quality_of_service(item)}
        case "namespaces":
            return {"phase": "Active"}
        case "persistentvolumeclaims":
            return {"phase": "Pending"}
        case "persistentvolumes":
            return {"phase": "Pending", "lastPhaseTransitionTime": stamp(at)}
    return empty(schema_of(resource.api_version, resource.kind).fields["status"].schema)


def _begin_namespace(item: Json) -> None:
    if name := item["metadata"].get("name"):
        item["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = name
    item["spec"] = {"finalizers": ["kubernetes"]}


def _begin_node(item: Json) -> None:
    spec = item.setdefault("spec", {})
    taint = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
    if taint not in spec.get("taints", []):
        spec["taints"] = [*spec.get("taints", []), taint]


def _begin_daemon_set(item: Json) -> None:
    item["metadata"].setdefault("annotations", {})[_TEMPLATE_GENERATION] = "1"


def _begin_job(item: Json) -> None:
    spec, meta = item["spec"], item["metadata"]
    if spec.get("manualSelector"):
        return
    ours = {
        _CONTROLLER_UID: meta["uid"],
        _JOB_NAME: meta.get("name", ""),
        "controller-uid": meta["uid"],
        "job-name": meta.get("name", ""),
    }
    template = spec["template"].setdefault("metadata", {})
    has_none_of_its_own = meta.get("labels", {}) == template.get("labels", {})
    template["labels"] = {**template.get("labels", {}), **ours}
    if has_none_of_its_own:
        meta["labels"] = dict(template["labels"])
    spec["selector"] = {"matchLabels": {_CONTROLLER_UID: meta["uid"]}}


def _protected(finalizer: str) -> Callable[[Json], None]:
    """Storage in use is not deleted before its users."""

    def protect(item: Json) -> None:
        finalizers = item["metadata"].get("finalizers", [])
        if finalizer not in finalizers:
            item["metadata"]["finalizers"] = [*finalizers, finalizer]

    return protect


_BEGINNINGS: dict[str, Callable[[Json], None]] = {
    "daemonsets.apps": _begin_daemon_set,
    "jobs.batch": _begin_job,
    "namespaces": _begin_namespace,
    "nodes": _begin_node,
    "persistentvolumeclaims": _protected("kubernetes.io/pvc-protection"),
    "persistentvolumes": _protected("kubernetes.io/pv-protection"),
}


def _count_template(new: Json, old: Json) -> None:
    counted = int(old["metadata"].get("annotations", {}).get(_TEMPLATE_GENERATION, "0"))
    counted += new["spec"].get("template") != old["spec"].get("template")
    new["metadata"].setdefault("annotations", {})[_TEMPLATE_GENERATION] = str(counted)


def _kept_metadata(new: Json, old: Json, told: tuple[str, ...]) -> Json:
    """The old metadata, but for what may be told along with a status."""
    told = (*told, "managedFields", "uid", "resourceVersion")
    kept = {key: value for key, value in old["metadata"].items() if key not in told}
    return kept | {key: new["metadata"][key] for key in told if key in new["metadata"]}
