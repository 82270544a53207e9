"""A container needs a ConfigMap, a Secret or a key that is not there; the kubelet or the crash itself says so."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches

from domain.cluster_state import ClusterState, LogKey
from domain.evidence import Evidence
from domain.findings import Finding
from domain.objects import ObjectRef
from domain.plain_json import Json, dig
from tools.detectors import facts
from tools.detectors.crash_loop import last_words
from tools.detectors.troubled import Group, grouped, present
from tools.kubernetes.config_edits import edited, edits_since_applied, last_applied
from tools.kubernetes.history import is_secret_looking
from tools.kubernetes.moments import ago, created, spoken
from tools.kubernetes.pods import Container, phase
from tools.kubernetes.references import Missing, missing_by_message, references
from tools.kubernetes.relations import Relations, Workload, labels_of
from tools.kubernetes.restarts import keeps_restarting, why_restarting
from tools.kubernetes.seen import event_seen, list_seen, object_seen

CODE = "config-missing"

_CREATING_TOO_LONG = timedelta(seconds=60)
_NAMES_A_LACK = re.compile(
    r"missing|required|undefined|unset|not set|not defined|must be (?:set|provided|given)|no such|keyerror|"
    r"not (?:found|provided|configured|present)|"
    r"no value|is (?:empty|null|nil)|cannot find|could(?:n't| not) find|lookup",
    re.IGNORECASE,
)
_SETTING = re.compile(r"(?<![\w.])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w])")


@dataclass(frozen=True, slots=True)
class _Lack:
    """What is missing, and how we know."""

    missing: Missing
    told_by: Evidence | None
    sure: bool = True
    """False where only the crash's own words and an edit of the ConfigMap point at it."""


def find(state: ClusterState) -> Iterator[Finding]:
    relations = Relations.over(state)
    lacks: dict[tuple[str, str], _Lack] = {}

    def lacks_config(workload: Workload, container: Container) -> bool:
        key = (dig(container.pod, "metadata", "uid", default=container.pod["metadata"]["name"]), container.name)
        lack = (
            _told_by_kubelet(relations, container)
            or _mount_failed(relations, container)
            or _told_by_crash(relations, workload, container)
        )
        if lack is not None:
            lacks[key] = lack
        return lack is not None

    reported: set[tuple[ObjectRef, Missing]] = set()
    for group in grouped(relations, lacks_config):
        worst = group.worst
        lack = lacks[dig(worst.pod, "metadata", "uid", default=worst.pod["metadata"]["name"]), worst.name]
        if (group.workload.ref, lack.missing) in reported:
            continue  # A volume that cannot be mounted holds up every container of the pod: one thing to say.
        reported.add((group.workload.ref, lack.missing))
        yield _finding(relations, group, lack)


def _told_by_kubelet(relations: Relations, container: Container) -> _Lack | None:
    if container.waiting_reason != "CreateContainerConfigError":
        return None
    missing = missing_by_message(container.waiting_message, dig(container.pod, "spec", default={}))
    if missing is None:
        return None
    told = object_seen(
        relations.state,
        relations.state.ref("Pod", container.pod),
        f"status of container {container.name}",
        f"{container.name} waits with CreateContainerConfigError",
        sample=container.waiting_message,
    )
    return _Lack(missing, told)


def _mount_failed(relations: Relations, container: Container) -> _Lack | None:
    """A volume's ConfigMap or Secret is missing: the container is not even created."""
    state, pod = relations.state, container.pod
    if phase(pod) != "Pending" or container.waiting_reason not in {"", "ContainerCreating", "PodInitializing"}:
        return None
    if not dig(pod, "spec", "nodeName"):
        return None
    for event in relations.events("Pod", pod):
        if event.get("reason") == "FailedMount":
            missing = missing_by_message(str(event.get("message", "")), dig(pod, "spec", default={}))
            if missing is not None and not _is_there_by_now(relations, pod, missing):
                return _Lack(missing, event_seen(state, event, state.ref("Pod", pod)))
    if ago(created(pod), state.now) < _CREATING_TOO_LONG or not state.can_tell("ConfigMap"):
        return None
    for reference in references(dig(pod, "spec", default={})):
        if reference.kind == "ConfigMap" and reference.how.startswith("volume") and not reference.optional:
            config_map = relations.get("ConfigMap", pod["metadata"].get("namespace", ""), reference.name)
            if config_map is None:
                return _Lack(Missing("ConfigMap", reference.name, ""), None)
            if reference.key and reference.key not in _keys(config_map):
                return _Lack(Missing("ConfigMap", reference.name, reference.key), None)
    return None


def _told_by_crash(relations: Relations, workload: Workload, container: Container) -> _Lack | None:
    """The program ends because a setting is gone: its log names a key that its ConfigMap lost."""
    if not keeps_restarting(container, relations) or why_restarting(relations, container) != "crash":
        return None
    lines = _log_lines(relations, workload, container)
    if not lines:
        return None
    spec = dig(container.pod, "spec", default={})
    names = dict.fromkeys(
        r.name
        for r in references(spec)
        if r.kind == "ConfigMap"
        and r.container in {"", container.name}
        and not (r.how.startswith("env ") and not r.optional)
    )
    namespace = container.pod["metadata"].get("namespace", "")
    maps = [item for name in names if (item := relations.get("ConfigMap", namespace, name)) is not None]
    told = last_words(relations.state, container)
    for item in maps:
        for edit in edits_since_applied(item):
            if edit.vanished and any(_names(line, edit.key) for line in lines):
                return _Lack(Missing("ConfigMap", item["metadata"]["name"], edit.key), told)
    return _setting_nobody_gives(relations, container, maps, lines, told)


def _setting_nobody_gives(
    relations: Relations, container: Container, maps: list[Json], lines: list[str], told: Evidence | None
) -> _Lack | None:
    """The log asks for a variable that nothing supplies, and one of its ConfigMaps was edited before that."""
    asked = [name for line in reversed(lines) if _NAMES_A_LACK.search(line) for name in _SETTING.findall(line)]
    given = {entry.get("name") for entry in container.spec.get("env") or ()}
    given |= {key for item in maps for key in _keys(item)}
    wanted = next((name for name in asked if name not in given), None)
    if wanted is None:
        return None
    from_maps = {
        r.name for r in references({"containers": [container.spec]}) if r.kind == "ConfigMap" and r.how == "envFrom"
    }
    edits = [
        (when[0], item)
        for item in maps
        if item["metadata"]["name"] in from_maps
        and (when := edited(item, "data"))
        and ago(when[0], relations.state.now) < timedelta(days=1)
    ]
    if len(edits) != 1:
        return None
    return _Lack(Missing("ConfigMap", edits[0][1]["metadata"]["name"], wanted), told, sure=False)


def _finding(relations: Relations, group: Group, lack: _Lack) -> Finding:
    state, container, missing = relations.state, group.worst, lack.missing
    namespace = group.workload.ref.namespace
    known = {
        **facts.about(relations, group.workload, container),
        "config_kind": missing.kind,
        "config_name": missing.name,
        "config_key": missing.key,
        "pods": str(len(group.containers)),
        "confidence": "0.96" if lack.sure else "0.75",
    }
    if container.exit_code is not None:
        known["exit_code"] = str(container.exit_code)
    words = last_words(state, container)
    if words:
        known["last_line"] = words.sample.splitlines()[-1].strip()[:300]
    item = relations.get(missing.kind, namespace, missing.name)
    what = f"{missing.kind} {missing.name}"
    if missing.key:
        what = f"key {missing.key} of {what}"
    if item is not None and missing.key:
        known |= _previous_value(item, missing.key)
        if near := get_close_matches(missing.key, _keys(item), n=1, cutoff=0.75):
            known["nearest_key"] = near[0]
    elif not missing.key and missing.kind == "ConfigMap":
        names = [other["metadata"]["name"] for other in state.of("ConfigMap", namespace)]
        if near := get_close_matches(missing.name, names, n=1, cutoff=0.75):
            known["nearest_name"] = near[0]
    config = _config_seen(relations, namespace, missing, item)
    changed = edited(item, "data") if item is not None else None
    stopped = facts.began([c.pod for c in group.containers])
    # Trouble begins with the edit, unless the pods were in trouble before it.
    since = min(changed[0], stopped) if changed and stopped else stopped
    return Finding(
        code=CODE,
        severity=facts.severity(group.workload),
        object=group.workload.ref,
        title=f"{group.workload.ref.name} needs {what}, which is not there",
        evidence=present(
            _pods_seen(relations, group), lack.told_by, words, config, facts.changed(state, group.workload, since)
        ),
        since=since,
        facts=known,
    )


def _pods_seen(relations: Relations, group: Group) -> Evidence:
    container = group.worst
    how = container.waiting_reason or f"exit code {container.exit_code}"
    return object_seen(
        relations.state,
        relations.state.ref("Pod", container.pod),
        f"status of container {container.name}",
        f"{container.name} does not start: {how} ({group.how_many})",
        sample=container.waiting_message or str(container.last_end.get("message", "")),
        also=(group.workload.ref, *group.pods(relations)[1:]),
    )


def _config_seen(relations: Relations, namespace: str, missing: Missing, item: Json | None) -> Evidence | None:
    """The ConfigMap without the key, or its absence; Secrets are never read, so nothing is said about them."""
    state = relations.state
    if missing.kind != "ConfigMap":
        return None
    if item is None:
        if not state.can_tell("ConfigMap"):
            return None
        return list_seen(
            state,
            "ConfigMap",
            namespace,
            f"named {missing.name}",
            f"There is no ConfigMap {missing.name} in {namespace}",
        )
    edits = edits_since_applied(item)
    when = edited(item, "data")
    told = f", edited {spoken(ago(when[0], state.now))} ago by {when[1]}" if when else ""
    keys = sorted(_keys(item))
    return object_seen(
        state,
        state.ref("ConfigMap", item),
        "data",
        f"ConfigMap {missing.name} has no key {missing.key}{told}",
        sample="\n".join([*map(str, edits), f"keys now: {', '.join(keys[:20])}"]),
    )


def _previous_value(item: Json, key: str) -> dict[str, str]:
    value = dig(last_applied(item) or {}, "data", key)
    if not isinstance(value, str) or is_secret_looking(key, value):
        return {}
    return {"config_value": value}


def _is_there_by_now(relations: Relations, pod: Json, missing: Missing) -> bool:
    item = relations.get(missing.kind, pod["metadata"].get("namespace", ""), missing.name)
    return item is not None and (not missing.key or missing.key in _keys(item))


def _keys(config_map: Json) -> list[str]:
    return [*dig(config_map, "data", default={}), *dig(config_map, "binaryData", default={})]


def _log_lines(relations: Relations, workload: Workload, container: Container) -> list[str]:
    """What it said last; where nobody read that, what its siblings of the same template said."""
    template = labels_of(container.pod).get("pod-template-hash")
    siblings = [p for p in relations.live_pods(workload) if labels_of(p).get("pod-template-hash") == template]
    for pod in [container.pod, *siblings]:
        lines: list[str] = []
        for previous in (True, False):
            metadata = pod["metadata"]
            key = LogKey(metadata.get("namespace", ""), metadata["name"], container.name, previous)
            lines += relations.state.logs.get(key, "").splitlines()[-30:]
        if lines:
            return lines
    return []


def _names(line: str, key: str) -> bool:
    """Whether a log line names the key, as it is or as the variable that programs make of it."""
    variable = re.sub(r"[^A-Za-z0-9]", "_", key)
    return any(re.search(rf"(?<![\w]){re.escape(name)}(?![\w])", line, re.IGNORECASE) for name in {key, variable})
