"""What programs ask over HTTP: who may, how often, what they are told."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Depends
from prometheus_client.parser import text_string_to_metric_families

from bot.doors.http.callers import WRONG_A_MINUTE, Allowance, Callers
from domain.cards import Text, card
from domain.messages import Incoming, Message, Reply
from domain.people import Role
from domain.proposals import Outcome
from policy.roles import Act
from store.keys import ApiKey
from tests.bot.doors.http.api import Api, bearer, open_api
from tests.bot.doors.slack.made_up import CLUSTER, echo, reply
from tests.hands.proposals import proposal

GUARDED = ["/health", "/status", "/metrics", "/api/v1/incidents", "/api/v1/incidents/i0123456789"]


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with open_api(tmp_path) as opened:
        yield opened


async def test_nothing_is_told_without_a_living_key(api: Api) -> None:
    """None, another scheme, one that is none, a revoked one."""
    revoked = await api.key(name="old")
    await api.store.keys.revoke("old", "test")
    wrong = [{}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}, bearer("hilda_k0123456789_x"), revoked]

    asked = [(path, headers) for path in GUARDED for headers in wrong]
    answers = [await api.client.get(path, headers=headers) for path, headers in asked]

    assert {answer.status_code for answer in answers} <= {401, 429}
    assert [answer.status_code for answer in answers[: len(wrong)]] == [401] * len(wrong)
    refused = [answer for answer in answers if answer.status_code == 401]
    assert all("Bearer" in answer.headers["www-authenticate"] for answer in refused)
    assert all(answer.headers["content-type"] == "application/problem+json" for answer in answers)


async def test_a_key_that_is_worth_nothing_is_a_row_of_the_audit_without_what_was_shown(api: Api) -> None:
    shown = "hilda_k0123456789_" + "s" * 43
    await api.client.get("/status", headers=bearer(shown))

    (row,) = await api.store.audit.tail(1)

    assert (row.what, row.subject, row.why) == ("refused", "key:k0123456789", "GET /status")
    assert "sss" not in str(row)


async def test_whether_it_lives_and_works_needs_no_key(api: Api) -> None:
    alive, ready = await api.client.get("/healthz"), await api.client.get("/readyz")

    assert (alive.json(), ready.json()) == ({"alive": True}, {"ready": True, "troubles": {}})


async def test_one_key_that_asks_too_often_waits_and_others_do_not(tmp_path: Path) -> None:
    """429 with how long; never below the alerts."""
    async with open_api(tmp_path, a_minute=12) as api:
        greedy, other = await api.key(name="greedy"), await api.key(name="other")
        codes = [(await api.client.get("/status", headers=greedy)).status_code for _ in range(4)]
        last = await api.client.get("/status", headers=greedy)
        spared = await api.client.get("/status", headers=other)
        batch = {"version": "4", "alerts": []}
        alerts = [
            (await api.client.post("/api/v1/alerts/alertmanager", json=batch, headers=bearer("alerts"))).status_code
            for _ in range(20)
        ]

    assert codes == [200, 200, 429, 429]
    assert int(last.headers["retry-after"]) > 0
    assert spared.status_code == 200
    assert set(alerts) == {200}


async def test_who_tries_keys_has_to_wait(api: Api) -> None:
    tries = [(await api.client.get("/status", headers=bearer("x"))).status_code for _ in range(WRONG_A_MINUTE)]

    assert tries[0] == 401
    assert tries[-1] == 429


async def test_a_key_may_do_what_its_role_may_and_no_more(api: Api) -> None:
    """Whatever route asks for it."""
    callers = Callers(api.store.keys, 6000)

    @api.app.post("/approve")
    async def approve(key: Annotated[ApiKey, Depends(callers.may(Act.approve_medium))]) -> str:
        return key.name

    viewer, operator = await api.key(Role.viewer, "reader"), await api.key(Role.operator, "lead")
    refused = await api.client.post("/approve", headers=viewer)
    allowed = await api.client.post("/approve", headers=operator)

    assert (refused.status_code, allowed.status_code) == (403, 200)
    assert "needs operator" in refused.json()["detail"]


def test_an_allowance_comes_back_with_time() -> None:
    now = 0.0
    allowance = Allowance(60, lambda: now)

    at_once = [allowance.take("ci") for _ in range(11)]
    now = 2.0
    later = [allowance.take("ci") for _ in range(3)]

    assert [wait == 0 for wait in at_once] == [True] * 10 + [False]
    assert at_once[-1] == pytest.approx(1.0)
    assert [wait == 0 for wait in later] == [True, True, False]


async def test_incidents_are_listed_and_shown_with_their_timeline(api: Api) -> None:
    headers = await api.key()
    first = await api.store.incidents.open_or_join("crash-loop|c|shop|Deployment|web", "web crashes", "c", "terminal:1")
    second = await api.store.incidents.open_or_join("oom|c|shop|Deployment|api", "api dies", "c", "terminal:2")
    await api.store.incidents.close(first.id, "mended")

    listed = (await api.client.get("/api/v1/incidents?state=open", headers=headers)).json()
    shown = (await api.client.get(f"/api/v1/incidents/{first.id}", headers=headers)).json()
    none = await api.client.get("/api/v1/incidents/i0000000000", headers=headers)

    assert [one["id"] for one in listed["incidents"]] == [second.id]
    assert (shown["state"], shown["summary"], shown["title"]) == ("closed", "mended", "web crashes")
    assert [line["kind"] for line in shown["timeline"]] == ["opened", "closed"]
    assert none.status_code == 404


SENSELESS = [
    "/api/v1/incidents?state=everything",
    "/api/v1/incidents?limit=0",
    "/api/v1/incidents?limit=x",
    "/api/v1/incidents?limit=99999999999999999999999999",
    "/api/v1/incidents/x",
    "/api/v1/incidents/I0123456789",
    "/api/v1/incidents/i0123456789%00",
]


async def test_a_question_that_makes_no_sense_is_a_400_that_says_why(api: Api) -> None:
    headers = await api.key()
    answers = {path: await api.client.get(path, headers=headers) for path in SENSELESS}

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(SENSELESS, 400)
    assert all(answer.json()["errors"] for answer in answers.values())


async def test_the_status_is_that_of_the_store(api: Api) -> None:
    """Names and meanings that dashboards expect; nothing is made up before there was anything."""
    headers = await api.key()
    before = (await api.client.get("/status", headers=headers)).json()
    await _something_happened(api)
    after = (await api.client.get("/status", headers=headers)).json()
    health = (await api.client.get("/health", headers=headers)).json()

    names = {"active_investigations", "pending_fixes", "learning_sessions", "success_rate", "patterns_loaded"}
    assert set(before) == names
    assert (before["success_rate"], before["patterns_loaded"]) == (None, 12)
    assert (after["active_investigations"], after["success_rate"]) == (1, 0.5)
    assert health == {"status": "ok", "agents": {"worker": "idle", "executor": "absent"}}


async def test_metrics_are_what_the_store_counts_whichever_replica_tells(api: Api) -> None:
    await _something_happened(api)
    page = await api.client.get("/metrics", headers=await api.key())
    families = {family.name: family for family in text_string_to_metric_families(page.text)}
    values = {
        sample.name: sample.value for family in families.values() for sample in family.samples if not sample.labels
    }

    assert page.headers["content-type"].startswith("text/plain")
    assert values["aiops_remediation_attempts_total"] == 2
    assert values["aiops_remediation_success_total"] == 1
    assert values["aiops_anomaly_true_positives"] == 1
    assert values["aiops_anomaly_false_positives"] == 1
    assert families["aiops_incident_resolution_duration_seconds"].type == "histogram"
    assert values["aiops_incident_resolution_duration_seconds_count"] == 2
    assert values["hilda_api_keys"] == 1
    open_ones = [s.value for s in families["hilda_incidents"].samples if s.labels["state"] == "open"]
    assert open_ones == [1]


async def test_metrics_may_be_told_without_a_key_where_that_is_wanted(tmp_path: Path) -> None:
    async with open_api(tmp_path, open_metrics=True) as api:
        assert (await api.client.get("/metrics")).status_code == 200
        assert (await api.client.get("/status")).status_code == 401


async def test_a_question_is_answered_as_in_any_chat_and_goes_on(api: Api) -> None:
    """The same dispatcher; progress is left out; the next question goes on in the same conversation."""
    headers = await api.key(name="ci")
    asked = {"query": "what is wrong?", "context": "[FIRING] Crash"}
    first = (await api.client.post("/api/v1/chat/query", json=asked, headers=headers)).json()
    again = {"query": "since when?", "conversation": first["conversation"]}
    second = (await api.client.post("/api/v1/chat/query", json=again, headers=headers)).json()

    assert (first["complete"], second["complete"]) == (True, True)
    assert [answer["title"] for answer in first["answers"]] == ["Echo"]
    assert "You said: what is wrong?" in first["answers"][0]["markdown"]
    assert first["answers"][0]["card"]["parts"][0]["type"] == "text"
    assert "You said: since when?" in second["answers"][0]["markdown"]
    heard = [one for one in api.answering.heard if isinstance(one, Message)]
    assert {str(one.author) for one in heard} == {"http:key:ci"}
    assert len({one.conversation for one in heard}) == 1


async def test_nobody_goes_on_in_another_keys_conversation(api: Api) -> None:
    mine, theirs = await api.key(name="mine"), await api.key(name="theirs")
    first = (await api.client.post("/api/v1/chat/query", json={"query": "hello"}, headers=mine)).json()
    again = {"query": "hello", "conversation": first["conversation"]}
    await api.client.post("/api/v1/chat/query", json=again, headers=theirs)

    one, other = (said.conversation for said in api.answering.heard)
    assert one != other
    assert one.startswith("http:key:mine:")
    assert other.startswith("http:key:theirs:")


async def test_a_slow_answer_is_not_lost(tmp_path: Path) -> None:
    """202 and the conversation; the next question there gets both answers."""
    async with open_api(tmp_path, chat_seconds=0.2) as api:
        go_on = asyncio.Event()

        async def slow(incoming: Incoming) -> AsyncIterator[Reply]:
            await go_on.wait()
            yield reply(f"{incoming.id}:answer:0", card("Late", Text("but there")))

        api.answering.answer = slow
        headers = await api.key()
        first = await api.client.post("/api/v1/chat/query", json={"query": "slow?"}, headers=headers)
        go_on.set()
        while await api.store.jobs.waiting():
            await asyncio.sleep(0.02)
        api.answering.answer = echo
        again = {"query": "and?", "conversation": first.json()["conversation"]}
        second = (await api.client.post("/api/v1/chat/query", json=again, headers=headers)).json()

    assert (first.status_code, first.json()["complete"], first.json()["answers"]) == (202, False, [])
    assert "Late" in [answer["title"] for answer in second["answers"]]


MISSHAPEN: list[object] = [
    {},
    {"query": ""},
    {"query": "x" * 4001},
    {"query": 1},
    {"query": "x", "conversation": "../other"},
    {"query": "x", "conversation": "0123456789ab:x"},
    {"query": "x", "author": "slack:T:boss"},
    [],
    "x",
]


async def test_a_question_of_another_shape_is_refused(api: Api) -> None:
    """Nobody names another author, and no conversation is taken from what a client claims."""
    headers = await api.key()
    answers = [await api.client.post("/api/v1/chat/query", json=asked, headers=headers) for asked in MISSHAPEN]

    assert [answer.status_code for answer in answers] == [400] * len(MISSHAPEN)
    assert api.answering.heard == []


async def test_the_document_describes_every_route_and_needs_no_key(api: Api) -> None:
    document = (await api.client.get("/api/v1/openapi.json")).json()

    assert set(document["paths"]) == {
        "/healthz",
        "/readyz",
        "/health",
        "/status",
        "/metrics",
        "/api/v1/alerts/alertmanager",
        "/api/v1/incidents",
        "/api/v1/incidents/{incident_id}",
        "/api/v1/chat/query",
    }
    assert all("422" not in each["responses"] for path in document["paths"].values() for each in path.values())


async def _something_happened(api: Api) -> None:
    """Three incidents, two of them over, one of those of unknown cause; two remediations, of which one helped."""
    store = api.store
    found = await store.incidents.open_or_join("crash-loop|c|shop|Deployment|web", "web crashes", "c", "terminal:1")
    went = await store.incidents.open_or_join("alerts|c|shop|AlertGroup|Slow", "Slow", "c", "terminal:2")
    await store.incidents.open_or_join("oom|c|shop|Deployment|api", "api dies", "c", "terminal:3")
    for number, verified in enumerate((True, False)):
        wanted = dataclasses.replace(proposal("true"), id=f"p{number}", incident=found.id, cluster=CLUSTER)
        await store.incidents.outcome(wanted, Outcome(0, "", False, verified, "", 1.0), ["true"])
    await store.incidents.close(found.id, "mended")
    await store.incidents.close(went.id, "went by itself")
    assert datetime.now(UTC) - found.opened_at < timedelta(minutes=5)
