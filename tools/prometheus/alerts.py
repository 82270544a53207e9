"""Alerts that fire: what somebody decided beforehand to be told about."""

from collections.abc import Collection
from datetime import datetime

from domain.evidence import Evidence, observed
from domain.findings import Finding, Severity
from domain.objects import ObjectRef
from policy.redaction import redact
from policy.untrusted import clean
from tools.prometheus import catalog
from tools.prometheus.asking import Asker
from tools.prometheus.identity import Workloads, workload_of_pod
from tools.prometheus.promql import equals, selector
from tools.prometheus.readings import Span
from tools.prometheus.source import Alert

ALWAYS_FIRING = frozenset({"Watchdog", "DeadMansSwitch", "DeadMansSnitch", "InfoInhibitor"})
"""They prove that alerting works, or steer other alerts."""
_SEVERITIES = {
    "critical": Severity.critical,
    "page": Severity.critical,
    "error": Severity.critical,
    "emergency": Severity.critical,
    "info": Severity.info,
    "none": Severity.info,
}
_OBJECT_LABELS = (
    ("deployment", "Deployment"),
    ("statefulset", "StatefulSet"),
    ("daemonset", "DaemonSet"),
    ("cronjob", "CronJob"),
    ("job_name", "Job"),
    ("horizontalpodautoscaler", "HorizontalPodAutoscaler"),
    ("persistentvolumeclaim", "PersistentVolumeClaim"),
)


async def firing(ask: Asker, span: Span, *, past: bool) -> list[Alert]:
    """Alerts that fire now; or that fired within the span, from the series Prometheus keeps of them."""
    answer = None if past else await ask.alerts()
    if answer is not None:
        found = [alert for alert in answer if alert.state == "firing"]
    else:
        rows = await ask.range('ALERTS{alertstate="firing"}', span.start, span.end, span.step_seconds)
        found = [
            Alert(
                {k: v for k, v in row.labels.items() if k not in ("alertstate", "__name__")}, "firing", row.points[0][0]
            )
            for row in rows
            if past or row.points[-1][0] >= span.end
        ]
    return [
        alert
        for alert in found
        if alert.name not in ALWAYS_FIRING
        and alert.labels.get("severity") != "none"
        and _in_scope(alert, span.namespaces)
        and (alert.since is None or alert.since <= span.end)
    ]


def finding(alert: Alert, workloads: Workloads, *, url: str) -> Finding:
    ref = _about(alert, workloads)
    name = clean(alert.name, cap=120)
    said = redact(clean(_said(alert), cap=400))
    query = selector("ALERTS", equals("alertname", alert.name), 'alertstate="firing"')
    evidence: Evidence = observed(
        "prometheus",
        query,
        f"The alert {name} is firing for {ref}" + (f" since {_clock(alert.since)}." if alert.since else "."),
        sample=redact(clean("\n".join([said, *(f"{k}={v}" for k, v in sorted(alert.labels.items()))]).strip())),
        check=query,
        link=f"{url}/alerts",
        trust="untrusted",
        objects=(ref,),
    )
    severity = alert.labels.get("severity", "").lower()
    facts = {
        "alert": name,
        "severity": clean(severity, cap=40),
        "summary": said,
        "namespace": ref.namespace,
        "workload": ref.name,
        "workload_kind": ref.kind,
        "service": clean(_service(alert) or ref.name, cap=120),
    }
    return Finding(
        "alert-firing",
        _SEVERITIES.get(severity, Severity.warning),
        ref,
        f"{name}: {said.splitlines()[0]}" if said else f"The alert {name} is firing",
        (evidence,),
        alert.since,
        {key: value for key, value in facts.items() if value},
    )


def _in_scope(alert: Alert, namespaces: Collection[str] | None) -> bool:
    """An alert that names no namespace concerns the cluster, and so everybody in it."""
    space = _namespace(alert)
    return namespaces is None or not space or space in namespaces


def _about(alert: Alert, workloads: Workloads) -> ObjectRef:
    space = _namespace(alert)
    for label, kind in _OBJECT_LABELS:
        if value := alert.labels.get(label):
            return ObjectRef(workloads.cluster, space, kind, clean(value, cap=253))
    pod = next((alert.labels[label] for label in catalog.POD_LABELS if alert.labels.get(label)), "")
    if pod:
        kind, workload = workload_of_pod(pod)
        service = workloads.subject(space, workload, "pod", [pod])
        return ObjectRef(workloads.cluster, space, service.kind if service.workload else kind, service.workload)
    if service_name := _service(alert):
        return workloads.subject(space, clean(service_name, cap=253), "service").ref(workloads.cluster)
    if node := alert.labels.get("node"):
        return ObjectRef(workloads.cluster, "", "Node", clean(node, cap=253))
    if space:
        return ObjectRef(workloads.cluster, "", "Namespace", space)
    return ObjectRef(workloads.cluster, "", "Alert", clean(alert.name, cap=253))


def _namespace(alert: Alert) -> str:
    found = next((alert.labels[label] for label in catalog.NAMESPACE_LABELS if alert.labels.get(label)), "")
    return clean(found, cap=253)


def _service(alert: Alert) -> str:
    return next((alert.labels[label] for label in catalog.SERVICE_LABELS if alert.labels.get(label)), "")


def _said(alert: Alert) -> str:
    notes = alert.annotations
    return notes.get("summary") or notes.get("message") or notes.get("description") or ""


def _clock(at: datetime) -> str:
    return f"{at:%H:%M} UTC"
