"""Everything that is kept of one incident, gathered for its report."""

from datetime import datetime

from graphs.desk import Desk
from graphs.words.report import Told, incident_report
from store.incident_record import Incident
from store.record import Store

MOST_SAID = 200


async def report_of(desk: Desk, incident: Incident, zone: str) -> str:
    """The report in Markdown."""
    return await written(desk.store, incident, desk.label.name, desk.clock(), zone)


async def written(store: Store, incident: Incident, cluster: str, now: datetime, zone: str) -> str:
    """The same for whoever has no cluster at hand: all of it comes from the record."""
    alerts = await store.alerts.of_incident(incident.id)
    records = await store.proposals.list(incident=incident.id, most=100)
    conversations = dict.fromkeys((*incident.announced, incident.conversation))
    said = [line for one in conversations if one for line in await store.conversations.recent(one, MOST_SAID)]
    evidence = {
        item.id: item
        for one in (f"incident:{incident.id}", *conversations)
        if one
        for item in await store.conversations.all_evidence(one)
    }
    told = Told(incident, alerts, tuple(reversed(records)), tuple(said), tuple(evidence.values()), cluster)
    return incident_report(told, now, zone)
