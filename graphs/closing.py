"""How an incident comes to its end: mended, quiet for long enough, or because somebody says so."""

from domain.plain_json import Json
from graphs import telling
from graphs.desk import Desk
from store.incident_record import Incident


async def close(desk: Desk, incident_id: str, why: str, by: str = "hilda") -> bool:
    """Over; False where it was over already."""
    closed = await desk.store.incidents.close(incident_id, why, by)
    if closed:
        await telling.later(desk, incident_id)
    return closed


async def mended(desk: Desk, incident_id: str, why: str) -> None:
    """A fix was verified: over, unless an alert still fires, whose end is then waited for."""
    if any(alert.firing for alert in await desk.store.alerts.of_incident(incident_id)):
        await desk.store.incidents.add(incident_id, "mended", f"{why}; its alert still fires, and clears in a while")
        await telling.later(desk, incident_id)
        return
    await close(desk, incident_id, why)


def mended_since_it_fired(incident: Incident) -> Json | None:
    """The verified fix that its alerts went quiet after, None where they went by themselves."""
    found: Json | None = None
    for line in incident.timeline:
        if line.kind in ("fired", "reopened"):
            found = None
        elif line.kind == "mended":
            found = {"why": line.text.partition("; its alert")[0]}
    return found
