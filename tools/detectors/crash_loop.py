"""A container starts and ends again and again by its own doing; also a Job that gave up."""

from collections.abc import Iterator
from datetime import timedelta

from domain.cluster_state import ClusterState, LogKey
from domain.evidence import Evidence
from domain.findings import Finding, Severity
from domain.plain_json import Json, dig
from tools.detectors import facts
from tools.detectors.blame import blamed
from tools.detectors.troubled import Group, grouped, present
from tools.kubernetes.moments import ago, created, moment, spoken
from tools.kubernetes.pods import Container, condition, containers_of
from tools.kubernetes.references import missing_by_message
from tools.kubernetes.relations import Relations, Workload, event_time
from tools.kubernetes.restarts import explain_exit, keeps_restarting, why_restarting
from tools.kubernetes.seen import event_seen, log_seen, object_seen

CODE = "crash-loop"

_CANNOT_START = frozenset(
    {"CreateContainerError", "RunContainerError", "StartError", "PostStartHookError", "PreCreateHookError"}
)
_JOB_IS_NEWS = timedelta(hours=6)


def find(state: ClusterState) -> Iterator[Finding]:
    relations = Relations.over(state)
    for group in grouped(relations, lambda workload, container: _crashes(relations, workload, container)):
        yield _finding(relations, group)
    yield from _failed_jobs(relations)


def _crashes(relations: Relations, workload: Workload, container: Container) -> bool:
    if container.waiting_reason in _CANNOT_START or _is_refused(container):
        return True
    if workload.ref.kind in {"Job", "CronJob"} and container.restarts < 3:
        return False  # A Job has retries for that.
    return keeps_restarting(container, relations) and why_restarting(relations, container) == "crash"


def _is_refused(container: Container) -> bool:
    """The kubelet refuses the container's settings though nothing is missing: running as root, say."""
    spec = dig(container.pod, "spec", default={})
    return (
        container.waiting_reason == "CreateContainerConfigError"
        and missing_by_message(container.waiting_message, spec) is None
    )


def _finding(relations: Relations, group: Group) -> Finding:
    state, container = relations.state, group.worst
    ref = state.ref("Pod", container.pod)
    meaning = explain_exit(container.exit_code)
    known = {**facts.about(relations, group.workload, container), "pods": str(len(group.containers))}
    if container.exit_code is not None:
        known["exit_code"] = str(container.exit_code)
    setting, log = _blamed_setting(state, group, known)
    if log:
        known["last_line"] = log.sample.splitlines()[-1].strip()[:300]
    if container.waiting_reason in _CANNOT_START or _is_refused(container):
        title = f"{group.workload.ref.name} cannot start {container.name}: {container.waiting_reason}"
        told = f"{container.name} waits with {container.waiting_reason} ({group.how_many})"
    else:
        title = f"{group.workload.ref.name} crashes on start: exit code {container.exit_code}, {meaning}"
        told = (
            f"{container.name} restarted {container.restarts} times, last exit code {container.exit_code}: "
            f"{meaning} ({group.how_many}){_meanwhile(state, container)}"
        )
        if not _dies_young(container):
            title = f"{group.workload.ref.name} keeps crashing: exit code {container.exit_code}, {meaning}"
        if setting:
            title = f"{group.workload.ref.name} crashes since {setting}, which its last words name"
    status = object_seen(
        state,
        ref,
        f"status of container {container.name}",
        told,
        sample=container.waiting_message or str(container.last_end.get("message", "")),
        also=(group.workload.ref, *group.pods(relations)[1:]),
    )
    back_off = next(
        (e for e in relations.events("Pod", container.pod) if e.get("reason") in {"BackOff", "Failed"}), None
    )
    since = facts.began([c.pod for c in group.containers], *facts.restarting_since(group.containers, state.now))
    return Finding(
        code=CODE,
        severity=facts.severity(group.workload),
        object=group.workload.ref,
        title=title,
        evidence=present(
            status,
            log,
            event_seen(state, back_off, ref) if back_off else None,
            facts.changed(state, group.workload, since),
        ),
        since=since,
        facts=known,
    )


def _blamed_setting(state: ClusterState, group: Group, known: dict[str, str]) -> tuple[str, Evidence | None]:
    """The changed variable that the last words speak of, told with both values, and those words; "" where none is.

    A container may have been started again between two reads, so that either of its logs may be the one that tells.
    """
    changes = facts.environment_changes(state, group.workload, group.worst)
    logs = _all_words(state, group.worst)
    for log in logs:
        name = blamed(log.sample, changes)
        for variable, old, new in changes:
            if variable == name:
                known |= {"blamed_setting": name, "env_name": name, "env_value": new, "previous_env_value": old}
                known["confidence"] = "0.93"
                return f"{name} was changed from {old or 'nothing'} to {new}", log
    return "", logs[0] if logs else None


def last_words(state: ClusterState, container: Container) -> Evidence | None:
    """The end of the log of the try that failed; of the current try where the earlier log is gone."""
    return next(iter(_all_words(state, container)), None)


def _all_words(state: ClusterState, container: Container) -> tuple[Evidence, ...]:
    """The ends of its logs, of the try that failed first."""
    namespace, name = container.pod["metadata"].get("namespace", ""), container.pod["metadata"]["name"]
    before = LogKey(namespace, name, container.name, previous=True)
    current = LogKey(namespace, name, container.name, previous=False)
    order = (current, before) if container.terminated else (before, current)
    return present(*(log_seen(state, key) for key in order))


def _meanwhile(state: ClusterState, container: Container) -> str:
    """That it runs at the moment, which in a crash loop says little; "" where it does not."""
    if not container.is_running:
        return ""
    return f"; it has been running again for {spoken(ago(container.running_since, state.now))}"


def _dies_young(container: Container) -> bool:
    began, ended = moment(container.last_end.get("startedAt")), container.last_end_at
    return not (began and ended) or ended - began < timedelta(seconds=60)


def _failed_jobs(relations: Relations) -> Iterator[Finding]:
    """Jobs that used up their tries lately, unless a later Job of the same CronJob succeeded."""
    state = relations.state
    for job in state.of("Job"):
        failed = condition(job, "Failed")
        at = moment(failed.get("lastTransitionTime"))
        if failed.get("status") != "True" or ago(at, state.now) > _JOB_IS_NEWS:
            continue
        owner = relations.owner(job)
        if owner.kind == "CronJob" and _succeeded_later(relations, job, owner.name):
            continue
        ref = state.ref("Job", job)
        pods = [p for p in state.of("Pod", ref.namespace) if _is_of(p, job)]
        ended = next((c for p in pods for c in containers_of(p) if c.exit_code not in {None, 0}), None)
        log = last_words(state, ended) if ended else None
        event = next((e for e in relations.events("Job", job) if event_time(e) and e.get("type") == "Warning"), None)
        reason = str(failed.get("reason", "Failed"))
        known = {
            "namespace": ref.namespace,
            "workload_kind": owner.kind,
            "workload": owner.name,
            "job": ref.name,
            "why": reason,
        }
        if ended:
            known |= {"container": ended.name, "image": ended.image, "exit_code": str(ended.exit_code)}
        if log:
            known["last_line"] = log.sample.splitlines()[-1].strip()[:300]
        exit_told = f", exit code {ended.exit_code}: {explain_exit(ended.exit_code)}" if ended else ""
        yield Finding(
            code=CODE,
            severity=Severity.warning,
            object=owner,
            title=f"Job {ref.name} failed ({reason}{exit_told})",
            evidence=present(
                object_seen(
                    state, ref, "status.conditions", f"Job failed: {reason}", sample=str(failed.get("message", ""))
                ),
                log,
                event_seen(state, event, ref) if event else None,
            ),
            since=at,
            facts=known,
        )


def _succeeded_later(relations: Relations, job: Json, cron_job: str) -> bool:
    begun = created(job)
    for other in relations.state.of("Job", job["metadata"].get("namespace", "")):
        if relations.owner(other).name != cron_job or condition(other, "Complete").get("status") != "True":
            continue
        other_begun = created(other)
        if begun and other_begun and other_begun > begun:
            return True
    return False


def _is_of(pod: Json, job: Json) -> bool:
    uid = dig(job, "metadata", "uid")
    return any(owner.get("uid") == uid for owner in dig(pod, "metadata", "ownerReferences", default=[]))
