"""Rows of what makes pods: Deployments and their kin, Jobs, and their autoscaler."""

from collections.abc import Sequence
from datetime import datetime

from practice.api import Json
from practice.api_server.tables.ages import age, human_duration, since
from practice.api_server.tables.cells import NONE, UNSET, Cell, condition, containers, labels, selector

_JOB_STATES = {
    "Complete": "Complete",
    "Failed": "Failed",
    "": "Terminating",
    "Suspended": "Suspended",
    "FailureTarget": "FailureTarget",
    "SuccessCriteriaMet": "SuccessCriteriaMet",
}
"""What a Job is called by the first condition that holds; "" stands for being deleted."""


def deployment(item: Json, now: datetime) -> list[Cell]:
    status = item.get("status", {})
    return [
        item["metadata"]["name"],
        _ready_of(item),
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        age(item, now),
        *containers(item["spec"]["template"]),
        selector(item["spec"].get("selector")),
    ]


def replica_set(item: Json, now: datetime) -> list[Cell]:
    return [*_counts(item, now), *containers(item["spec"]["template"]), selector(item["spec"]["selector"]) or NONE]


def replication_controller(item: Json, now: datetime) -> list[Cell]:
    return [*_counts(item, now), *containers(item["spec"]["template"]), labels(item["spec"].get("selector"))]


def stateful_set(item: Json, now: datetime) -> list[Cell]:
    return [item["metadata"]["name"], _ready_of(item), age(item, now), *containers(item["spec"]["template"])]


def daemon_set(item: Json, now: datetime) -> list[Cell]:
    spec, status = item["spec"], item.get("status", {})
    return [
        item["metadata"]["name"],
        status.get("desiredNumberScheduled", 0),
        status.get("currentNumberScheduled", 0),
        status.get("numberReady", 0),
        status.get("updatedNumberScheduled", 0),
        status.get("numberAvailable", 0),
        labels(spec["template"]["spec"].get("nodeSelector")),
        age(item, now),
        *containers(spec["template"]),
        selector(spec["selector"]) or NONE,
    ]


def controller_revision(item: Json, now: datetime) -> list[Cell]:
    owner = next((each for each in item["metadata"].get("ownerReferences", ()) if each.get("controller")), None)
    return [item["metadata"]["name"], _qualified(owner) if owner else NONE, item["revision"], age(item, now)]


def job(item: Json, now: datetime) -> list[Cell]:
    return [
        item["metadata"]["name"],
        _job_state(item),
        _completions(item),
        _job_duration(item.get("status", {}), now),
        age(item, now),
        *containers(item["spec"]["template"]),
        selector(item["spec"].get("selector")) or NONE,
    ]


def cron_job(item: Json, now: datetime) -> list[Cell]:
    spec, status = item["spec"], item.get("status", {})
    last = status.get("lastScheduleTime")
    job_spec = spec["jobTemplate"]["spec"]
    return [
        item["metadata"]["name"],
        spec["schedule"],
        spec.get("timeZone", NONE),
        str(spec["suspend"]) if "suspend" in spec else UNSET,
        len(status.get("active", ())),
        since(last, now) if last else NONE,
        age(item, now),
        *containers(job_spec["template"]),
        (selector(job_spec["selector"]) if "selector" in job_spec else "") or NONE,
    ]


def pod_template(item: Json, now: datetime) -> list[Cell]:
    template = item["template"]
    return [item["metadata"]["name"], *containers(template), labels(template.get("metadata", {}).get("labels"))]


def horizontal_pod_autoscaler(item: Json, now: datetime) -> list[Cell]:
    spec, status = item["spec"], item.get("status", {})
    target = spec["scaleTargetRef"]
    return [
        item["metadata"]["name"],
        f"{target['kind']}/{target['name']}",
        _targets(spec.get("metrics", ()), status.get("currentMetrics") or ()),
        str(spec["minReplicas"]) if "minReplicas" in spec else UNSET,
        spec["maxReplicas"],
        status.get("currentReplicas", 0),
        age(item, now),
    ]


def _ready_of(item: Json) -> str:
    return f"{item.get('status', {}).get('readyReplicas', 0)}/{item['spec'].get('replicas', 0)}"


def _counts(item: Json, now: datetime) -> list[Cell]:
    status = item.get("status", {})
    return [
        item["metadata"]["name"],
        item["spec"].get("replicas", 0),
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        age(item, now),
    ]


def _qualified(owner: Json) -> str:
    group, _, _ = owner["apiVersion"].rpartition("/")
    return f"{owner['kind']}.{group}/".lower() + owner["name"] if group else f"{owner['kind'].lower()}/{owner['name']}"


def _job_state(item: Json) -> str:
    for kind, word in _JOB_STATES.items():
        if kind and (condition(item, kind) or {}).get("status") == "True":
            return word
        if not kind and item["metadata"].get("deletionTimestamp"):
            return word
    return "Running"


def _completions(item: Json) -> str:
    spec, succeeded = item["spec"], item.get("status", {}).get("succeeded", 0)
    if "completions" in spec:
        return f"{succeeded}/{spec['completions']}"
    at_once = spec.get("parallelism", 0)
    return f"{succeeded}/1 of {at_once}" if at_once > 1 else f"{succeeded}/1"


def _job_duration(status: Json, now: datetime) -> str:
    if "startTime" not in status:
        return ""
    ended = status.get("completionTime")
    return human_duration(
        (datetime.fromisoformat(ended) if ended else now) - datetime.fromisoformat(status["startTime"])
    )


def _targets(specs: Sequence[Json], statuses: Sequence[Json]) -> str:
    if not specs:
        return NONE
    shown = [_target(each, statuses[number] if number < len(statuses) else {}) for number, each in enumerate(specs[:2])]
    text = ", ".join(shown)
    return f"{text} + {len(specs) - 2} more..." if len(specs) > 2 else text


def _target(spec: Json, status: Json) -> str:
    kind = spec["type"]
    source = {"Resource": "resource", "ContainerResource": "containerResource", "Pods": "pods", "Object": "object"}
    name = source.get(kind, "external")
    wanted, current = spec[name]["target"], status.get(name, {}).get("current", {})
    if kind in ("Resource", "ContainerResource"):
        return f"{spec[name]['name']}: {_utilization(wanted, current)}"
    if kind == "Pods":
        return f"{current.get('averageValue', '<unknown>')}/{wanted['averageValue']}"
    if "averageValue" in wanted:
        return f"{current.get('averageValue', '<unknown>')}/{wanted['averageValue']} (avg)"
    return f"{current.get('value', '<unknown>')}/{wanted['value']}"


def _utilization(wanted: Json, current: Json) -> str:
    if "averageValue" in wanted:
        return f"{current.get('averageValue', '<unknown>')}/{wanted['averageValue']}"
    now = f"{current['averageUtilization']}%" if "averageUtilization" in current else "<unknown>"
    target = f"{wanted['averageUtilization']}%" if "averageUtilization" in wanted else "<auto>"
    return f"{now}/{target}"
