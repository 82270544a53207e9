"""Certificates that expire: as cert-manager, an exporter, a probe or the kubelet says, and cert-manager's objects."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.errors import ToolFailed
from domain.evidence import Evidence, observed
from domain.findings import Finding, Severity
from domain.look import Window
from domain.objects import ObjectRef
from domain.plain_json import Json, dig
from policy.untrusted import clean
from tools.forecast.outlook import HORIZON, Forecast, Outlook, named, roughly
from tools.kubernetes.moments import moment
from tools.kubernetes.seen import kubectl

_SOON = timedelta(days=3)
_MOST = 10
_OBJECTS = "/apis/cert-manager.io/v1/certificates"


@dataclass(frozen=True, slots=True)
class Way:
    metric: str
    """Seconds since the epoch at which a certificate expires; with `left`, seconds that are left to it."""
    names: tuple[str, ...]
    """Labels that may hold its name, best first."""
    spaces: tuple[str, ...] = ("exported_namespace", "secret_namespace", "namespace")
    left: bool = False
    kind: str = "Certificate"


WAYS = (
    Way("certmanager_certificate_expiration_timestamp_seconds", ("name", "exported_name")),
    Way("x509_cert_not_after", ("secret_name", "subject_CN", "filename")),
    Way("probe_ssl_earliest_cert_expiry", ("instance", "target"), spaces=()),
    Way("kubelet_certificate_manager_client_ttl_seconds", ("node", "instance"), spaces=(), left=True, kind="Node"),
    Way("kubelet_certificate_manager_server_ttl_seconds", ("node", "instance"), spaces=(), left=True, kind="Node"),
)


async def coming(outlook: Outlook) -> list[Forecast]:
    """Certificates that expire within the horizon, or have expired; each once, whoever tells of it."""
    found = await asyncio.gather(
        _objects(outlook), *(_measured(way, outlook) for way in WAYS if way.metric in outlook.names)
    )
    unique: dict[ObjectRef, Forecast] = {}
    for forecast in (one for of_way in found for one in of_way):
        unique.setdefault(forecast.finding.object, forecast)
    return sorted(unique.values(), key=lambda one: one.at or outlook.now)[:_MOST]


async def _measured(way: Way, outlook: Outlook) -> Iterable[Forecast]:
    assert outlook.ask is not None, "where names are known there is somebody to ask"
    limit = HORIZON.total_seconds()
    query = f"{way.metric} < {limit:.0f}" if way.left else f"{way.metric} - time() < {limit:.0f}"
    rows = await outlook.ask.instant(query, outlook.now)
    found = []
    for row in rows:
        at = outlook.now + timedelta(seconds=row.value)
        name = next((row.labels[label] for label in way.names if row.labels.get(label)), "")
        space = next((row.labels[label] for label in way.spaces if row.labels.get(label)), "")
        ref = outlook.ref(way.kind, named(space), named(name))
        said = f"{_what(ref)} expires {at:%Y-%m-%d %H:%M} UTC."
        day = Window(outlook.now - timedelta(days=1), outlook.now)
        found.append(_forecast(ref, at, outlook, outlook.measured(way.metric, said, _labels(row.labels), day, ref)))
    return found


async def _objects(outlook: Outlook) -> Iterable[Forecast]:
    """cert-manager's own objects, where it is installed and they may be read."""
    if outlook.kube is None:
        return ()
    try:
        items = (await outlook.kube.get(_OBJECTS, seconds=outlook.seconds)).get("items", [])
    except ToolFailed as failed:
        if failed.status not in {403, 404}:
            outlook.notes.append(str(failed))
        return ()
    return [found for item in items if (found := _of_object(item, outlook))]


def _of_object(item: Json, outlook: Outlook) -> Forecast | None:
    at = moment(dig(item, "status", "notAfter"))
    if at is None or at - outlook.now > HORIZON:
        return None
    ref = outlook.ref("Certificate", dig(item, "metadata", "namespace", default=""), item["metadata"]["name"])
    seen = observed(
        "kubernetes",
        f"certificates.cert-manager.io/{ref.name} status.notAfter",
        f"{_what(ref)} expires {at:%Y-%m-%d %H:%M} UTC.",
        sample=f"notAfter: {at.isoformat()}",
        check=kubectl(outlook.context, ref.namespace, "get", "certificates.cert-manager.io", ref.name, "-o", "yaml"),
        objects=(ref,),
    )
    return _forecast(ref, at, outlook, seen)


def _forecast(ref: ObjectRef, at: datetime, outlook: Outlook, seen: Evidence) -> Forecast:
    left = at - outlook.now
    over = left <= timedelta(0)
    title = (
        f"{_what(ref)} has expired" if over else f"{_what(ref)} expires {roughly(left)} ({at.astimezone(UTC):%d %b})"
    )
    severity = Severity.critical if left <= _SOON else Severity.warning
    facts = {"namespace": ref.namespace, "expires_at": at.isoformat()}
    finding = Finding(
        "certificate-expiring", severity, ref, title, (seen,), None, {k: v for k, v in facts.items() if v}
    )
    return Forecast(finding, at)


def _what(ref: ObjectRef) -> str:
    if ref.kind == "Node":
        return f"The kubelet's certificate on {ref.name}"
    return f"The certificate {ref.name}" + (f" in {ref.namespace}" if ref.namespace else "")


def _labels(labels: Mapping[str, str]) -> str:
    return clean("\n".join(f"{name}={value}" for name, value in sorted(labels.items()) if name != "__name__"), cap=600)
