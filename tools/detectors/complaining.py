"""What programs complain of while their metrics are bad: lines that name whom they wait for, or what they miss."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from domain.cluster_state import ClusterState, LogKey
from domain.evidence import Evidence, observed
from domain.findings import Finding
from domain.plain_json import Json, dig
from tools.detectors.preceding import workload_of
from tools.kubernetes.complaints import complaints
from tools.kubernetes.pods import is_ready
from tools.kubernetes.relations import Relations, Workload
from tools.kubernetes.seen import kubectl, safe

_FELT = frozenset({"errors-high", "latency-high", "pool-exhausted", "cpu-saturated", "alert-firing"})
_WORKLOADS = 8
_PODS = 2
_MAIN = "kubectl.kubernetes.io/default-container"


def logs_to_read(findings: Iterable[Finding], state: ClusterState) -> tuple[LogKey, ...]:
    """Two running pods of each of the worst services, whose logs were not read yet."""
    relations = Relations.over(state)
    chosen = [f for f in findings if f.code in _FELT and "recovered_at" not in f.facts]
    refs = dict.fromkeys(workload.ref for f in chosen if (workload := workload_of(f.object, relations)))
    keys = (key for ref in list(refs)[:_WORKLOADS] for key in _logs_of(relations, relations.workload(ref)))
    return tuple(key for key in keys if key not in state.logs)


def with_complaints(findings: Iterable[Finding], state: ClusterState) -> tuple[Finding, ...]:
    """The findings, each with what its program complains of, where it does."""
    relations = Relations.over(state)
    return tuple(_told(finding, relations) for finding in findings)


def _told(finding: Finding, relations: Relations) -> Finding:
    if finding.code not in _FELT or "recovered_at" in finding.facts:
        return finding
    workload = workload_of(finding.object, relations)
    for key in _logs_of(relations, workload) if workload else ():
        if lines := complaints(relations.state.logs.get(key, "")):
            known = {"last_line": lines[-1].strip()[:300], **finding.facts}
            seen = _seen(relations.state, key, lines, relations.get("Pod", key.namespace, key.pod) or {})
            return replace(finding, facts=known, evidence=(*finding.evidence, seen))
    return finding


def _logs_of(relations: Relations, workload: Workload) -> Iterator[LogKey]:
    ready = [pod for pod in relations.live_pods(workload) if is_ready(pod)]
    for pod in sorted(ready, key=lambda pod: str(pod["metadata"]["name"]))[:_PODS]:
        yield LogKey(workload.ref.namespace, pod["metadata"]["name"], _main_container(pod), previous=False)


def _main_container(pod: Json) -> str:
    return str(dig(pod, "metadata", "annotations", _MAIN) or dig(pod, "spec", "containers", 0, "name", default=""))


def _seen(state: ClusterState, key: LogKey, lines: list[str], pod: Json) -> Evidence:
    text = safe("\n".join(line[:500] for line in lines), cap=3000)
    return observed(
        "logs",
        f"{key.pod}/{key.container} complaints",
        f"{key.container} complains: {text.splitlines()[-1].strip()[:200]}",
        sample=text,
        check=kubectl(state.context, key.namespace, "logs", key.pod, "-c", key.container, "--tail=60"),
        trust="untrusted",
        objects=(state.ref("Pod", pod),),
    )
