"""Jobs, outbox and journal: nothing is lost, nothing is done twice, and each conversation keeps its order."""

import asyncio
import contextlib
from datetime import timedelta

from sqlalchemy import text

from store.record import Store
from store.work.jobs import Job
from tests.store.making import out_of_lease


async def _claim(store: Store, worker: str = "w1", lease_seconds: float = 30, kinds: tuple[str, ...] = ()) -> Job:
    found = await store.jobs.claim(worker, lease_seconds, kinds)
    assert found is not None
    return found


async def test_a_delivery_is_one_job(store: Store) -> None:
    """The same key put three times, by several at once, is one job."""
    ids = await asyncio.gather(*(store.jobs.put("slack:1", "message", {"text": "hi"}) for _ in range(3)))

    job = await _claim(store)

    assert sorted(found is None for found in ids) == [False, True, True]
    assert (job.payload, job.kind, job.attempt) == ({"text": "hi"}, "message", 1)
    assert await store.jobs.claim("w2", 30) is None


async def test_a_finished_delivery_stays_known(store: Store) -> None:
    """A platform that delivers again after the work was done changes nothing."""
    await store.jobs.put("slack:1", "message", {})
    assert await store.jobs.finish(await _claim(store))

    again = await store.jobs.put("slack:1", "message", {})

    assert again is None
    assert await store.jobs.claim("w1", 30) is None


async def test_a_conversation_is_answered_in_order_by_one_worker(store: Store) -> None:
    """While its first message is being answered, the second waits; another conversation does not."""
    for number in (1, 2):
        await store.jobs.put(f"a{number}", "message", {"n": number}, "slack:a")
    await store.jobs.put("b1", "message", {"n": 3}, "slack:b")

    first = await _claim(store, "w1")
    other = await _claim(store, "w2")
    nothing = await store.jobs.claim("w3", 30)
    await store.jobs.finish(first)
    second = await _claim(store, "w3")

    assert [first.payload["n"], other.payload["n"], nothing, second.payload["n"]] == [1, 3, None, 2]


async def test_a_retry_keeps_its_place(store: Store) -> None:
    """A message that failed and waits for its next try is not overtaken by the one after it."""
    for number in (1, 2):
        await store.jobs.put(f"a{number}", "message", {"n": number}, "slack:a")
    await store.jobs.fail(await _claim(store), "the API server was down", pause_seconds=2)

    at_once = await store.jobs.claim("w1", 30)
    await asyncio.sleep(2.1)
    later = await _claim(store)

    assert at_once is None
    assert (later.payload["n"], later.attempt, later.error) == (1, 2, "the API server was down")


async def test_work_without_a_conversation_runs_side_by_side(store: Store) -> None:
    """Jobs that belong to no conversation do not wait for each other."""
    for number in (1, 2):
        await store.jobs.put(f"n{number}", "sweep", {})

    both = [await store.jobs.claim("w1", 30), await store.jobs.claim("w2", 30)]

    assert None not in both


async def test_a_dead_workers_job_goes_to_another(store: Store) -> None:
    """When the lease runs out somebody else gets it, and the first worker's result no longer counts."""
    await store.jobs.put("a1", "message", {}, "slack:a")
    lost = await _claim(store, "w1")
    await out_of_lease(store, "job")

    taken = await _claim(store, "w2")

    assert (taken.id, taken.attempt) == (lost.id, 2)
    assert not await store.jobs.finish(lost)
    assert not await store.jobs.renew(lost, 30)
    assert not await store.jobs.fail(lost, "late")
    assert await store.jobs.finish(taken)


async def test_the_same_worker_after_a_lost_lease_is_fenced_too(store: Store) -> None:
    """An earlier try of the same worker does not finish the later one's work."""
    await store.jobs.put("a1", "message", {})
    first = await _claim(store, "w1")
    await out_of_lease(store, "job")
    await _claim(store, "w1")

    assert not await store.jobs.finish(first)


async def test_a_renewed_lease_is_kept(store: Store) -> None:
    """Long work that renews in time is not given to anybody else."""
    await store.jobs.put("a1", "message", {})
    held = await _claim(store, "w1", 2)
    assert await store.jobs.renew(held, 60)
    await asyncio.sleep(2.1)

    assert await store.jobs.claim("w2", 30) is None


async def test_poison_dies_and_waits_for_a_person(store: Store) -> None:
    """After the last try the job is dead, listed with its error, out of the conversation's way, and can be revived."""
    await store.jobs.put("bad", "message", {}, "slack:a", most_attempts=2)
    await store.jobs.put("good", "message", {}, "slack:a")
    for _ in range(2):
        await store.jobs.fail(await _claim(store), "cannot be read", pause_seconds=0)

    (dead,) = await store.jobs.dead()
    after = await _claim(store)

    assert (dead.dedup_key, dead.error, after.dedup_key) == ("bad", "cannot be read", "good")
    assert await store.jobs.finish(after)
    assert await store.jobs.revive(dead.id)
    assert (await _claim(store)).attempt == 1


async def test_a_job_that_kills_its_workers_dies_too(store: Store) -> None:
    """Work that never comes back does not go round for ever."""
    await store.jobs.put("bomb", "message", {}, most_attempts=2)
    for _ in range(2):
        await _claim(store)
        await out_of_lease(store, "job")

    nothing = await store.jobs.claim("w1", 30)

    (dead,) = await store.jobs.dead()
    assert (nothing, dead.dedup_key, dead.error) == (None, "bomb", "its worker was lost")


async def test_a_worker_that_stops_gives_its_job_back(store: Store) -> None:
    """A job given back was not tried, and is there for the next worker at once."""
    await store.jobs.put("a1", "message", {})
    await store.jobs.give_back(await _claim(store))

    again = await _claim(store, "w2")

    assert again.attempt == 1


async def test_a_worker_may_ask_for_its_own_kind_of_work(store: Store) -> None:
    """Kinds that nobody here does are left for others; delayed work waits for its time."""
    await store.jobs.put("r1", "resume", {})
    await store.jobs.put("m1", "message", {}, delay_seconds=60)

    assert await store.jobs.claim("w1", 30, ("message",)) is None
    assert (await _claim(store, kinds=("resume", "message"))).dedup_key == "r1"


async def test_a_job_joins_the_transaction_that_caused_it(store: Store) -> None:
    """A job put in a transaction that fails was never put."""

    async def fail_after_the_job() -> None:
        async with store.database.begin() as tx:
            await store.jobs.put("a1", "message", {}, tx=tx)
            raise ZeroDivisionError

    with contextlib.suppress(ZeroDivisionError):
        await fail_after_the_job()

    assert await store.jobs.waiting() == 0


async def test_old_jobs_are_forgotten_and_dead_ones_kept(store: Store) -> None:
    """Pruning takes what was done long ago and nothing else."""
    for key in ("done", "dead", "ready"):
        await store.jobs.put(key, key, {}, most_attempts=1)
    await store.jobs.finish(await _claim(store, kinds=("done",)))
    await store.jobs.fail(await _claim(store, kinds=("dead",)), "broken")
    await asyncio.sleep(0.01)

    gone = [await store.jobs.prune(timedelta(days=1)), await store.jobs.prune(timedelta(0))]

    assert gone == [0, 1]
    assert await store.jobs.waiting() == 1
    assert len(await store.jobs.dead()) == 1


async def test_a_reply_is_said_once_per_key(store: Store) -> None:
    """Putting a key again, or reporting it sent twice, changes nothing."""
    put = [await store.outbox.put("answer:1", "slack:a", "slack", {"n": n}) for n in (1, 2)]
    (item,) = await store.outbox.due("slack")

    reported = [await store.outbox.sent(item.key, "ts-1"), await store.outbox.sent(item.key, "ts-2")]

    assert (put, item.payload, reported) == ([True, False], {"n": 1}, [True, False])
    assert await store.outbox.due("slack") == ()
    assert await store.outbox.post_of("answer:1") == "ts-1"


async def test_an_update_knows_the_post_it_replaces(store: Store) -> None:
    """What replaces an earlier key comes with the platform's name of that post, and after it."""
    await store.outbox.put("progress", "slack:a", "slack", {})
    await store.outbox.put("answer", "slack:a", "slack", {}, replaces="progress")

    (first,) = await store.outbox.due("slack")
    await store.outbox.sent("progress", "ts-1")
    (second,) = await store.outbox.due("slack")

    assert (first.key, first.updates) == ("progress", "")
    assert (second.key, second.replaces, second.updates) == ("answer", "progress", "ts-1")


async def test_a_post_that_was_not_reported_comes_again(store: Store) -> None:
    """A poster that died between posting and reporting is repeated after its lease: at least once."""
    await store.outbox.put("answer", "slack:a", "slack", {})
    await store.outbox.due("slack", lease_seconds=2)
    during = await store.outbox.due("slack")
    await asyncio.sleep(2.1)

    (again,) = await store.outbox.due("slack")

    assert (during, again.attempt) == ((), 2)


async def test_a_refused_post_waits_and_holds_back_what_follows(store: Store) -> None:
    """After a refusal the conversation keeps its order; another conversation and another door go on."""
    for key, conversation, door in (
        ("a1", "a", "slack"),
        ("a2", "a", "slack"),
        ("b1", "b", "slack"),
        ("t", "a", "teams"),
    ):
        await store.outbox.put(key, conversation, door, {})
    await store.outbox.due("slack")
    await store.outbox.failed("a1", "429", pause_seconds=2)
    await store.outbox.sent("b1")

    waiting = await store.outbox.due("slack")
    others = await store.outbox.due("teams")
    await asyncio.sleep(2.1)
    after = await store.outbox.due("slack")

    assert (waiting, [item.key for item in others], [item.key for item in after]) == ((), ["t"], ["a1"])


async def test_a_post_that_can_never_be_made_is_given_up(store: Store) -> None:
    """`for_good` takes it out of the way of what follows."""
    for key in ("a1", "a2"):
        await store.outbox.put(key, "a", "slack", {})
    await store.outbox.due("slack")

    await store.outbox.failed("a1", "channel is archived", for_good=True)

    assert [item.key for item in await store.outbox.due("slack")] == ["a2"]


async def test_a_post_that_takes_long_is_kept(store: Store) -> None:
    """Its lease is renewed while it is being said; once it is out, that changes nothing any more."""
    for number in (1, 2):
        await store.outbox.put(f"k{number}", f"slack:{number}", "slack", {})
    await store.outbox.due("slack", lease_seconds=0)
    await store.outbox.renew(("k1", "k2"), 30)
    during = await store.outbox.due("slack")
    await store.outbox.sent("k1", "C/1")
    await store.outbox.renew(("k1", "k2"), 0)

    after = await store.outbox.due("slack")

    assert during == ()
    assert [held.key for held in after] == ["k2"]


async def test_two_posters_never_have_the_same_post(store: Store) -> None:
    """Several posters asking at once share the work without overlap."""
    for number in range(20):
        await store.outbox.put(f"k{number}", f"c{number}", "slack", {})

    batches = await asyncio.gather(*(store.outbox.due("slack", most=20) for _ in range(4)))

    keys = [item.key for batch in batches for item in batch]
    assert sorted(keys) == sorted({f"k{number}" for number in range(20)})


async def test_what_had_to_be_posted_anew_is_updated_there_from_then_on(store: Store) -> None:
    """A first post that was left out or is gone: the next one takes over its name, and updates find that."""
    await store.outbox.put("looking", "c", "slack", {})
    await store.outbox.put("looking:1", "c", "slack", {}, "looking")
    await store.outbox.put("answer", "c", "slack", {}, "looking")
    (first,) = await store.outbox.due("slack")
    assert await store.outbox.superseded(first)
    await store.outbox.sent(first.key, first.updates)

    (second,) = await store.outbox.due("slack")
    await store.outbox.sent(second.key, "C1/17.5")
    (answer,) = await store.outbox.due("slack")

    assert second.updates == ""
    assert answer.updates == "C1/17.5"
    assert not await store.outbox.superseded(answer)


async def test_a_platform_that_is_away_for_long_costs_no_post(store: Store) -> None:
    """However often it was not to be reached: what there is to say stays, and in its order."""
    await store.outbox.put("1", "c", "slack", {})
    await store.outbox.put("2", "c", "slack", {})

    for _ in range(30):
        (held,) = await store.outbox.due("slack")
        await store.outbox.later(held.key, 0, "no answer")

    assert held.key == "1"
    assert await store.outbox.waiting("slack") == 2


async def test_what_was_taken_back_before_anybody_began_is_not_done(store: Store) -> None:
    """A deleted message; one that is already worked on is told apart."""
    await store.jobs.put("1", "message", {}, "c")
    await store.jobs.put("2", "message", {}, "c")
    running = await _claim(store)

    assert await store.jobs.withdraw("1") == "running"
    assert await store.jobs.withdraw("2") == "ready"
    assert await store.jobs.withdraw("3") == ""

    await store.jobs.finish(running)
    assert await store.jobs.claim("w1", 30) is None
    assert await store.jobs.of("c")
    assert not await store.jobs.of("d")


async def test_followers_read_on_from_their_cursor(store: Store) -> None:
    """Each reader gets what came after its cursor, in order, in the topics it follows."""
    for number in range(4):
        await store.journal.append(f"proposal:{number % 2}", "moved", {"n": number})

    first = await store.journal.since(0, most=2)
    rest = await store.journal.since(first[-1].cursor)
    one_topic = await store.journal.since(0, ["proposal:1"])

    assert [entry.payload["n"] for entry in (*first, *rest)] == [0, 1, 2, 3]
    assert [entry.payload["n"] for entry in one_topic] == [1, 3]
    assert await store.journal.newest() == rest[-1].cursor
    assert await store.journal.since(rest[-1].cursor) == ()


async def test_no_row_appears_behind_a_readers_cursor(store: Store) -> None:
    """Writers that commit in any order and at any pace: a reader that only moves forward sees every row once."""

    async def write(writer: int) -> None:
        for number in range(8):
            async with store.database.begin() as tx:
                await store.journal.append("t", "e", {"w": writer, "n": number}, tx=tx)
                # Between taking a number and becoming visible is where a row could be overtaken.
                await asyncio.sleep(0.001 * ((writer + number) % 4))

    async def read(seen: list[tuple[int, int]]) -> None:
        cursor = 0
        while len(seen) < 48:
            for entry in await store.journal.since(cursor):
                cursor = entry.cursor
                seen.append((entry.payload["w"], entry.payload["n"]))
            await asyncio.sleep(0)

    seen: list[tuple[int, int]] = []
    await asyncio.wait_for(asyncio.gather(read(seen), *(write(writer) for writer in range(6))), 30)

    assert sorted(seen) == [(writer, number) for writer in range(6) for number in range(8)]


async def test_cursors_stay_good_when_old_rows_go(store: Store) -> None:
    """After pruning, new rows still come after every cursor anyone holds."""
    for _ in range(3):
        await store.journal.append("t", "e")
    cursor = await store.journal.newest()
    await asyncio.sleep(0.01)

    gone = await store.journal.prune(timedelta(0))
    new = await store.journal.append("t", "later")

    assert gone == 2
    assert new > cursor
    assert [entry.event for entry in await store.journal.since(cursor)] == ["later"]


async def test_odd_payloads_come_back_as_they_were(store: Store) -> None:
    """NUL, lone surrogates, emoji and deep nesting in JSON survive on both databases."""
    odd = {"nul": "a\x00b", "half": "\ud83d", "emoji": "👩‍🚒", "deep": [{"x": [1, 2.5, None, True]}]}

    await store.jobs.put("odd", "message", odd)
    await store.journal.append("t", "e", odd)

    assert (await _claim(store)).payload == odd
    assert (await store.journal.since(0))[0].payload == odd


async def test_a_busy_queue_stays_in_order_with_many_workers(store: Store) -> None:
    """Eight workers over ten conversations: every message done once, each conversation in its order."""
    for number in range(60):
        await store.jobs.put(f"m{number}", "message", {"n": number}, f"c{number % 10}")
    done: list[int] = []
    running: set[str] = set()

    async def work(worker: str) -> None:
        while await store.jobs.waiting():
            held = await store.jobs.claim(worker, 30)
            if held is None:
                await asyncio.sleep(0.005)
                continue
            assert held.conversation not in running
            running.add(held.conversation)
            await asyncio.sleep(0.001)
            done.append(held.payload["n"])
            running.remove(held.conversation)
            assert await store.jobs.finish(held)

    await asyncio.gather(*(work(f"w{number}") for number in range(8)))

    assert sorted(done) == list(range(60))
    for conversation in range(10):
        assert [n for n in done if n % 10 == conversation] == sorted(n for n in done if n % 10 == conversation)


async def test_the_database_allows_one_running_job_per_conversation(store: Store) -> None:
    """Even a claim that saw an outdated queue cannot hold a conversation twice: the index refuses."""
    for number in (1, 2):
        await store.jobs.put(f"a{number}", "message", {}, "slack:a")
    await _claim(store)

    async def run_the_other_too() -> None:
        async with store.database.begin() as tx:
            await tx.execute(text("UPDATE job SET state = 'running' WHERE dedup_key = 'a2'"))

    refused = await asyncio.gather(run_the_other_too(), return_exceptions=True)

    assert "IntegrityError" in type(refused[0]).__name__


def test_statements_with_the_databases_clock_are_compiled_once() -> None:
    """An element without a cache key would have every statement compiled at every use."""
    from store.clock import DB_CLOCK

    assert DB_CLOCK._generate_cache_key() is not None
