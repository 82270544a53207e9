"""A container is killed for using more memory than its limit, and it is not over."""

from collections.abc import Iterator
from datetime import timedelta

from domain.cluster_state import ClusterState
from domain.findings import Finding
from tools.detectors import facts
from tools.detectors.crash_loop import last_words
from tools.detectors.troubled import Group, grouped, present
from tools.kubernetes.moments import ago, spoken
from tools.kubernetes.pods import Container
from tools.kubernetes.relations import Relations
from tools.kubernetes.restarts import keeps_restarting, why_restarting
from tools.kubernetes.seen import object_seen

CODE = "out-of-memory"

_LATELY = timedelta(minutes=10)


def find(state: ClusterState) -> Iterator[Finding]:
    relations = Relations.over(state)
    for group in grouped(relations, lambda _, container: _killed_lately(relations, container)):
        # One kill that was survived is not trouble; two in ten minutes, or a pod that does not come back, are.
        if len(group.containers) > 1 or keeps_restarting(group.worst, relations):
            yield _finding(relations, group)


def _killed_lately(relations: Relations, container: Container) -> bool:
    if container.last_end.get("reason") != "OOMKilled" or why_restarting(relations, container) != "out-of-memory":
        return False
    return keeps_restarting(container, relations) or ago(container.last_end_at, relations.state.now) < _LATELY


def _finding(relations: Relations, group: Group) -> Finding:
    state, container = relations.state, group.worst
    known = {
        **facts.about(relations, group.workload, container),
        "exit_code": str(container.exit_code),
        "pods": str(len(group.containers)),
    }
    limit = known.get("memory_limit", "")
    before = known.get("previous_memory_limit", limit)
    lowered = f", which was {before} before" if before != limit else ""
    bound = f"its memory limit of {limit}{lowered}" if limit else "the node's memory (it has no limit of its own)"
    when = spoken(ago(container.last_end_at, state.now))
    status = object_seen(
        state,
        state.ref("Pod", container.pod),
        f"status of container {container.name}",
        f"{container.name} was OOMKilled {when} ago, limit {limit or 'none'} ({group.how_many})",
        sample=f"lastState.terminated.reason: OOMKilled\nresources.limits.memory: {limit or 'not set'}",
        also=(group.workload.ref, *group.pods(relations)[1:]),
    )
    since = facts.began([c.pod for c in group.containers], *facts.restarting_since(group.containers, state.now))
    return Finding(
        code=CODE,
        severity=facts.severity(group.workload),
        object=group.workload.ref,
        title=f"{group.workload.ref.name} is killed for memory: {container.name} reaches {bound}",
        evidence=present(status, last_words(state, container), facts.changed(state, group.workload, since)),
        since=since,
        facts=known,
    )
