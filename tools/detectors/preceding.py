"""The change that came just before the trouble: adds to findings what was rolled out or edited then."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from domain.cluster_state import ClusterState
from domain.evidence import Evidence
from domain.findings import Finding
from domain.objects import ObjectRef
from domain.plain_json import Json, dig
from tools.detectors import facts
from tools.detectors.blame import blamed
from tools.kubernetes.config_edits import KeyEdit, edited, edits_since_applied
from tools.kubernetes.history import is_secret_looking
from tools.kubernetes.moments import spoken
from tools.kubernetes.references import references
from tools.kubernetes.relations import Relations, Workload
from tools.kubernetes.seen import object_seen

_BEFORE = timedelta(minutes=30)
_SYMPTOMS = frozenset({"errors-high", "latency-high", "cpu-saturated"})
"""What explains little by itself, and more with the change that came just before it."""
_CLOCKS_DIFFER = timedelta(minutes=2)
"""Metrics are scraped and evaluated in steps, so that trouble may seem to begin a little before its cause."""


def with_preceding_changes(findings: Iterable[Finding], state: ClusterState) -> tuple[Finding, ...]:
    """The findings, each with the rollout or the edit that came just before it where there is exactly one such."""
    relations = Relations.over(state)
    return tuple(_explained(finding, relations) for finding in findings)


def _explained(finding: Finding, relations: Relations) -> Finding:
    workload = workload_of(finding.object, relations)
    if workload is None or "config_name" in finding.facts:
        return finding
    known: dict[str, str] = {}
    pieces: list[Evidence] = []
    if _rolled_out_before(finding, workload, relations.state):
        known |= facts.about(relations, workload) | {"preceded_by": "rollout"}
        pieces += [e for e in [facts.changed(relations.state, workload, finding.since)] if e]
    elif edit := _edited_config(finding, workload, relations):
        config_map, changes = edit
        known |= _workload_facts(workload) | _config_facts(config_map, changes)
        pieces.append(_edit_seen(relations.state, config_map, changes))
    if not known and not pieces:
        return finding
    if finding.code in _SYMPTOMS:
        known["confidence"] = "0.75"
    evidence = tuple({piece.id: piece for piece in [*finding.evidence, *pieces]}.values())
    return replace(finding, facts={**known, **finding.facts}, evidence=evidence)


def workload_of(ref: ObjectRef, relations: Relations) -> Workload | None:
    """The workload that a finding is about: itself, its pod's owner, or the one thing behind its Service."""
    if ref.kind == "Service":
        selector = dig(relations.get("Service", ref.namespace, ref.name), "spec", "selector", default={})
        owners = {relations.owner(pod) for pod in relations.selected(ref.namespace, selector)}
        return relations.workload(owners.pop()) if len(owners) == 1 else None
    if ref.kind == "Pod":
        pod = relations.get("Pod", ref.namespace, ref.name)
        return relations.workload_of(pod) if pod else None
    return relations.workload(ref) if relations.get(ref.kind, ref.namespace, ref.name) else None


def _rolled_out_before(finding: Finding, workload: Workload, state: ClusterState) -> bool:
    """Whether a rollout that changed something came just before; a mere restart only reads what was edited."""
    current, previous = facts.turn(state, workload)
    if current is None or previous is None or not facts.changes_between(previous, current):
        return False
    return _came_before(facts.rolled_out_at(workload, current, previous), finding.since)


def _came_before(change: datetime | None, since: datetime | None) -> bool:
    return change is not None and since is not None and -_CLOCKS_DIFFER <= since - change <= _BEFORE


def _edited_config(
    finding: Finding, workload: Workload, relations: Relations
) -> tuple[Json, tuple[KeyEdit, ...]] | None:
    """The one ConfigMap of the workload that was edited just before, or whose edited key the log names."""
    spec = dig(workload.template, "spec", default={})
    names = dict.fromkeys(r.name for r in references(spec) if r.kind == "ConfigMap")
    found = []
    for name in names:
        item = relations.get("ConfigMap", workload.ref.namespace, name)
        if item is None:
            continue
        when, changes = edited(item, "data", "binaryData"), edits_since_applied(item)
        said = " ".join(
            [finding.facts.get("last_line", ""), *(e.sample for e in finding.evidence if e.source == "logs")]
        )
        values = [(c.key, c.old or "", c.new or "") for c in changes]
        named = tuple(c for c in changes if c.key in said or c.key == blamed(said, values))
        if when and _came_before(when[0], finding.since):
            found.append((item, named or changes))
        elif named:
            found.append((item, named))
    return found[0] if len(found) == 1 else None


def _workload_facts(workload: Workload) -> dict[str, str]:
    """Its name alone: its latest rollout has nothing to do with this."""
    ref = workload.ref
    return {"namespace": ref.namespace, "workload": ref.name, "workload_kind": ref.kind}


def _config_facts(config_map: Json, changes: tuple[KeyEdit, ...]) -> dict[str, str]:
    known = {
        "preceded_by": "config edit",
        "config_kind": "ConfigMap",
        "config_name": str(config_map["metadata"]["name"]),
    }
    if len(changes) == 1:
        change = changes[0]
        known["config_key"] = change.key
        if not any(value and is_secret_looking(change.key, value) for value in (change.old, change.new)):
            if change.old is not None:
                known["config_value"] = change.old
            if change.new is not None:
                known["present_config_value"] = change.new
    return known


def _edit_seen(state: ClusterState, config_map: Json, changes: tuple[KeyEdit, ...]) -> Evidence:
    when = edited(config_map, "data", "binaryData")
    told = f" {spoken(max(state.now - when[0], timedelta()))} ago by {when[1]}" if when else ""
    name, what = config_map["metadata"]["name"], "; ".join(map(str, changes[:3]))
    return object_seen(
        state,
        state.ref("ConfigMap", config_map),
        "data",
        f"ConfigMap {name} was edited{told}: {what or 'what it held before is not recorded'}",
        sample="\n".join(map(str, changes[:20])),
    )
