"""`GET /metrics`: what the store counts, as Prometheus reads it. Every replica says the same."""

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from store.figures import DURATIONS, Counts, Figures

CONTENT_TYPE = CONTENT_TYPE_LATEST


def exposition(figures: Figures, executors: int) -> bytes:
    """The page; names that begin with `aiops_` are those that dashboards of such systems expect."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(figures, executors))
    return generate_latest(registry)


class _Once(Collector):
    def __init__(self, figures: Figures, executors: int) -> None:
        self._figures = figures
        self._executors = executors

    def collect(self) -> Iterator[Metric]:
        f = self._figures
        yield CounterMetricFamily("aiops_remediation_attempts", "Remediations that ran to an outcome.", f.tried)
        yield CounterMetricFamily("aiops_remediation_success", "Remediations after which the cause was gone.", f.helped)
        yield _durations(f)
        yield GaugeMetricFamily("aiops_anomaly_true_positives", "Incidents over whose cause was found.", f.causes_found)
        went = f.over - f.causes_found
        yield GaugeMetricFamily("aiops_anomaly_false_positives", "Incidents over without any cause found.", went)
        yield _counted("hilda_incidents", "Incidents by state and severity.", ("state", "severity"), f.incidents)
        yield _counted("hilda_proposals", "Proposals by state.", ("state",), f.proposals)
        yield _counted(
            "hilda_alerts", "Alerts by state; suppressed fire, and are silenced or inhibited.", ("state",), f.alerts
        )
        yield _counted("hilda_jobs", "Jobs that are not done.", ("kind", "state"), f.jobs)
        yield _counted("hilda_outbox", "Posts that are not sent.", ("door", "state"), f.outbox)
        waits = "For how long the oldest job that is due has waited."
        yield GaugeMetricFamily("hilda_oldest_job_seconds", waits, f.oldest_job_seconds)
        yield GaugeMetricFamily("hilda_executors", "Executors that are alive on this cluster.", self._executors)
        yield GaugeMetricFamily("hilda_api_keys", "Keys that are neither revoked nor expired.", f.keys_alive)
        yield CounterMetricFamily("hilda_audit_rows", "Rows of the audit.", f.audit_rows)


def _durations(f: Figures) -> HistogramMetricFamily:
    buckets = [(f"{float(bound)}", float(number)) for bound, number in zip(DURATIONS, f.lasted, strict=True)]
    return HistogramMetricFamily(
        "aiops_incident_resolution_duration_seconds",
        "How long incidents lasted that are over.",
        buckets=[*buckets, ("+Inf", float(f.over))],
        sum_value=f.lasted_seconds,
    )


def _counted(name: str, text: str, labels: tuple[str, ...], counts: Counts) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, number in sorted(counts.items()):
        family.add_metric(values, number)
    return family
