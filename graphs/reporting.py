"""Everything that is kept of one incident, gathered for its report."""

from graphs.desk import Desk
from graphs.words.report import Told, incident_report
from store.incident_record import Incident
from store.record import Store

MOST_SAID = 200


async def report_of(desk: Desk, incident: Incident, zone: str) -> str:
    """The report in Markdown."""
    return incident_report(await gathered(desk.store, incident, desk.label.name), desk.clock(), zone)


async def gathered(store: Store, incident: Incident, cluster: str = "") -> Told:
    """All of it comes from the record: whoever has no cluster at hand has it, too."""
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
    return Told(incident, alerts, tuple(reversed(records)), tuple(said), tuple(evidence.values()), cluster)
