"""A pod's row: its state in one word, and how often its containers were restarted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from practice.api import Json
from practice.api_server.tables.ages import age, since
from practice.api_server.tables.cells import NONE, Cell, condition


@dataclass(frozen=True)
class _Restarts:
    """How often, and when the last container before now ended."""

    count: int = 0
    last: str = ""

    def __add__(self, status: Json) -> "_Restarts":
        ended = status.get("lastState", {}).get("terminated", {}).get("finishedAt") or ""
        return _Restarts(self.count + status.get("restartCount", 0), max(self.last, ended))

    def cell(self, now: datetime) -> str:
        return f"{self.count} ({since(self.last, now)} ago)" if self.count and self.last else str(self.count)


@dataclass(frozen=True)
class _Summary:
    reason: str
    ready: int
    restarts: _Restarts


def pod(item: Json, now: datetime) -> list[Cell]:
    spec, status = item["spec"], item.get("status", {})
    summary = _summary(spec, status)
    total = len(spec["containers"]) + sum(map(_is_sidecar, spec.get("initContainers", ())))
    addresses = status.get("podIPs") or [{}]
    return [
        item["metadata"]["name"],
        f"{summary.ready}/{total}",
        _leaving(item) or summary.reason,
        summary.restarts.cell(now),
        age(item, now),
        addresses[0].get("ip") or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        _gates(item),
    ]


def conditions(item: Json) -> list[Json]:
    """What a row says of a pod that has ended."""
    phase = item.get("status", {}).get("phase")
    words = {"Succeeded": "The pod has completed successfully.", "Failed": "The pod failed."}
    if phase not in words:
        return []
    return [{"type": "Completed", "status": "True", "reason": phase, "message": words[phase]}]


def _summary(spec: Json, status: Json) -> _Summary:
    reason = status.get("reason") or status.get("phase", "")
    scheduled = condition({"status": status}, "PodScheduled") or {}
    if scheduled.get("reason") == "SchedulingGated":
        reason = "SchedulingGated"
    initial = _initial(spec, status)
    initialized = condition({"status": status}, "Initialized") or {}
    if initial.reason and initialized.get("status") != "True":
        return initial
    return _working(status, initial.reason or reason, initial.ready, _sidecar_restarts(spec, status))


def _initial(spec: Json, status: Json) -> _Summary:
    """Of the containers that run first; the reason is "" once all have done what they should."""
    sidecars = {each["name"] for each in spec.get("initContainers", ()) if _is_sidecar(each)}
    ready, restarts = 0, _Restarts()
    for number, each in enumerate(status.get("initContainerStatuses", ())):
        restarts += each
        state, sidecar = each.get("state", {}), each["name"] in sidecars
        ended, waiting = state.get("terminated"), state.get("waiting", {}).get("reason", "")
        if ended is not None and not ended.get("exitCode", 0):
            continue
        if sidecar and each.get("started"):
            ready += bool(each.get("ready"))
            continue
        if ended is not None:
            return _Summary(f"Init:{_how_it_ended(ended)}", ready, restarts)
        if waiting and waiting != "PodInitializing":
            return _Summary(f"Init:{waiting}", ready, restarts)
        return _Summary(f"Init:{number}/{len(spec.get('initContainers', ()))}", ready, restarts)
    return _Summary("", ready, restarts)


def _working(status: Json, reason: str, ready: int, restarts: _Restarts) -> _Summary:
    running, error = False, ""
    for each in reversed(_statuses(status, "containerStatuses")):
        restarts += each
        state = each.get("state", {})
        ended = state.get("terminated")
        if waiting := state.get("waiting", {}).get("reason"):
            reason = waiting
        elif ended is not None:
            reason = _how_it_ended(ended)
            error = reason if ended.get("exitCode", 0) else error
        elif each.get("ready") and "running" in state:
            running = True
            ready += 1
    if reason == "Completed":
        reason = _some_completed(status, running, error)
    return _Summary(reason, ready, restarts)


def _some_completed(status: Json, running: bool, error: str) -> str:
    if running and (condition({"status": status}, "Ready") or {}).get("status") == "True":
        return "Running"
    return error or ("NotReady" if running else "Completed")


def _sidecar_restarts(spec: Json, status: Json) -> _Restarts:
    sidecars = {each["name"] for each in spec.get("initContainers", ()) if _is_sidecar(each)}
    restarts = _Restarts()
    for each in _statuses(status, "initContainerStatuses"):
        if each["name"] in sidecars:
            restarts += each
    return restarts


def _leaving(item: Json) -> str:
    """How a pod is called that is being deleted."""
    status = item.get("status", {})
    if not item["metadata"].get("deletionTimestamp"):
        return ""
    if status.get("reason") == "NodeLost":
        return "Unknown"
    return "" if status.get("phase") in ("Succeeded", "Failed") else "Terminating"


def _gates(item: Json) -> str:
    gates = item["spec"].get("readinessGates", ())
    open_gates = (condition(item, each["conditionType"]) or {} for each in gates)
    return f"{sum(each.get('status') == 'True' for each in open_gates)}/{len(gates)}" if gates else NONE


def _how_it_ended(terminated: Json) -> str:
    if reason := terminated.get("reason"):
        return str(reason)
    signal = terminated.get("signal", 0)
    return f"Signal:{signal}" if signal else f"ExitCode:{terminated.get('exitCode', 0)}"


def _is_sidecar(container: Json) -> bool:
    return bool(container.get("restartPolicy") == "Always")


def _statuses(status: Json, name: str) -> Sequence[Json]:
    return status.get(name) or ()
