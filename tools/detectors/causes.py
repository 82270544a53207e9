"""Folds findings into causes: one root with everything that follows from it, at most three, best first."""

from collections.abc import Iterable
from math import sqrt

from domain.cluster_state import ClusterState
from domain.findings import Cause, Finding, Severity
from tools.detectors.explains import explanation
from tools.kubernetes.relations import Relations

AT_MOST = 3
_COMPARED = 200

_TRUST = {
    "config-missing": 0.95,
    "image-pull": 0.95,
    "claim-pending": 0.95,
    "unschedulable": 0.92,
    "out-of-memory": 0.9,
    "service-without-endpoints": 0.88,
    "probe-failing": 0.8,
    "crash-loop": 0.75,
    "pool-exhausted": 0.85,
    "autoscaler-at-limit": 0.85,
    "cpu-saturated": 0.7,
    "memory-near-limit": 0.6,
    "rollout-stuck": 0.6,
    "errors-high": 0.5,
    "latency-high": 0.5,
    "alert-firing": 0.4,
}
"""How well a finding of this code explains itself: a symptom is true but says little about why."""


def fold(findings: Iterable[Finding], state: ClusterState) -> tuple[Cause, ...]:
    """At most three causes, the first explaining most of what is wrong; what is over or only worth knowing is none."""
    active = [f for f in findings if f.is_trouble]
    active = sorted({f.id: f for f in active}.values(), key=_weight, reverse=True)
    total = sum(map(_weight, active)) or 1
    # Comparing each with each is for what a person could read; in a general collapse the gravest tell enough.
    active = active[:_COMPARED]
    relations = Relations.over(state)
    parents, sentences = _parents(active, relations)
    causes = []
    for root in (f for f in active if f.id not in parents):
        followers = [f for f in active if f is not root and _root(f.id, parents) == root.id]
        share = (_weight(root) + sum(map(_weight, followers))) / total
        causes.append((share, _cause(root, followers, sentences, share, state)))
    causes.sort(key=lambda pair: (-pair[0], -pair[1].confidence, str(pair[1].finding.object)))
    return tuple(cause for _, cause in causes[:AT_MOST])


def own_confidence(finding: Finding) -> float:
    """How sure a finding is of itself, from 0 to 1, before what else speaks for or against it."""
    return float(finding.facts.get("confidence", _TRUST.get(finding.code, 0.5)))


def _parents(active: list[Finding], relations: Relations) -> tuple[dict[str, str], dict[str, str]]:
    """Each consequence's cause, by id, and the sentence that connects them; never in a circle."""
    parents: dict[str, str] = {}
    sentences: dict[str, str] = {}
    by_trust = sorted(active, key=lambda f: -_TRUST.get(f.code, 0.5))
    for other in active:
        for cause in by_trust:
            if cause is other or _root(cause.id, parents) == other.id:
                continue
            if sentence := explanation(cause, other, relations):
                parents[other.id], sentences[other.id] = cause.id, sentence
                break
    return parents, sentences


def _root(finding: str, parents: dict[str, str]) -> str:
    while finding in parents:
        finding = parents[finding]
    return finding


def _weight(finding: Finding) -> float:
    """How much is wrong: pods concerned, with diminishing returns, and thrice for what serves nothing any more."""
    pods = int(finding.facts.get("pods", "1")) if finding.facts.get("pods", "1").isdigit() else 1
    return (3.0 if finding.severity is Severity.critical else 1.0) * sqrt(1 + min(pods, 100))


def _cause(
    root: Finding, followers: list[Finding], sentences: dict[str, str], share: float, state: ClusterState
) -> Cause:
    supporting = [*(e.summary for e in root.evidence), *(sentences[f.id] for f in followers)]
    against = _against(root, share, state)
    confidence = own_confidence(root) * (0.8 + 0.2 * share) - 0.05 * len(against)
    followers.sort(key=lambda f: (-f.severity, f.code, str(f.object)))
    return Cause(
        finding=root,
        confidence=round(min(max(confidence, 0.05), 0.99), 2),
        consequences=tuple(followers),
        supporting=tuple(dict.fromkeys(supporting)),
        against=against,
    )


def _against(root: Finding, share: float, state: ClusterState) -> tuple[str, ...]:
    """What speaks against it, or keeps it from being certain."""
    found = []
    if share < 0.5:
        found.append("Most of what is wrong here is not explained by it.")
    if root.code in {"crash-loop", "out-of-memory"} and not any(e.source == "logs" for e in root.evidence):
        found.append("No log of the failing container could be read.")
    unread = [kind for kind, coverage in state.coverage.items() if coverage in {"forbidden", "slow"}]
    if unread:
        found.append(f"Not everything could be read: {', '.join(sorted(unread))}.")
    return tuple(found)
