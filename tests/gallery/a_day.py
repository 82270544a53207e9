"""The daily report of a made-up day, and of a quiet one."""

from datetime import UTC, datetime, timedelta

from domain.cards import Chart, ClusterLabel, Series
from domain.evidence import observed
from domain.findings import Cause, Finding, Severity
from domain.look import Window
from domain.model_use import ModelUse
from domain.objects import ObjectRef
from graphs.day import Day, scored
from graphs.words.daily import report_cards
from store.day import AuditTip, DayIncident, Deeds, Fired
from tools.forecast.budgets import Budget
from tools.forecast.outlook import Forecast
from tools.kubernetes.changes import Change

END = datetime(2026, 3, 12, 7, tzinfo=UTC)
DAY = Window(END - timedelta(days=1), END)
CLUSTER = "5b0f6f0e-8f3e-4c39-9b1c-2f4f0f6f1d11"
PRODUCTION = ClusterLabel("eu-prod-1", "production", production=True)
GIB = 2.0**30


def _at(hours: float) -> datetime:
    return END + timedelta(hours=hours)


def _finding(code: str, severity: Severity, kind: str, name: str, title: str, check: str, **facts: str) -> Finding:
    ref = ObjectRef(CLUSTER, "shop", kind, name)
    seen = observed("prometheus" if "{" in check else "kubernetes", name, title, check=check, objects=(ref,))
    return Finding(code, severity, ref, title, (seen,), _at(-3.8), facts)


_PULL = _finding(
    "image-pull",
    Severity.critical,
    "Deployment",
    "checkout",
    "checkout cannot pull shop/checkout:2.4.1-rc: there is no such image or tag",
    "kubectl --context eu-prod-1 -n shop get pods -l app=checkout",
)
_SPIKE = _finding(
    "errors-high",
    Severity.info,
    "Deployment",
    "payments",
    "The error share of payments rose from 0.1 % to 18 %, and is back to normal",
    '100 * sum(rate(http_requests_total{service="payments",code=~"5.."}[5m]))',
    recovered_at=_at(-3.3).isoformat(),
)
_VOLUME = _finding(
    "volume-filling",
    Severity.warning,
    "PersistentVolumeClaim",
    "data-postgres-0",
    "Volume data-postgres-0 in shop is full in about 3 days (86 % of 200 GiB)",
    'kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="data-postgres-0"}',
)
_CERTIFICATE = _finding(
    "certificate-expiring",
    Severity.warning,
    "Certificate",
    "shop-tls",
    "The certificate shop-tls in shop expires in about 6 days (18 Mar)",
    'certmanager_certificate_expiration_timestamp_seconds{name="shop-tls"}',
)
_LEFT = observed("prometheus", "budget", "12.0 % of the error budget of checkout-availability is left.", check="slo:x")
_ROLLOUT = observed(
    "kubernetes", "revision 7", "checkout rolled out 4 h ago: revision 7", check="kubectl rollout history"
)


def _volume_chart() -> Chart:
    used = tuple((_at(hours), (172 + hours * 0.39) * GIB) for hours in range(-72, 1, 6))
    ahead = ((_at(0), 172 * GIB), (_at(72), 200 * GIB))
    full = ((_at(-72), 200 * GIB), (_at(72), 200 * GIB))
    series = (Series("used", used), Series("if it goes on", ahead), Series("full", full))
    return Chart("Volume data-postgres-0 in shop", "bytes", series, _at(0))


def _incident(number: int, title: str, state: str, severity: str, began: float, **more: object) -> DayIncident:
    fields: dict[str, object] = {
        "owner": "",
        "acknowledged_by": "",
        "resolved_at": None,
        "closed_at": None,
        "summary": "",
    }
    fields |= {"namespace": "shop", "name": f"w{number}", "cause_key": f"c|{number}", **more}
    return DayIncident(
        id=f"i{number:010x}", title=title, severity=severity, state=state, opened_at=_at(began), **fields
    )  # type: ignore[arg-type]


_CAUSE = Cause(_PULL, 0.97)
_DAY = Day(
    window=DAY,
    incidents=(
        _incident(11, _PULL.title, "open", "critical", -3.7, cause_key=_CAUSE.key),
        _incident(12, "Node n7 is not ready", "acknowledged", "warning", -9, owner="slack:T1:U0LEAD"),
        _incident(9, "mailer out of memory", "closed", "warning", -20, resolved_at=_at(-19.6), summary="limit raised"),
    ),
    causes=(_CAUSE,),
    past=(_SPIKE,),
    alerts=(Fired("KubePodNotReady", "shop", "warning", 3, 1), Fired("KubeNodeNotReady", "", "critical", 1, 1)),
    changes=(
        Change(_at(-3.9), _PULL.object, "rolled out", "revision 6 -> 7: image: 2.4.0 -> 2.4.1-rc", _ROLLOUT),
    ),
    coming=(Forecast(_VOLUME, _at(72), _volume_chart()), Forecast(_CERTIFICATE, _at(144))),
    budgets=(Budget("checkout-availability", "shop", 0.12, 0.43, _LEFT),),
    deeds=Deeds(14, 5, 3, 1, 1, 1, {"proposed": 1, "approved": 1, "finished": 1}),
    model=ModelUse(9, 41_200, 3_900, 0.14, "USD"),
    audit=AuditTip(1204, "9f3c1b7ad2e4408f5a6b" * 3),
    charts=(_volume_chart(),),
    looked_at="214 pods, 61 deployments, 12 nodes",
    score_before=92,
)  # fmt: skip

REPORT, REPORT_DETAILS = report_cards(scored(_DAY, seen=True), PRODUCTION, "Europe/Berlin")
(REPORT_QUIET,) = report_cards(
    scored(Day(window=DAY, looked_at=_DAY.looked_at, audit=_DAY.audit), seen=True), PRODUCTION, "Europe/Berlin"
)
