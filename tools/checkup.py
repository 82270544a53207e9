"""What is wrong here: one look at a cluster and its metrics, folded into causes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Literal, TypeVar

from domain.cluster_state import ClusterState
from domain.errors import ToolFailed
from domain.evidence import Evidence, evidence_as_json
from domain.findings import Cause, Finding
from domain.look import Look
from domain.plain_json import Json
from tools.detectors.catalog import find_all
from tools.detectors.causes import fold
from tools.detectors.complaining import logs_to_read, with_complaints
from tools.detectors.held import Held, with_held
from tools.detectors.preceding import with_preceding_changes
from tools.kubernetes.client import KubeClient
from tools.kubernetes.kinds import ESSENTIAL_KINDS
from tools.kubernetes.logs import read_few, with_logs
from tools.kubernetes.state import read_state

if TYPE_CHECKING:
    from tools.prometheus.signals import Signals
    from tools.prometheus.source import MetricsSource

T = TypeVar("T")

Health = Literal["healthy", "degraded", "unknown"]


@dataclass(frozen=True, slots=True)
class Checkup:
    """The result of one look."""

    state: ClusterState
    causes: tuple[Cause, ...]
    findings: tuple[Finding, ...]
    evidence: tuple[Evidence, ...]
    coverage: Mapping[str, str]
    took: Mapping[str, float]
    """Seconds per part: `kubernetes`, `prometheus`, `detectors`, `total`."""
    notes: tuple[str, ...]
    signals: "Signals | None" = None
    """What the metrics said, where there is a metrics source that answered."""

    @property
    def health(self) -> Health:
        """Healthy only where enough was seen to say so."""
        if self.causes:
            return "degraded"
        return "healthy" if all(self.state.can_tell(kind) for kind in ESSENTIAL_KINDS) else "unknown"


async def checkup(
    client: KubeClient,
    look: Look,
    metrics: "MetricsSource | None" = None,
    *,
    on_progress: Callable[[str], None] | None = None,
    on_findings: Callable[[tuple[Finding, ...]], None] | None = None,
    held: Held | None = None,
) -> Checkup:
    """Read the cluster, then its metrics, find what is wrong, fold it.

    `on_findings` hears what the cluster alone shows, before the metrics are read. `held` is what an earlier look of the
    same conversation found, which this one may miss. Metrics that cannot be had are a
    note, not a failure. Raises ToolFailed when the cluster cannot be looked at.
    """
    began = perf_counter()
    took: dict[str, float] = {}
    state = await _timed(took, "kubernetes", read_state(client, look, on_progress=on_progress))
    found = tuple(find_all(state))
    if on_findings:
        on_findings(found)
    # One after the other: the metrics part asks the state which workload a series belongs to.
    signals, notes = await _timed(took, "prometheus", _read_metrics(metrics, look, state, on_progress))
    felt = signals.findings if signals else ()
    if felt:
        # Healthy pods say little by their state: their own words tell whom they wait for.
        state = with_logs(state, await read_few(client, look, logs_to_read(felt, state)))
        felt = with_complaints(felt, state)
    start = perf_counter()
    findings = with_held(with_preceding_changes((*found, *felt), state), held, state)
    causes = fold(findings, state)
    took["detectors"] = round(perf_counter() - start, 3)
    took["total"] = round(perf_counter() - began, 3)
    pieces = [*(e for f in findings for e in f.evidence), *(signals.evidence if signals else ())]
    return Checkup(
        state=state,
        causes=causes,
        findings=findings,
        evidence=tuple({piece.id: piece for piece in pieces}.values()),
        coverage={**state.coverage, "metrics": "read" if signals else "absent"},
        took=took,
        notes=(*state.notes, *notes),
        signals=signals,
    )


async def _timed(took: dict[str, float], part: str, work: Awaitable[T]) -> T:
    start = perf_counter()
    try:
        return await work
    finally:
        took[part] = round(perf_counter() - start, 3)


async def _read_metrics(
    metrics: "MetricsSource | None", look: Look, state: ClusterState, on_progress: Callable[[str], None] | None
) -> "tuple[Signals | None, tuple[str, ...]]":
    if metrics is None:
        return None, ("No metrics source is set, so nothing was read from Prometheus.",)
    from tools.prometheus.signals import read_signals

    try:
        signals = await read_signals(
            metrics, look, namespaces=look.scope.namespaces, window=look.window, state=state, on_progress=on_progress
        )
    except ToolFailed as failed:
        return None, (str(failed),)
    return signals, tuple(signals.notes)


def as_json(done: Checkup) -> Json:
    """The public JSON form: `hilda check -o json`."""
    return {
        "state": done.health,
        "causes": [
            {
                "code": cause.finding.code,
                "object": cause.finding.object.as_json(),
                "confidence": cause.confidence,
                "title": cause.finding.title,
                "since": _time(cause.finding),
                "evidence": [piece.id for piece in cause.finding.evidence],
                "consequences": [finding.id for finding in cause.consequences],
            }
            for cause in done.causes
        ],
        "findings": [
            {
                "id": finding.id,
                "code": finding.code,
                "severity": finding.severity.name,
                "object": finding.object.as_json(),
                "title": finding.title,
                "since": _time(finding),
                "evidence": [piece.id for piece in finding.evidence],
            }
            for finding in done.findings
        ],
        "evidence": [evidence_as_json(piece) for piece in done.evidence],
        "coverage": dict(done.coverage),
        "took": dict(done.took),
    }


def _time(finding: Finding) -> str | None:
    return finding.since.isoformat() if finding.since else None
