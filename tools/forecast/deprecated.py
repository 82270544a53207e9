"""Deprecated APIs that somebody still calls, and the Kubernetes that serves them no more."""

import re
from collections.abc import Mapping

from domain.errors import ToolFailed
from domain.findings import Finding, Severity
from domain.plain_json import dig
from tools.forecast.outlook import Forecast, Outlook, named

METRIC = "apiserver_requested_deprecated_apis"
_MOST = 8


async def coming(outlook: Outlook) -> list[Forecast]:
    """Calls since the API server started; critical where the next minor release is the one without them."""
    if outlook.ask is None or METRIC not in outlook.names:
        return []
    # Those without a removed_release are deprecated for good measure only: nobody has to act.
    by = "group, version, resource, subresource, removed_release"
    rows = await outlook.ask.instant(f'max by ({by}) ({METRIC}{{removed_release!=""}}) > 0', outlook.now)
    serves = await _version(outlook)
    found = [_forecast({k: named(v) for k, v in row.labels.items()}, serves, outlook) for row in rows]
    return sorted(found, key=lambda one: (-one.finding.severity, one.finding.title))[:_MOST]


def _forecast(labels: Mapping[str, str], serves: tuple[int, int] | None, outlook: Outlook) -> Forecast:
    group, version, resource = (labels.get(name, "") for name in ("group", "version", "resource"))
    api = f"{group}/{version}" if group else version
    gone = labels.get("removed_release", "")
    next_one = serves is not None and (removed := _minor(gone)) is not None and removed <= (serves[0], serves[1] + 1)
    here = f" (this is {serves[0]}.{serves[1]})" if serves else ""
    ref = outlook.ref("APIResource", "", f"{resource}.{version}.{group}".rstrip("."))
    title = f"{api} {resource} is still called; Kubernetes {gone} serves it no more{here}"
    query = f'{METRIC}{{group="{group}",version="{version}",resource="{resource}"}}'
    sample = "\n".join(f"{name}={value}" for name, value in sorted(labels.items()) if value)
    seen = outlook.measured(
        query, f"Somebody called {api} {resource} since the API server started.", sample, outlook.window
    )
    severity = Severity.critical if next_one else Severity.warning
    facts = {"api": api, "resource": resource, "removed_in": gone}
    return Forecast(Finding("deprecated-api", severity, ref, title, (seen,), None, facts))


async def _version(outlook: Outlook) -> tuple[int, int] | None:
    if outlook.kube is None:
        return None
    try:
        said = await outlook.kube.get("/version", seconds=outlook.seconds)
    except ToolFailed:
        return None
    return _minor(f"{dig(said, 'major', default='')}.{dig(said, 'minor', default='')}")


def _minor(release: str) -> tuple[int, int] | None:
    found = re.match(r"(\d+)\.(\d+)", release)
    return (int(found[1]), int(found[2])) if found else None
