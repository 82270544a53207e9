"""The status of an autoscaler, and what its spec asks of a resource."""

from collections.abc import Sequence

from practice.api import Json
from practice.controllers.autoscaling.usage import Proposal, Target, quantity
from practice.controllers.conditions import changed
from practice.controllers.quantities import parse


def say(autoscaler: Json, kind: str, status: str, reason: str, message: str) -> None:
    """Set one condition."""
    new = {"type": kind, "status": status, "reason": reason, "message": message}
    autoscaler["status"]["conditions"] = changed(autoscaler["status"].get("conditions") or [], new)


def sizes(autoscaler: Json, current: int, desired: int, metrics: Sequence[Json | None] | None) -> None:
    status = autoscaler["status"]
    kept = {key: status[key] for key in ("conditions", "lastScaleTime") if key in status}
    measured = [each or {"type": ""} for each in metrics] if metrics else None
    numbers = {"currentReplicas": current} if current else {}
    autoscaler["status"] = {**numbers, "desiredReplicas": desired, "currentMetrics": measured, **kept}


def metric(source: Json, proposal: Proposal) -> Json:
    """As the status holds it."""
    percent = {} if proposal.utilization is None else {"averageUtilization": proposal.utilization}
    current = {**percent, "averageValue": quantity(source["name"], proposal.average)}
    container = {"container": source["container"]} if "container" in source else {}
    return {"name": source["name"], **container, "current": current}


def described(source: Json, kind: str) -> str:
    if source["target"].get("averageValue"):
        return f"{source['name']} resource"
    container = "container " if kind == "ContainerResource" else ""
    return f"{source['name']} {container}resource utilization (percentage of request)"


def target(source: Json, behavior: Json) -> Target:
    wanted = source["target"]
    tolerances = {
        name: float(parse(str(rules["tolerance"])))
        for name, key in (("up", "scaleUp"), ("down", "scaleDown"))
        if (rules := behavior.get(key) or {}).get("tolerance") is not None
    }
    value = wanted.get("averageValue")
    return Target(
        resource=source["name"],
        utilization=None if value else wanted.get("averageUtilization"),
        average=int(parse(str(value)) * 1000) if value else None,
        container=source.get("container", ""),
        **tolerances,
    )
