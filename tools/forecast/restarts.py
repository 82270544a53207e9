"""Containers that restart more and more often: not yet down, and on the way there."""

from collections.abc import Mapping

from domain.findings import Finding, Severity
from tools.forecast.outlook import Forecast, Outlook, named
from tools.prometheus.promql import duration, equals, selector

METRIC = "kube_pod_container_status_restarts_total"
_FEWEST = 3
_TIMES = 2.0
"""How many times as many as in the span before."""
_MANY = 20
_MOST = 6


async def coming(outlook: Outlook) -> list[Forecast]:
    """Workloads whose containers restarted at least thrice, and twice as often as in the span before."""
    if outlook.ask is None or METRIC not in outlook.names:
        return []
    window = outlook.window
    span = duration((window.end - window.start).total_seconds())
    # A pod's name changes with every rollout: what counts is its workload, which is the name without its last parts.
    per_container = f"max by (namespace, pod, container) (increase({METRIC}[{span}]))"
    now = await outlook.ask.instant(_by_workload(per_container), window.end)
    before = await outlook.ask.instant(_by_workload(per_container), window.start)
    earlier = {_key(row.labels): row.value for row in before}
    found = []
    for row in sorted(now, key=lambda one: -one.value):
        times, was = round(row.value), round(earlier.get(_key(row.labels), 0.0))
        if times < _FEWEST or times < _TIMES * was:
            continue
        space, workload, container = (named(part) for part in _key(row.labels))
        ref = outlook.ref("Deployment", space, workload)
        query = f"increase({selector(METRIC, equals('namespace', space), equals('container', container))}[{span}])"
        said = f"{workload} in {space} restarted {_count(times)} in this span, {_count(was)} in the one before"
        seen = outlook.measured(query, f"{said}.", f"container {container}: {was} before, {times} now", window, ref)
        severity = Severity.critical if times >= _MANY else Severity.warning
        facts = {"namespace": space, "workload": workload, "container": container, "from": str(was), "to": str(times)}
        title = f"{workload} in {space} restarts more and more: {_count(times)}, {was} the day before"
        found.append(Forecast(Finding("restarts-rising", severity, ref, title, (seen,), None, facts)))
    return found[:_MOST]


def _by_workload(expression: str) -> str:
    named = f'label_replace({expression}, "workload", "$1", "pod", "(.+?)(-[a-z0-9]{{6,10}})?-([a-z0-9]{{5}}|[0-9]+)")'
    return f"sum by (namespace, workload, container) ({named})"


def _key(labels: Mapping[str, str]) -> tuple[str, str, str]:
    return labels.get("namespace", ""), labels.get("workload", ""), labels.get("container", "")


def _count(times: int) -> str:
    return "once" if times == 1 else f"{times} times"
