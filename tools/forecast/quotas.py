"""Quotas that are nearly used up, from the cluster's own objects: for sites where no metric tells their trend."""

from collections.abc import Iterator

from domain.errors import ToolFailed
from domain.evidence import observed
from domain.findings import Finding, Severity
from domain.plain_json import Json, dig
from tools.forecast.filling import FULL, NEARLY, unit_of
from tools.forecast.outlook import Forecast, Outlook
from tools.kubernetes.quantities import quantity
from tools.kubernetes.seen import kubectl
from tools.prometheus.units import humanised

_METRIC = "kube_resourcequota"


async def coming(outlook: Outlook) -> list[Forecast]:
    """Those of which more than nine tenths are used; nothing where the metric is there, which knows when."""
    if outlook.kube is None or _METRIC in outlook.names:
        return []
    try:
        quotas = await outlook.kube.items("ResourceQuota", seconds=outlook.seconds)
    except ToolFailed as failed:
        if failed.status not in {403, 404}:
            outlook.notes.append(str(failed))
        return []
    return [forecast for quota in quotas for forecast in _of(quota, outlook)]


def _of(quota: Json, outlook: Outlook) -> Iterator[Forecast]:
    hard, used = (dig(quota, "status", part, default={}) for part in ("hard", "used"))
    for resource, text in hard.items():
        most, taken = quantity(text), quantity(used.get(resource))
        if most <= 0 or taken / most < NEARLY:
            continue
        metadata, unit = quota["metadata"], unit_of(resource)
        ref = outlook.ref("ResourceQuota", metadata.get("namespace", ""), metadata["name"])
        how_full = f"{100 * taken / most:.0f} % of {humanised(most, unit)}"
        full = "used up" if taken >= most else "nearly used up"
        title = f"The quota of {resource} in {ref.namespace} is {full} ({how_full})"
        seen = observed(
            "kubernetes",
            f"resourcequotas/{ref.name} status of {resource}",
            f"{title}.",
            sample=f"used {used.get(resource)}, hard {text}",
            check=kubectl(outlook.context, ref.namespace, "describe", "resourcequotas", ref.name),
            objects=(ref,),
        )
        severity = Severity.critical if taken / most >= FULL else Severity.warning
        facts = {"namespace": ref.namespace, "used": f"{taken:.6g}", "capacity": f"{most:.6g}", "unit": unit}
        yield Forecast(Finding("quota-filling", severity, ref, title, (seen,), None, facts))
