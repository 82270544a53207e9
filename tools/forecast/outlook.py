"""What every forecast is given to look with, and what it gives back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.cards import Chart
from domain.evidence import Evidence, observed
from domain.findings import Finding
from domain.look import Window
from domain.objects import ObjectRef
from domain.visible import one_line
from policy.untrusted import clean
from tools.kubernetes.client import KubeClient
from tools.prometheus.asking import Asker
from tools.prometheus.telling import link
from tools.prometheus.units import humanised

HORIZON = timedelta(days=14)
"""What breaks later is not yet worth a line in the morning."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Something that will break unless somebody does something."""

    finding: Finding
    at: datetime | None = None
    """When, where that can be told."""
    chart: Chart | None = None


@dataclass(frozen=True)
class Outlook:
    """Whose eyes, in which direction. `ask` is None without a metrics source, `kube` without a cluster."""

    now: datetime
    window: Window
    """The day that is reported; what is compared, is compared with the one before it."""
    ask: Asker | None = None
    names: frozenset[str] = frozenset()
    """Of the metrics that there are."""
    kube: KubeClient | None = None
    cluster: str = ""
    context: str = ""
    seconds: float = 5.0
    notes: list[str] = field(default_factory=list)
    """What could not be seen, in sentences."""

    def measured(self, query: str, summary: str, sample: str, window: Window, *refs: ObjectRef) -> Evidence:
        """One answer of the metrics source, with the query that shows the same."""
        url = self.ask.url if self.ask else ""
        return observed(
            "prometheus",
            query,
            summary,
            sample=sample,
            check=query,
            window=window,
            link=link(url, query, window) if url else "",
            trust="team",
            objects=refs,
        )

    def ref(self, kind: str, namespace: str, name: str) -> ObjectRef:
        return ObjectRef(self.cluster, namespace, kind, name)


def named(text: str) -> str:
    """A label's value, which anybody may have written, as a name within a sentence."""
    return one_line(clean(text, cap=120))


def sampled(points: Sequence[tuple[datetime, float]], unit: str, most: int = 8) -> str:
    """A few of the values, with their days."""
    chosen = sorted({round(i * (len(points) - 1) / (most - 1)) for i in range(most)}) if points else []
    return "\n".join(f"{points[i][0]:%a %H:%M} UTC {humanised(points[i][1], unit)}" for i in chosen)


def roughly(left: timedelta) -> str:
    """ "in about 2 days", "in about 5 hours", "within the hour"."""
    hours = left.total_seconds() / 3600
    if hours < 1:
        return "within the hour"
    if hours < 36:
        return f"in about {_count(round(hours), 'hour')}"
    return f"in about {_count(round(hours / 24), 'day')}"


def _count(number: int, unit: str) -> str:
    return f"1 {unit}" if number == 1 else f"{number} {unit}s"
