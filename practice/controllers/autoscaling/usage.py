"""From what pods use to how many there should be, as Kubernetes reckons it. Pure; amounts in thousandths."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from practice.api import Json
from practice.controllers.conditions import condition
from practice.controllers.pods import is_leaving, phase
from practice.controllers.quantities import parse as parse_quantity
from practice.controllers.times import parse

INITIAL_SECONDS = 1.0
"""How long the CPU use of a young pod is not believed; practice tells the real controller the same."""

_TOLERANCE = 0.1


class NoProposal(Exception):
    """The load says nothing about how many pods there should be; the text says why."""


@dataclass(frozen=True)
class Sample:
    amount: int
    at: datetime
    window: timedelta


@dataclass(frozen=True)
class Proposal:
    replicas: int
    average: int
    """Of one pod."""
    utilization: int | None
    """Percent of what is requested; None where the target is an amount."""


@dataclass(frozen=True)
class Target:
    resource: str
    utilization: int | None = None
    average: int | None = None
    container: str = ""
    up: float = _TOLERANCE
    down: float = _TOLERANCE

    def accepts(self, ratio: float) -> bool:
        return 1.0 - self.down <= ratio <= 1.0 + self.up


def samples(items: Sequence[Json], target: Target) -> dict[str, Sample]:
    """Of a PodMetricsList, by pod; a pod of which something is missing is left out."""
    found = {}
    for item in items:
        containers = [each for each in item["containers"] if target.container in ("", each["name"])]
        usages = [each["usage"].get(target.resource) for each in containers]
        if usages and None not in usages:
            amount = sum(_thousandths(usage) for usage in usages)
            window = timedelta(seconds=_seconds(item.get("window", "0s")))
            found[item["metadata"]["name"]] = Sample(amount, parse(item["timestamp"]), window)
    return found


def propose(target: Target, current: int, pods: Sequence[Json], measured: dict[str, Sample], now: datetime) -> Proposal:
    """How many pods would bring the average to the target."""
    if not pods:
        raise NoProposal("no pods returned by selector while calculating replica count")
    ready, unready, missing, ignored = _groups(target, pods, measured, now)
    amounts = {name: each.amount for name, each in measured.items() if name not in unready | ignored}
    if not amounts:
        raise NoProposal("did not receive metrics for targeted pods (pods might be unready)")
    requests = _requests(target, pods) if target.utilization is not None else {}
    ratio, utilization, average = _ratio(target, amounts, requests)
    grows_with_unready = bool(unready) and ratio > 1.0
    if not grows_with_unready and not missing:
        replicas = current if target.accepts(ratio) else math.ceil(ratio * ready)
        return Proposal(replicas, average, utilization)
    if ratio < 1.0:
        amounts |= {name: _as_if_full(target, requests.get(name, 0)) for name in missing}
    elif ratio > 1.0:
        amounts |= dict.fromkeys(missing, 0)
    if grows_with_unready:
        amounts |= dict.fromkeys(unready, 0)
    again, _, _ = _ratio(target, amounts, requests)
    replicas = math.ceil(again * len(amounts))
    turned = (ratio < 1.0 < again) or (again < 1.0 < ratio)
    wrong_way = (again < 1.0 and replicas > current) or (again > 1.0 and replicas < current)
    if target.accepts(again) or turned or wrong_way:
        replicas = current
    return Proposal(replicas, average, utilization)


def _groups(
    target: Target, pods: Sequence[Json], measured: Mapping[str, Sample], now: datetime
) -> tuple[int, set[str], set[str], set[str]]:
    """How many count, and the names of the unready, of the unmeasured and of those that do not matter."""
    ready, unready, missing, ignored = 0, set(), set(), set()
    for pod in pods:
        name = pod["metadata"]["name"]
        if is_leaving(pod) or phase(pod) == "Failed":
            ignored.add(name)
        elif phase(pod) == "Pending":
            unready.add(name)
        elif name not in measured:
            missing.add(name)
        elif target.resource == "cpu" and _too_young(pod, measured[name], now):
            unready.add(name)
        else:
            ready += 1
    return ready, unready, missing, ignored


def _too_young(pod: Json, sample: Sample, now: datetime) -> bool:
    ready, started = condition(pod, "Ready"), pod.get("status", {}).get("startTime")
    if ready is None or not started:
        return True
    patience, changed = timedelta(seconds=INITIAL_SECONDS), parse(ready["lastTransitionTime"])
    if parse(started) + patience > now:
        return bool(ready["status"] == "False") or sample.at < changed + sample.window
    return bool(ready["status"] == "False") and parse(started) + patience > changed


def _requests(target: Target, pods: Sequence[Json]) -> dict[str, int]:
    found = {}
    for pod in pods:
        name, spec = pod["metadata"]["name"], pod["spec"]
        stays = [each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"]
        total = 0
        for container in [*spec["containers"], *stays]:
            if target.container not in ("", container["name"]):
                continue
            asked = ((container.get("resources") or {}).get("requests") or {}).get(target.resource)
            if asked is None:
                raise NoProposal(
                    f"missing request for {target.resource} in container {container['name']} of Pod {name}"
                )
            total += _thousandths(asked)
        found[name] = total
    return found


def _ratio(target: Target, amounts: Mapping[str, int], requests: Mapping[str, int]) -> tuple[float, int | None, int]:
    """Use to target; percent of what is requested; average of a pod."""
    if target.utilization is None:
        assert target.average
        average = sum(amounts.values()) // len(amounts)
        return average / target.average, None, average
    known = [name for name in amounts if name in requests]
    requested = sum(requests[name] for name in known)
    if not requested:
        raise NoProposal("no metrics returned matched known pods")
    used = sum(amounts[name] for name in known)
    percent = used * 100 // requested
    return percent / target.utilization, percent, used // len(known)


def _as_if_full(target: Target, request: int) -> int:
    if target.utilization is None:
        return target.average or 0
    return request * max(100, target.utilization) // 100


def _thousandths(quantity: object) -> int:
    return int((parse_quantity(str(quantity)) * 1000).to_integral_value(rounding="ROUND_CEILING"))


def _seconds(duration: str) -> float:
    """
    >>> _seconds("15s"), _seconds("1m30.5s")
    (15.0, 90.5)
    """
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)(h|ms|m|s)", duration))


def quantity(resource: str, amount: int) -> str:
    """
    >>> quantity("cpu", 1500), quantity("cpu", 2000), quantity("memory", 134217728000), quantity("memory", 1500)
    ('1500m', '2', '128Mi', '1500m')
    """
    if amount % 1000:
        return f"{amount}m"
    whole, suffixes = amount // 1000, ["", "Ki", "Mi", "Gi", "Ti", "Pi"]
    if resource != "memory" or whole < 1024:
        return _decimal(whole)
    power = 0
    while whole % 1024 == 0 and power < len(suffixes) - 1:
        whole, power = whole // 1024, power + 1
    return f"{whole}{suffixes[power]}"


def _decimal(whole: int) -> str:
    for suffix, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if whole and whole % size == 0:
            return f"{Decimal(whole) / size:f}{suffix}"
    return str(whole)
