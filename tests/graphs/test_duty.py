"""Alerts become incidents, are announced once where they belong, and are followed to their end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.conversations import below, channel_of, incident_key
from domain.findings import Severity
from policy.matchers import Matcher
from policy.quiet_hours import QuietHours
from policy.routing import Route
from tests.graphs.duty_room import CLUSTER, GUEST, LEAD, ONCALL, OPS, Room, alert, cause, open_room, over

Open = Callable[..., Awaitable[Room]]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    rooms: list[Room] = []

    async def one(*routes: Route, **policy: object) -> Room:
        rooms.append(await open_room(tmp_path, *routes, **policy))
        return rooms[-1]

    yield one
    for room in rooms:
        await room.store.close()


@pytest.fixture
async def room(opened: Open) -> Room:
    return await opened()


async def test_what_is_announced_says_enough_on_a_lock_screen(room: Room) -> None:
    """What, how sure, since when, in the first words of one message; the whole answer below it."""
    room.looks.causes["checkout"] = cause()

    await room.hears(alert())

    (post,) = room.posts()
    assert post.startswith("checkout cannot pull its image: there is no such tag · 95% sure · since ")
    assert post.endswith("UTC")
    assert len(post) <= 120
    assert room.thread() == ["checkout cannot pull its image: there is no such tag"]
    incident = await room.incident()
    assert incident.cause_key == cause().key
    assert incident.home == below(OPS, incident_key(incident.id))
    assert room.assist.begun[incident.home].cause == cause().key


async def test_alerts_of_one_cause_are_one_incident_and_one_message(room: Room) -> None:
    """Whatever group they come in: what joins later is said in the thread, and shown in the message."""
    room.looks.causes["checkout"] = cause()

    await room.hears(alert(), alert(name="HighErrorRate", severity="critical"))
    await room.hears(alert(name="HighLatency"))
    await room.works()

    incident = await room.incident()
    assert len(await room.store.alerts.of_incident(incident.id)) == 3
    assert len(room.posts()) == 1
    assert room.thread()[1:] == ["More fires"]
    assert incident.severity == "critical"


async def test_without_a_cause_each_group_is_an_incident_until_one_is_found(room: Room) -> None:
    """Then they are one: the first keeps its message, the other goes on as part of it."""
    await room.hears(alert())
    await room.hears(alert(name="HighLatency"))
    assert [title.split(" · ")[1] for title in room.posts()] == ["cause not found"] * 2

    room.looks.causes["checkout"] = cause()
    await room.hears(alert(name="KubePodNotReady", group="KubePodNotReady checkout", labels={"pod": "b"}, minute=5))
    await room.hears(alert(name="HighLatency", minute=6))

    first, second = await room.incidents()
    assert (first.cause_key, first.state) == (cause().key, "open")
    assert (second.state, second.merged_into) == ("closed", first.id)
    assert len(await room.store.alerts.of_incident(first.id)) == 4
    assert room.posts()[1].startswith(f"Goes on as {first.id}")


async def test_it_is_resolved_with_its_alerts_and_closed_when_it_stays_so(room: Room) -> None:
    """The message says so in place, the thread says it anew; its report comes with the end."""
    room.looks.causes["checkout"] = cause()
    fired = alert()
    await room.hears(fired)

    await room.hears(over(fired, minute=12))
    (resolved,) = room.posts()
    incident = await room.incident()
    assert incident.resolved_at is not None
    await room.its_time_has_come(incident=incident.id, do="settle", at=incident.resolved_at.isoformat())
    await room.works()

    assert resolved == "Resolved after 12 min: checkout cannot pull its image: there is no such tag"
    assert room.thread()[1:] == ["Resolved after 12 min", "Closed"]
    assert (await room.incident()).state == "closed"
    assert room.posts()[0].startswith("Over after 12 min")


async def test_a_settling_that_is_out_of_date_closes_nothing(room: Room) -> None:
    """It fired again in between."""
    fired = alert()
    await room.hears(fired)
    await room.hears(over(fired, minute=2))
    resolved = (await room.incident()).resolved_at
    await room.hears(alert(minute=10))
    assert resolved is not None

    incident = await room.incident()
    await room.its_time_has_come(incident=incident.id, do="settle", at=resolved.isoformat())

    assert (await room.incident()).state == "open"


async def test_what_comes_and_goes_is_one_incident_that_says_so_once(room: Room) -> None:
    """Two times are told each, from the third on it flaps, which is told once."""
    for minute in (0, 4, 8, 12, 16):
        fired = alert(minute=minute)
        await room.hears(fired)
        await room.hears(over(fired, minute=2))

    incident = await room.incident()
    kinds = [line.kind for line in incident.timeline if line.kind in ("resolved", "reopened")]
    assert kinds == ["resolved", *["reopened", "resolved"] * 4]
    told = [title.split(":")[0] for title in room.thread()[1:]]
    assert told == ["Resolved after 2 min", "It fires again", "Resolved after 6 min", "It flaps"]
    assert len(room.posts()) == 1
    assert room.rows()["Flapping"] == "it comes and goes: fired 5 times within an hour"


@pytest.mark.parametrize("verb", ["acknowledge", "take", "snooze", "close", "hand over to @U0LEAD000"])
async def test_whoever_may_only_look_changes_nothing(verb: str, room: Room) -> None:
    """A viewer is told which role it needs."""
    await room.hears(alert())
    incident = await room.incident()

    (refused,) = await room.says(verb, by=GUEST, where=incident.home)

    assert refused.title == "Not allowed"
    assert (await room.incident()).timeline == incident.timeline


async def test_people_look_after_it_in_its_thread(room: Room) -> None:
    """Each step is told there once, shown in the message, and audited; done twice it is not done."""
    await room.hears(alert())
    incident = await room.incident()

    heard = [await room.says(words, where=incident.home) for words in ("ack", "take it", "hand over to @U0LEAD000")]
    (again,) = await room.says("acknowledge", by=LEAD, where=incident.home)
    await room.says("close: a rehearsal", by=LEAD, where=incident.home)

    assert heard == [[], [], []]
    assert again.title == "Not allowed"
    assert room.thread()[1:] == ["Acknowledged", "Taken", "Handed over", "Closed"]
    after = await room.incident()
    assert (after.state, after.owner, after.acknowledged_by) == ("closed", str(LEAD), str(ONCALL))
    done = await room.store.audit.about(f"incident:{incident.id}")
    assert [(row.who, row.what) for row in done] == [
        (str(ONCALL), "acknowledge"),
        (str(ONCALL), "take"),
        (str(ONCALL), "hand over"),
        (str(LEAD), "close"),
    ]


async def test_a_name_is_nobody_where_people_have_ids(room: Room) -> None:
    """It could be anybody's: who is handed something is mentioned."""
    await room.hears(alert())
    incident = await room.incident()

    (refused,) = await room.says("hand over to bob", where=incident.home)

    assert refused.title == "Not allowed"
    assert (await room.incident()).owner == ""


async def test_it_is_looked_after_from_elsewhere_by_its_id(room: Room) -> None:
    """Who says it hears the incident as it is now; its thread hears it, too."""
    await room.hears(alert())
    incident = await room.incident()

    (shown,) = await room.says(f"take {incident.id}")
    (unknown,) = await room.says("acknowledge i0000000000")

    assert shown.title.startswith("KubePodNotReady")
    assert room.thread()[1:] == ["Taken"]
    assert unknown.title == "There is no incident i0000000000"


async def test_merged_it_goes_on_elsewhere(room: Room) -> None:
    """Its alerts move; what fires of its cause later belongs to the other one."""
    room.looks.causes |= {"checkout": cause(), "cart": cause("cart")}
    await room.hears(alert())
    await room.hears(alert("cart"))
    checkout, cart = await room.incidents()

    await room.says(f"merge {cart.id} into {checkout.id}")
    await room.hears(alert("cart", name="HighLatency"))

    assert {one.id: one.state for one in await room.incidents()} == {checkout.id: "open", cart.id: "closed"}
    assert len(await room.store.alerts.of_incident(checkout.id)) == 3
    assert "Another incident joined" in room.thread()


async def test_snoozed_it_is_still_until_then(room: Room) -> None:
    """What happens meanwhile is told when the snooze ends."""
    room.looks.causes["checkout"] = cause()
    await room.hears(alert())
    incident = await room.incident()
    await room.says("snooze for 2h", where=incident.home)
    await room.hears(alert(name="HighLatency"))
    assert room.thread()[1:] == ["Snoozed"]

    until = (await room.incident()).snoozed_until
    assert until is not None
    room.desk.now = until + timedelta(seconds=1)
    await room.its_time_has_come(incident=incident.id, do="wake", at=until.isoformat())
    await room.works()

    assert room.thread()[1:] == ["Snoozed", "More fires · The snooze is over"]


async def test_a_muted_channel_hears_of_it_later(room: Room) -> None:
    """Nothing is lost: it waits until the channel listens again."""
    await room.store.mutes.mute(channel_of(f"{OPS}:"), room.desk.now + timedelta(hours=1), ONCALL)

    await room.hears(alert())

    assert room.told == []
    (waiting,) = (await room.incident()).announced
    assert await room.store.jobs.waiting() == 1
    await room.store.mutes.unmute(channel_of(f"{OPS}:"), ONCALL)
    await room.its_time_has_come(incident=(await room.incident()).id, do="tell", conversation=waiting)
    assert len(room.posts()) == 1


async def test_in_quiet_hours_it_is_looked_into_and_announced_when_they_end(opened: Open) -> None:
    """The record has it at once; what is critical does not wait."""
    now = datetime.now(ZoneInfo("UTC"))
    until = (now + timedelta(hours=2)).time().replace(second=0, microsecond=0)
    room = await opened(quiet=(QuietHours(time(now.hour), until, ZoneInfo("UTC")),))
    room.looks.causes["checkout"] = cause()

    await room.hears(alert())
    assert (room.told, room.looks.looked) == ([], ["checkout"])
    room.desk.now = now + timedelta(hours=3)
    await room.duty.attend("KubePodNotReady checkout")
    await room.works()
    assert len(room.posts()) == 1

    await room.hears(alert("cart", severity="critical"))
    assert len(room.posts()) == 2


async def test_routes_and_owners_say_where(opened: Open) -> None:
    """Labels, severity and the owner's annotation; the first that fits, and nowhere where none does."""
    critical = Route(("slack:T0:C0WAR000", "slack:T0:U0BOSS000"), at_least=Severity.critical)
    by_name = Route(("slack:T0:C0MAIL00",), (Matcher("service", "mail"),))
    room = await opened(critical, by_name)

    await room.hears(alert("mail"))
    await room.hears(alert("cart"))
    await room.hears(alert("orders", severity="critical"))
    room.desk.kube.owners["shop"] = "slack:T0:C0SHOP00"
    await room.hears(alert("search"))

    homes = [[where.rpartition(":@")[0] for where in one.announced] for one in await room.incidents()]
    assert homes == [["slack:T0:C0MAIL00"], [], ["slack:T0:C0WAR000", "slack:T0:U0BOSS000"], ["slack:T0:C0SHOP00"]]
    assert len(room.posts()) == 4
    assert len(await room.store.incidents.list("open")) == 4


async def test_silenced_at_its_source_it_says_so_and_goes_on(room: Room) -> None:
    """It still fires, so it is not resolved; its message says who silenced it, and the thread when that is over."""
    fired = alert()
    await room.hears(fired)

    await room.hears(replace(fired, suppressed="silenced by lead until 16:00"))
    assert room.rows()["State"] == "open; silenced by lead until 16:00"
    await room.hears(replace(fired, suppressed="silenced by lead until 16:00"))
    await room.hears(fired)

    assert room.thread()[1:] == ["Quiet at its source", "Quiet no longer"]
    assert (await room.incident()).state == "open"


async def test_what_is_silenced_before_it_is_heard_of_is_kept_and_nothing_else(room: Room) -> None:
    """Somebody wanted it quiet."""
    await room.hears(alert(suppressed="inhibited by NodeDown"))

    assert (room.told, await room.incidents()) == ([], [])


async def test_what_cannot_be_looked_into_is_announced_all_the_same(room: Room) -> None:
    """With the reason in its place."""
    room.looks.blind = "The cluster gave no answer within 5 s."
    await room.hears(alert())

    (post,) = room.posts()
    assert "KubePodNotReady: checkout is not ready · cause not found" in post
    assert room.rows()["Cause"] == "not looked for: The cluster gave no answer within 5 s."


async def test_another_cluster_is_not_looked_into(room: Room) -> None:
    """It is announced, and says that nothing can be seen of it from here."""
    await room.hears(alert(cluster="us-west-2"))

    assert room.looks.looked == []
    assert len(room.posts()) == 1


async def test_done_again_it_is_said_once(room: Room) -> None:
    """A worker that died in the middle: the group and the telling are done again."""
    room.looks.causes["checkout"] = cause()
    await room.hears(alert())
    incident, said = await room.incident(), list(room.told)

    await room.duty.attend("KubePodNotReady checkout")
    await room.works()
    await room.its_time_has_come(incident=incident.id, do="tell", conversation=incident.home)

    assert room.told == said
    assert (await room.incident()).timeline == incident.timeline


async def test_replicas_that_attend_at_the_same_moment_announce_once(room: Room) -> None:
    """Two groups of one cause, each seen by two of them."""
    room.looks.causes["checkout"] = cause()
    heard = (alert(), alert(name="HighLatency"))
    await room.store.alerts.receive(heard, "webhook/test", cluster=CLUSTER)

    await asyncio.gather(*(room.duty.attend(one.group) for one in heard * 2))
    await room.works()

    incident = await room.incident()
    assert len(await room.store.alerts.of_incident(incident.id)) == 2
    assert len(room.posts()) == 1
    assert [line.kind for line in incident.timeline].count("found") == 1


async def test_a_group_about_many_things_is_an_incident_for_each_as_far_as_it_is_looked_into(room: Room) -> None:
    """Four are looked into one by one, the rest together."""
    names = ("checkout", "cart", "orders", "search", "mail", "stock", "web")
    room.looks.causes |= {name: cause(name) for name in names}

    await room.hears(*(alert(name, group="namespace=shop") for name in names))

    assert sorted(room.looks.looked) == sorted([*names[:4], ""])
    assert len(await room.incidents()) == 5
