"""What a fix may need to know about a workload in trouble: observed values, as text, and the change behind it."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from domain.cluster_state import ClusterState
from domain.evidence import Evidence
from domain.findings import Severity
from domain.plain_json import Json, dig
from tools.kubernetes.history import (
    RESTARTED_AT,
    FieldChange,
    Revision,
    difference,
    env_source,
    is_secret_looking,
    revisions,
    template_written,
)
from tools.kubernetes.moments import ago, created, moment, spoken
from tools.kubernetes.pods import Container, condition, is_ready
from tools.kubernetes.relations import Relations, Workload
from tools.kubernetes.seen import object_seen

_SHORTLY = timedelta(hours=1)
_A_HABIT = 3
_LONGEST_PAUSE = timedelta(minutes=5, seconds=30)
"""Between two tries of a container: the back-off, and a little for the try itself."""


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
        if begun := rolled_out_at(workload, current, previous):
            facts["rolled_out_at"] = begun.isoformat()
    if current and previous:
        facts["previous_revision"] = str(previous.number)
        facts |= _of_change(previous, current, container)
    return facts


def changes_between(previous: Revision, current: Revision) -> tuple[FieldChange, ...]:
    """What a rollout changed; a mere restart changes nothing."""
    changes = difference(previous.template, current.template)
    return tuple(change for change in changes if RESTARTED_AT not in change.path)


def rolled_out_at(workload: Workload, current: Revision, previous: Revision | None) -> datetime | None:
    """When the present revision was rolled out: when it was made, or when its template was taken up again."""
    if previous and previous.created and current.created and previous.created > current.created:
        return template_written(workload.item) or current.created
    return current.created


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
    if current is None or previous is None:
        return None
    at, changes = rolled_out_at(workload, current, previous), changes_between(previous, current)
    if not changes or not just_before(at, since):
        return None
    when = f", rolled out {spoken(ago(at, state.now))} ago" if at else ""
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


def restarting_since(containers: Iterable[Container], now: datetime) -> tuple[datetime, ...]:
    """When pods were made that restarted evenly all their lives: their trouble is as old as they are."""
    begun = [(created(c.pod), c.restarts) for c in containers if c.restarts >= _A_HABIT]
    return tuple(at for at, restarts in begun if at and now - at <= restarts * _LONGEST_PAUSE)


def environment_changes(state: ClusterState, workload: Workload, container: Container) -> list[tuple[str, str, str]]:
    """Plain variables that the newest rollout changed in a container: name, value before, value now; no secrets."""
    current, previous = turn(state, workload)
    if current is None or previous is None:
        return []
    return [
        (name, change.old, change.new)
        for change in changes_between(previous, current)
        if (name := _variable(change, container.name)) and _is_plain((previous, current), container.name, name)
    ]


def _of_change(previous: Revision, current: Revision, container: Container | None) -> dict[str, str]:
    changes = changes_between(previous, current)
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
    variables = [(variable, change) for change in changes if (variable := _variable(change, name))]
    if len(variables) == 1:
        variable, change = variables[0]
        facts["env_name"] = variable
        if _is_plain((previous, current), name, variable):
            facts |= {"env_value": change.new, "previous_env_value": change.old}
    return facts


def _variable(change: FieldChange, container: str) -> str:
    """The environment variable that a change is about as a whole; "" for every other change."""
    found = re.fullmatch(rf".*ontainers\[{re.escape(container)}\]\.env\[([^\]]+)\]", change.path)
    return found[1] if found else ""


def _is_plain(revisions: Iterable[Revision], container: str, name: str) -> bool:
    """Whether the variable's value stands in every template itself, and is no secret."""
    templates = (c for revision in revisions for c in _containers(revision.template) if c.get("name") == container)
    entries: list[Json] = [e for c in templates for e in c.get("env") or () if e.get("name") == name]
    return not any(env_source(e) or is_secret_looking(name, str(e.get("value", ""))) for e in entries)


def _only_changed_container(changes: Sequence[FieldChange]) -> str:
    names = {
        change.path.partition("ontainers[")[2].partition("]")[0] for change in changes if "ontainers[" in change.path
    }
    return names.pop() if len(names) == 1 else ""


def _containers(template: Json) -> list[Json]:
    return [*dig(template, "spec", "initContainers", default=[]), *dig(template, "spec", "containers", default=[])]
