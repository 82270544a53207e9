"""A finding that an earlier look showed and this one may have missed, kept while what it is about is still in trouble.

A container in a crash loop runs between two crashes, a log is read a moment too late, an event has just expired: one
look may miss what the one before it saw. What it is about must still be what it was, and still not be well.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from domain.cluster_state import ClusterState
from domain.evidence import Evidence
from domain.findings import Finding, Severity
from domain.objects import ObjectRef
from domain.plain_json import Json
from tools.detectors.causes import own_confidence
from tools.kubernetes.moments import ago, spoken
from tools.kubernetes.pods import is_ready
from tools.kubernetes.relations import Relations

_COME_AND_GO = frozenset({"config-missing", "image-pull", "out-of-memory", "crash-loop", "probe-failing"})
"""What rests on the state of a moment; the others read what stays until somebody changes it."""
_KEPT = timedelta(minutes=15)
_SEEN = " (seen "
_OF_THE_MOMENT = ("pod", "pods", "ready", "replicas", "restarts")


@dataclass(frozen=True, slots=True)
class Held:
    """What was found, and what must not have changed since for it to hold."""

    finding: Finding
    at: datetime
    template: str
    """Digest of the pod template that it was found with."""

    @classmethod
    def of(cls, finding: Finding, state: ClusterState) -> "Held | None":
        """Worth keeping, or None for what no later look can miss."""
        if finding.code not in _COME_AND_GO or finding.object.kind in {"Job", "CronJob"}:
            return None
        return cls(finding, state.now, _template(finding.object, state))

    def as_json(self) -> Json:
        """Plain values; of the evidence only the ids."""
        found = self.finding
        return {
            "code": found.code,
            "severity": int(found.severity),
            "object": found.object.as_json(),
            "title": found.title,
            "since": found.since.isoformat() if found.since else "",
            "facts": dict(found.facts),
            "evidence": [piece.id for piece in found.evidence],
            "at": self.at.isoformat(),
            "template": self.template,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any], evidence: Iterable[Evidence]) -> "Held":
        """The inverse of `as_json`, with the evidence that the ids stand for."""
        known = {piece.id: piece for piece in evidence}
        finding = Finding(
            code=value["code"],
            severity=Severity(value["severity"]),
            object=ObjectRef(**value["object"]),
            title=value["title"],
            evidence=tuple(known[name] for name in value["evidence"] if name in known),
            since=datetime.fromisoformat(value["since"]) if value["since"] else None,
            facts=value["facts"],
        )
        return cls(finding, datetime.fromisoformat(value["at"]), value["template"])


def with_held(findings: tuple[Finding, ...], held: Held | None, state: ClusterState) -> tuple[Finding, ...]:
    """The findings of a look, together with what was seen before it, where that still holds."""
    if held is None or ago(held.at, state.now) > _KEPT or _template(held.finding.object, state) != held.template:
        return findings
    fresh = next((finding for finding in findings if finding.id == held.finding.id), None)
    if fresh is None:
        return (*findings, _as_seen(held, state)) if _is_unwell(held.finding.object, state) else findings
    if own_confidence(fresh) >= own_confidence(held.finding):
        return findings
    return tuple(_better_told(fresh, held, state) if finding is fresh else finding for finding in findings)


def is_held(finding: Finding) -> bool:
    """Whether it was seen by an earlier look and not by this one."""
    return "seen_before" in finding.facts


def _is_unwell(ref: ObjectRef, state: ClusterState) -> bool:
    """Whether the workload is short of pods, or has one that is not ready, old pods that still serve or not."""
    relations = Relations.over(state)
    workload = relations.workload(ref)
    pods = relations.live_pods(workload)
    return not all(map(is_ready, pods)) or len(pods) < workload.wanted


def _as_seen(held: Held, state: ClusterState) -> Finding:
    found = held.finding
    facts = {**found.facts, "seen_before": held.at.isoformat()}
    return replace(found, facts=facts, evidence=_dated(held, state))


def _better_told(fresh: Finding, held: Held, state: ClusterState) -> Finding:
    """The same trouble, of which the earlier look saw more of the reason."""
    now = {name: fresh.facts[name] for name in _OF_THE_MOMENT if name in fresh.facts}
    pieces = {piece.id: piece for piece in (*_dated(held, state), *fresh.evidence)}
    facts = {**held.finding.facts, **now, "seen_before": held.at.isoformat()}
    return replace(fresh, title=held.finding.title, facts=facts, evidence=tuple(pieces.values()))


def _dated(held: Held, state: ClusterState) -> tuple[Evidence, ...]:
    when = f"{_SEEN}{spoken(ago(held.at, state.now))} ago)"
    return tuple(replace(piece, summary=piece.summary.partition(_SEEN)[0] + when) for piece in held.finding.evidence)


def _template(ref: ObjectRef, state: ClusterState) -> str:
    template = Relations.over(state).workload(ref).template
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:16]
