"""Incidents, conversations and identities: what is remembered, for how long, and whose it is."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from domain.errors import NotAllowed, ToolFailed
from domain.evidence import observed
from domain.look import Window
from domain.objects import ObjectRef
from domain.people import Person, Role
from store.conversations import LARGEST_ANSWER
from store.record import Store
from tests.store.making import ASKER, LEAD, outcome, proposal

KEY = "image-pull|c1|shop|Deployment|web"


async def test_one_cause_has_one_open_incident(store: Store) -> None:
    """Whoever comes across it joins it, also at the same moment; after it is closed the same cause is a new one."""
    joined = await asyncio.gather(*(store.incidents.open_or_join(KEY, "web is down", "c1", f"c:{n}") for n in range(4)))
    again = await store.incidents.open_or_join(KEY, "web is down", "c1", "c:1")
    assert await store.incidents.close(again.id, "rolled back")

    new = await store.incidents.open_or_join(KEY, "web is down again", "c1", "c:1")

    assert {found.id for found in joined} == {again.id}
    assert new.id != again.id
    assert [line.kind for line in again.timeline] == ["opened", "seen", "seen", "seen"]
    assert {found.state for found in await store.incidents.list()} == {"open", "closed"}
    assert [found.id for found in await store.incidents.list("open")] == [new.id]
    assert not await store.incidents.close(again.id)


async def test_a_timeline_line_with_a_key_is_written_once(store: Store) -> None:
    """A job that runs again does not write its line again; secrets in it are redacted."""
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    found = await store.incidents.open_or_join(KEY, "web is down", "c1", "c:1")

    added = [await store.incidents.add(found.id, "note", f"used {secret}", {"n": 1}, key="k1") for _ in range(2)]

    kept = await store.incidents.get(found.id)
    assert kept is not None
    assert added == [True, False]
    assert [(line.kind, line.details) for line in kept.timeline][1:] == [("note", {"n": 1})]
    assert secret not in str(kept)


async def test_an_outcome_joins_its_incident_and_what_helped(store: Store) -> None:
    """A verified fix is in the timeline once, and the next time it is known to have helped."""
    found = await store.incidents.open_or_join(KEY, "web is down", "c1", "c:1")
    fixed = proposal(incident=found.id, cause_key=KEY, title="Undo the rollout")

    joined = [
        await store.incidents.outcome(fixed, outcome(), ["kubectl rollout undo deployment/web"]) for _ in range(2)
    ]

    (past,) = await store.incidents.what_helped("image-pull", "Deployment", "web")
    kept = await store.incidents.get(found.id)
    assert kept is not None
    assert joined == [True, False]
    assert (past.title, past.helped, past.tried, past.same_object) == ("Undo the rollout", 1, 1, True)
    assert (past.commands, past.incident) == (("kubectl rollout undo deployment/web",), found.id)
    assert [line.kind for line in kept.timeline] == ["opened", "outcome"]


async def test_what_helped_counts_tries_and_puts_the_same_object_first(store: Store) -> None:
    """Equal fixes are one line with counts; what never helped is not offered; other causes are not mixed in."""
    history = [
        ("runbook:image-pull@v1", "shop|Deployment|web", outcome()),
        ("runbook:image-pull@v2", "shop|Deployment|web", outcome(1, verified=False)),
        ("runbook:image-pull@v2", "shop|Deployment|web", outcome()),
        ("runbook:image-pull@v2", "shop|Deployment|cart", outcome()),
        ("runbook:restart@v1", "shop|Deployment|web", outcome(0, verified=False)),
        ("runbook:restart@v1", "shop|Deployment|web", outcome(0, verified=None)),
    ]
    for author, where, came in history:
        await store.incidents.outcome(proposal(author=author, cause_key=f"image-pull|c1|{where}"), came, ["x"])
    await store.incidents.outcome(proposal(cause_key="crash-loop|c1|shop|Deployment|web"), outcome(), ["x"])

    past = await store.incidents.what_helped("image-pull", "Deployment", "web", namespace="shop")

    assert [(fix.name, fix.helped, fix.tried, fix.same_object) for fix in past] == [
        ("web", 2, 3, True),
        ("cart", 1, 1, False),
    ]
    assert past[0].author == "runbook:image-pull@v2"
    assert await store.incidents.what_helped("nothing-known") == ()


async def test_evidence_is_kept_by_id(store: Store) -> None:
    """What was seen comes back equal; seen again it is brought up to date, and other conversations have their own."""
    now = datetime.now(UTC)
    ref = ObjectRef("c1", "shop", "Pod", "web-1")
    seen = [
        observed(
            "logs",
            f"pod {n}",
            "it crashed",
            sample="boom",
            check="kubectl logs",
            objects=(ref,),
            window=Window(now, now),
        )
        for n in range(3)
    ]
    newer = observed("logs", "pod 1", "it runs again", check="kubectl logs", objects=(ref,))
    await store.conversations.remember_evidence("c:1", seen)
    await store.conversations.remember_evidence("c:1", [newer])

    kept = await store.conversations.evidence("c:1", newer.id)

    assert kept == newer
    assert {item.id for item in await store.conversations.all_evidence("c:1")} == {item.id for item in seen}
    assert await store.conversations.evidence("c:1", seen[0].id) == seen[0]
    assert await store.conversations.evidence("c:2", newer.id) is None


async def test_the_last_answer_is_the_last_one(store: Store) -> None:
    """A new answer replaces the one before; one that is too large is refused and the one before stays."""
    assert await store.conversations.last_answer("c:1") is None
    for number in (1, 2):
        await store.conversations.keep_answer("c:1", {"n": number})

    with pytest.raises(ToolFailed, match="too large to keep"):
        await store.conversations.keep_answer("c:1", {"text": "x" * LARGEST_ANSWER})

    assert await store.conversations.last_answer("c:1") == {"n": 2}


async def test_what_was_said_is_logged_once_and_redacted(store: Store) -> None:
    """A delivery is one line; secrets people paste do not stay; order is kept."""
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    logged = [await store.conversations.heard("c:1", ASKER, f"my token is {secret}", "d1") for _ in range(2)]
    await store.conversations.heard("c:1", "hilda", "I see \x00 nothing", "d2")

    lines = await store.conversations.recent("c:1")

    assert logged == [True, False]
    assert [line.who for line in lines] == [str(ASKER), "hilda"]
    assert secret not in str(lines)
    assert [line.who for line in await store.conversations.recent("c:1", 1)] == ["hilda"]


async def test_readers_cursors_only_move_forward(store: Store) -> None:
    """A second terminal that is behind does not take the person back."""
    assert await store.conversations.cursor(ASKER, "c:1") == 0
    for cursor in (5, 3, 9):
        await store.conversations.read_up_to(ASKER, "c:1", cursor)

    assert await store.conversations.cursor(ASKER, "c:1") == 9
    assert await store.conversations.cursor(LEAD, "c:1") == 0


async def test_old_conversations_are_forgotten(store: Store) -> None:
    """Retention takes evidence, answers and log lines of that age, and not the audit."""
    await store.conversations.remember_evidence("c:1", [observed("logs", "q", "s", check="c")])
    await store.conversations.keep_answer("c:1", {})
    await store.conversations.heard("c:1", ASKER, "hello", "d1")
    await store.audit.note("somebody", "looked")
    await asyncio.sleep(0.01)

    gone = [await store.conversations.prune(timedelta(days=30)), await store.conversations.prune(timedelta(0))]

    assert gone == [0, 3]
    assert await store.conversations.recent("c:1") == ()
    assert (await store.verify_audit()).rows == 1


async def test_people_have_the_role_they_were_given(store: Store) -> None:
    """Nobody by default; bound, bound again and unbound, each with an audit row."""
    roles = [await store.identities.role_of(ASKER)]
    await store.identities.bind(ASKER, Role.operator, LEAD, kube_user="dana@example.org")
    roles.append(await store.identities.role_of(ASKER))
    kube_user = await store.identities.kube_user(ASKER)
    await store.identities.bind(ASKER, Role.viewer, LEAD)
    roles.append(await store.identities.role_of(ASKER))
    gone = [await store.identities.unbind(ASKER, LEAD), await store.identities.unbind(ASKER, LEAD)]
    roles.append(await store.identities.role_of(ASKER))

    audited = [(row.who, row.what, row.result) for row in await store.audit.about(str(ASKER))]

    assert roles == [Role.nobody, Role.operator, Role.viewer, Role.nobody]
    assert (kube_user, gone) == ("dana@example.org", [True, False])
    assert audited == [
        (str(LEAD), "bound", "operator"),
        (str(LEAD), "bound", "viewer"),
        (str(LEAD), "unbound", "unbound"),
        (str(LEAD), "unbound", "was not bound"),
    ]


async def test_people_are_known_by_the_whole_of_their_id(store: Store) -> None:
    """The same id of another tenant or platform is somebody else."""
    await store.identities.bind(Person("slack", "T1", "U1"), Role.admin, "admin")

    strangers = [Person("slack", "T2", "U1"), Person("teams", "T1", "U1"), Person("slack", "T1", "u1")]

    assert [await store.identities.role_of(person) for person in strangers] == [Role.nobody] * 3


@pytest.mark.parametrize("change", ["role = 4", "human = 'x'", "kube_user = 'system:admin'", "person = 'slack:T1:U2'"])
async def test_a_role_written_by_hand_is_refused(store: Store, change: str) -> None:
    """A row that Hilda did not sign makes nobody anything, and says what to do."""
    await store.identities.bind(LEAD, Role.viewer, "admin")
    async with store.database.begin() as tx:
        await tx.execute(text(f"UPDATE identity SET {change}"))
        person = Person.parse((await tx.execute(text("SELECT person FROM identity"))).scalar_one())

    with pytest.raises(NotAllowed, match="bind that person again"):
        await store.identities.role_of(person)


async def test_all_accounts_can_be_listed(store: Store) -> None:
    """Accounts of one human stand together."""
    for person, human in ((LEAD, "lee"), (ASKER, "dana"), (Person("teams", "T", "1"), "lee")):
        await store.identities.bind(person, Role.operator, "admin", human=human)

    listed = await store.identities.list()

    assert [found.human for found in listed] == ["dana", "lee", "lee"]
