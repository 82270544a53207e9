"""Connection pools: how full the fullest one of each service is, and who waits for it."""

from tools.prometheus import catalog
from tools.prometheus.catalog import Pool
from tools.prometheus.inventory import Survey
from tools.prometheus.promql import quoted, selector
from tools.prometheus.readings import Reader, Reading, grouped


async def pool(reader: Reader, way: Pool, known: Survey) -> list[Reading]:
    """Percent in use, per service that of its fullest instance: a full pool beside an idle one is still full."""
    state = known.first(catalog.STATE_LABELS) if way.used_state else ""
    used = f"{state}={quoted(way.used_state)}" if state else ""
    instance = known.first((*catalog.POD_LABELS, "instance"))
    inner = [label for label in (instance, known.first(catalog.POOL_LABELS)) if label]
    readings = []
    for group in known.groups:
        own = [label for label in (group.namespace_label, group.service_label) if label]
        each = ", ".join(dict.fromkeys([*own, *inner]))

        def taken(matchers: tuple[str, ...], by: str = each) -> str:
            in_use = f"sum by ({by}) ({selector(way.in_use, *matchers, used)})"
            return f"100 * {in_use} / (max by ({by}) ({selector(way.most, *matchers)}) > 0)"

        gauges = {"in_use": (way.in_use, used), "most": (way.most, ""), "pending": (way.pending, "")}
        wide = grouped("max", group, group.derived(taken(group.matchers())))
        full = await reader.by_service(wide, group)
        beside = {}
        for name, (metric, matcher) in gauges.items():
            if metric and full:
                each_of_them = f"sum by ({each}) ({selector(metric, *group.matchers(), matcher)})"
                query = grouped("max", group, group.derived(each_of_them))
                beside[name] = await reader.by_service(query, group)
        for (space, service), points in full.items():
            mine = {name: values.get((space, service), ()) for name, values in beside.items()}
            readings.append(
                Reading(
                    signal="pool",
                    title="connection pool in use",
                    unit="%",
                    subject=group.subjects[space][service],
                    points=points,
                    query=f"max({taken(group.matchers_of(space, service))})",
                    wide=wide,
                    metric=way.in_use,
                    step_seconds=reader.span.step_seconds,
                    beside={name: values for name, values in mine.items() if values},
                )
            )
    return readings
