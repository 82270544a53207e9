"""What the record says of a day: only that day, only that cluster, and what goes on although it began before."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from domain.alerts import HeardAlert
from domain.findings import Severity
from domain.look import Window
from domain.model_use import ModelUse
from domain.people import Person
from store.clock import to_micros
from store.day import MODEL_USE
from store.record import Store
from store.schema import incident
from tests.store.making import LEAD, proposal

ALICE = Person("slack", "T1", "U1")
NOW = datetime.now(UTC) + timedelta(hours=1)
DAY = Window(NOW - timedelta(days=1), NOW)
BEFORE = Window(NOW - timedelta(days=9), NOW - timedelta(days=8))


async def opened(store: Store, title: str, *, cluster: str = "c1", days_ago: float = 0.1) -> str:
    found = await store.incidents.open_or_join(f"code|{cluster}|shop|Deployment|{title}", title, cluster, "c")
    began = to_micros(NOW - timedelta(days=days_ago))
    async with store.database.begin() as tx:
        await tx.execute(update(incident).where(incident.c.id == found.id).values(opened_at=began))
    return found.id


async def test_incidents_that_go_on_and_those_that_ended_in_the_day(store: Store) -> None:
    states = store.incident_states
    await opened(store, "goes on", days_ago=5)
    taken = await opened(store, "taken")
    await states.take(taken, str(ALICE), str(ALICE))
    await states.raise_severity(taken, Severity.critical)
    ended = await opened(store, "ended today", days_ago=3)
    await states.resolve(ended, NOW - timedelta(hours=2), "over")
    long_over = await opened(store, "ended long ago", days_ago=9)
    await states.resolve(long_over, NOW - timedelta(days=3), "over")
    closed = await opened(store, "closed by hand")
    await store.incidents.close(closed, "it was the cable")
    await opened(store, "elsewhere", cluster="c2")
    twin = await opened(store, "twin")
    await states.merge(twin, taken, str(ALICE))

    found = await store.day.incidents("c1", DAY)

    assert {one.title: one.ended_at is not None for one in found} == {
        "goes on": False,
        "taken": False,
        "ended today": True,
        "closed by hand": True,
    }
    (mine,) = (one for one in found if one.title == "taken")
    assert (mine.owner, mine.severity, mine.namespace, mine.name) == (str(ALICE), "critical", "shop", "taken")
    assert {one.title for one in await store.day.incidents("", DAY)} == {one.title for one in found} | {"elsewhere"}


async def test_alerts_are_counted_by_name_and_place_and_silenced_ones_are_not(store: Store) -> None:
    def heard(number: int, name: str, space: str, *, firing: bool = True, suppressed: str = "") -> HeardAlert:
        return HeardAlert(
            fingerprint=f"f{number}",
            name=name,
            labels={"alertname": name, "namespace": space},
            started_at=NOW - timedelta(hours=number),
            firing=firing,
            group=name,
            ended_at=None if firing else NOW - timedelta(minutes=90),
            severity="warning",
            suppressed=suppressed,
        )

    batch = [heard(1, "Slow", "shop"), heard(2, "Slow", "shop", firing=False), heard(3, "Slow", "mail")]
    batch += [heard(4, "Full", "shop"), heard(5, "Quiet", "shop", suppressed="silenced by s1")]
    await store.alerts.receive(batch, "webhook/hilda", cluster="c1")
    await store.alerts.receive([heard(6, "Other", "shop")], "webhook/hilda", cluster="c2")

    found = await store.day.alerts("c1", DAY)

    assert [(one.name, one.namespace, one.times, one.firing) for one in found] == [
        ("Slow", "shop", 2, 1),
        ("Full", "shop", 1, 1),
        ("Slow", "mail", 1, 1),
    ]
    assert await store.day.alerts("c1", BEFORE) == ()


async def test_what_was_asked_done_and_paid_in_the_day(store: Store) -> None:
    await opened(store, "new")
    for number, who in enumerate((ALICE, ALICE, LEAD)):
        await store.conversations.heard("c", who, "what is wrong?", f"d{number}")
    await store.conversations.heard("c", "hilda", "an answer", "d9")
    await store.proposals.propose(proposal(cluster="c1"))
    await store.proposals.propose(proposal(cluster="c2"))
    for asked in (2, 3):
        await store.journal.append(MODEL_USE, "used", ModelUse(asked, 100, 10, 0.5, "USD").as_json())

    done, paid = await store.day.deeds("c1", DAY), await store.day.model_use(DAY)

    assert (done.questions, done.people, done.incidents, done.proposed, done.ran) == (3, 2, 1, 1, 0)
    assert done.audited == {"proposed": 2}
    assert paid == ModelUse(5, 200, 20, 1.0, "USD")
    assert (await store.day.deeds("c1", BEFORE)).questions == 0
    assert await store.day.model_use(BEFORE) == ModelUse()


async def test_the_audit_tip_is_its_newest_row(store: Store) -> None:
    assert await store.day.audit_tip() is None

    await store.audit.note("hilda", "looked")
    newest = await store.audit.note("hilda", "looked")

    tip = await store.day.audit_tip()
    assert tip is not None
    assert (tip.sequence, tip.mac) == (newest.sequence, newest.mac)
