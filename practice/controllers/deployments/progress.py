"""The status of a Deployment and what its conditions say about the rollout, in Kubernetes' words. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from practice.api import Json
from practice.controllers.conditions import condition, without
from practice.controllers.deployments.sizes import bounds, counted, total
from practice.controllers.times import now, parse, stamp

_NO_DEADLINE = 2**31 - 1
TIMED_OUT = "ProgressDeadlineExceeded"


def told(conditions: Sequence[Json], kind: str, status: str, reason: str, message: str) -> list[Json]:
    """The conditions with this one; one with the same status and reason stands as it is."""
    old = next((each for each in conditions if each["type"] == kind), None)
    if old and (old["status"], old.get("reason")) == (status, reason):
        return list(conditions)
    at = stamp()
    since = old["lastTransitionTime"] if old and old["status"] == status else at
    new = {"type": kind, "status": status, "lastUpdateTime": at, "lastTransitionTime": since}
    return [*without(conditions, kind), {**new, "reason": reason, "message": message}]


def has_deadline(deployment: Json) -> bool:
    return deployment["spec"].get("progressDeadlineSeconds") not in (None, _NO_DEADLINE)


def counts(deployment: Json, sets: Sequence[Json], new: Json | None) -> Json:
    """The status without an estimate of the rollout's progress."""
    available = counted(sets, "availableReplicas")
    before = deployment.get("status", {})
    numbers = {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": counted(sets, "replicas"),
        "updatedReplicas": counted([new] if new else [], "replicas"),
        "readyReplicas": counted(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(total(sets) - available, 0),
    }
    status: Json = {name: number for name, number in numbers.items() if number}
    synced = [each.get("status", {}) for each in sets if each.get("status", {}).get("observedGeneration")]
    if all("terminatingReplicas" in each for each in synced):
        status["terminatingReplicas"] = sum(each["terminatingReplicas"] for each in synced)
    if before.get("collisionCount") is not None:
        status["collisionCount"] = before["collisionCount"]
    if available >= bounds(deployment).fewest_available:
        good = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        good = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    status["conditions"] = told(before.get("conditions") or [], "Available", *good)
    return status


def with_progress(deployment: Json, status: Json, sets: Sequence[Json], new: Json | None) -> Json:
    """The status of a rollout that is under way."""
    conditions = status["conditions"]
    current = condition(deployment, "Progressing")
    if not has_deadline(deployment):
        conditions = without(conditions, "Progressing")
    is_done = (
        status.get("replicas", 0) == status.get("updatedReplicas", 0)
        and current is not None
        and current.get("reason") == "NewReplicaSetAvailable"
    )
    if has_deadline(deployment) and not is_done:
        conditions = _estimated(deployment, status, conditions, new)
    failure = next((each for one in [new, *sets] if one and (each := condition(one, "ReplicaFailure"))), None)
    if failure:
        words = (failure["status"], failure.get("reason", ""), failure.get("message", ""))
        conditions = told(conditions, "ReplicaFailure", *words)
    else:
        conditions = without(conditions, "ReplicaFailure")
    return {**status, "conditions": conditions}


def _estimated(deployment: Json, status: Json, conditions: list[Json], new: Json | None) -> list[Json]:
    meta = (new or deployment)["metadata"]
    what = f'{"ReplicaSet" if new else "Deployment"} "{meta["name"]}"'
    if is_complete(deployment, status):
        message = f"{what} has successfully progressed."
        return told(conditions, "Progressing", "True", "NewReplicaSetAvailable", message)
    if _moves(deployment, status):
        current = condition(deployment, "Progressing")
        conditions = without(conditions, "Progressing")
        conditions = told(conditions, "Progressing", "True", "ReplicaSetUpdated", f"{what} is progressing.")
        if current and current["status"] == "True":
            conditions[-1]["lastTransitionTime"] = current["lastTransitionTime"]
        return conditions
    if _is_late(deployment, conditions):
        return told(conditions, "Progressing", "False", TIMED_OUT, f"{what} has timed out progressing.")
    return conditions


def is_complete(deployment: Json, status: Json) -> bool:
    replicas = deployment["spec"]["replicas"]
    return all(status.get(each, 0) == replicas for each in ("updatedReplicas", "replicas", "availableReplicas")) and (
        status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    )


def seconds_to_deadline(deployment: Json, status: Json) -> float | None:
    """None if nothing is waited for."""
    current = condition(deployment, "Progressing")
    if not has_deadline(deployment) or current is None:
        return None
    if is_complete(deployment, status) or current.get("reason") == TIMED_OUT:
        return None
    deadline = parse(current["lastUpdateTime"]) + timedelta(seconds=deployment["spec"]["progressDeadlineSeconds"])
    return (deadline - now()).total_seconds()


def _moves(deployment: Json, status: Json) -> bool:
    before = deployment.get("status", {})
    old = [each.get("replicas", 0) - each.get("updatedReplicas", 0) for each in (before, status)]
    grown = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return old[1] < old[0] or any(status.get(each, 0) > before.get(each, 0) for each in grown)


def _is_late(deployment: Json, conditions: Sequence[Json]) -> bool:
    current = next((each for each in conditions if each["type"] == "Progressing"), None)
    if current is None or current.get("reason") == "NewReplicaSetAvailable":
        return False
    if current.get("reason") == TIMED_OUT:
        return True
    limit = timedelta(seconds=deployment["spec"]["progressDeadlineSeconds"])
    return parse(current["lastUpdateTime"]) + limit < now()
