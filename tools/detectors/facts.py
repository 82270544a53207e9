"""What a fix may need to know about a workload in trouble: observed values, as text, and the change behind it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from domain.cluster_state import ClusterState
from domain.evidence import Evidence
from domain.findings import Severity
from domain.plain_json import Json, dig
from tools.kubernetes.history import FieldChange, Revision, difference, env_source, is_secret_looking, revisions
from tools.kubernetes.moments import ago, created, moment, spoken
from tools.kubernetes.pods import Container, condition, is_ready
from tools.kubernetes.relations import Relations, Workload
from tools.kubernetes.seen import object_seen

_SHORTLY = timedelta(hours=1)


def about(relations: Relations, workload: Workload, container: Container | None = None) -> dict[str, str]:
    """Names, images and revisions of a workload and of the container in question."""
    ref = workload.ref
    facts = {
        "namespace": ref.namespace,
        "workload_kind": ref.kind,
        "workload": ref.name,
        "replicas": str(workload.wanted),
        "ready": str(ready_pods(workload)),
    }
    if container is not None:
        facts |= {
            "container": container.name,
            "image": container.image,
            "pod": str(container.pod["metadata"]["name"]),
            "restarts": str(container.restarts),
        }
        if limit := dig(container.spec, "resources", "limits", "memory"):
            facts["memory_limit"] = str(limit)
    current, previous = turn(relations.state, workload)
    if current:
        facts["current_revision"] = str(current.number)
    if current and previous:
        facts["previous_revision"] = str(previous.number)
        facts |= _of_change(difference(previous.template, current.template), previous, container)
    return facts


def turn(state: ClusterState, workload: Workload) -> tuple[Revision | None, Revision | None]:
    """The revision that a Deployment is at, and the one to go back to: the newest older one that still serves."""
    if workload.ref.kind != "Deployment":
        return None, None
    known = revisions(state, workload.ref)
    if not known:
        return None, None
    older = known[1:]
    serving = next((revision for revision in older if revision.ready), None)
    return known[0], serving or (older[0] if older else None)


def changed(state: ClusterState, workload: Workload, since: datetime | None) -> Evidence | None:
    """What the newest rollout changed, as evidence; None where it was long before the trouble, or is not known."""
    current, previous = turn(state, workload)
    if current is None or previous is None or not just_before(current.created, since):
        return None
    changes = difference(previous.template, current.template)
    if not changes:
        return None
    when = f", rolled out {spoken(ago(current.created, state.now))} ago" if current.created else ""
    named = ", ".join(change.path for change in changes[:3]) + (", ..." if len(changes) > 3 else "")
    return object_seen(
        state,
        workload.ref,
        f"revision {previous.number} to {current.number}",
        f"Revision {current.number} differs from {previous.number} in {named}{when}",
        sample="\n".join(map(str, changes[:20])),
        check=("rollout", "history", f"deployment/{workload.ref.name}", f"--revision={current.number}"),
    )


def just_before(change: datetime | None, since: datetime | None) -> bool:
    """Whether a change came shortly before trouble began, or while it was there; True where that is not known."""
    return change is None or since is None or since - change < _SHORTLY


def severity(workload: Workload) -> Severity:
    """Critical where nothing of the workload is ready, else a warning."""
    return Severity.warning if ready_pods(workload) else Severity.critical


def ready_pods(workload: Workload) -> int:
    return sum(1 for pod in workload.pods if is_ready(pod) and dig(pod, "metadata", "deletionTimestamp") is None)


def began(pods: Iterable[Json], *first_signs: datetime | None) -> datetime | None:
    """The earliest moment that trouble can be dated to: a first sign, else when a pod stopped being ready."""
    signs = [at for at in first_signs if at is not None]
    if not signs:
        for pod in pods:
            ready = condition(pod, "Ready")
            at = moment(ready.get("lastTransitionTime")) if ready.get("status") == "False" else None
            signs += [at] if at else []
    if not signs:
        signs = [at for at in map(created, pods) if at is not None]
    return min(signs, default=None)


def _of_change(changes: Sequence[FieldChange], previous: Revision, container: Container | None) -> dict[str, str]:
    if not changes:
        return {}
    facts = {"changed_fields": ", ".join(change.path for change in changes)}
    name = container.name if container else _only_changed_container(changes)
    before = next((c for c in _containers(previous.template) if c.get("name") == name), None)
    if before is None:
        return facts
    facts["container"] = name
    for change in changes:
        if change.path.endswith(f"ontainers[{name}].image") and change.old and change.new:
            facts["previous_image"] = change.old
            facts.setdefault("image", change.new)
        if change.path.endswith(f"ontainers[{name}].resources.limits.memory") and change.old:
            facts["previous_memory_limit"] = change.old
    facts |= _of_environment([c for c in changes if f"ontainers[{name}].env[" in c.path], before)
    return facts


def _of_environment(changes: Sequence[FieldChange], before: Json) -> dict[str, str]:
    """The one environment variable that differs, in plain values; nothing when there are several or a secret."""
    if len(changes) != 1 or "." in changes[0].path.rpartition("]")[2]:
        return {}
    change = changes[0]
    name = change.path.rpartition("[")[2].rstrip("]")
    entry: Json = next((e for e in before.get("env") or () if e.get("name") == name), {})
    if env_source(entry) or is_secret_looking(name, str(entry.get("value", ""))) or is_secret_looking(name, change.new):
        return {"env_name": name}
    return {"env_name": name, "env_value": change.new, "previous_env_value": change.old}


def _only_changed_container(changes: Sequence[FieldChange]) -> str:
    names = {
        change.path.partition("ontainers[")[2].partition("]")[0] for change in changes if "ontainers[" in change.path
    }
    return names.pop() if len(names) == 1 else ""


def _containers(template: Json) -> list[Json]:
    return [*dig(template, "spec", "initContainers", default=[]), *dig(template, "spec", "containers", default=[])]
