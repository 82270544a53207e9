"""What passes between a script and Alertmanager: the approved silence, once, and a look at those that are there."""

import asyncio
import contextlib
import dataclasses
import json
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from domain.people import Person
from domain.proposals import CommandRequests, Identity, Precondition, ProposalState, digest
from domain.risk import Risk
from domain.scripts import ApiRequest, ShellCommand
from domain.silences import API_VERSION, Silence, signed, to_create, to_expire, to_list
from hands import amtool as inside_amtool
from hands.allowance import Allowance
from hands.api_request import Refused
from hands.proxy import ApiProxy
from hands.rechecks import NoLongerHolds, Rechecks
from policy.amtool import written
from policy.shell import parse
from store.ledger.records import ProposalRecord
from store.record import Store
from tests.alertmanagers import an_alertmanager
from tests.hands.proposals import ASKER, proposal
from tests.needs import needs
from tools.alertmanager.connection import Alertmanager
from tools.alertmanager.silences import rehearse, silences_by
from tools.kubernetes.client import KubeClient

NOW = datetime.now(UTC).replace(microsecond=0)
NO_CLUSTER = cast("KubeClient", None)
ID = "8a1b2c3d-0000-4000-8000-00000000000a"
OTHER_ID = "8a1b2c3d-0000-4000-8000-00000000000b"


def a_silence(**labels: str) -> Silence:
    matchers = tuple(sorted({"alertname": "Crash", "namespace": "shop", **labels}.items()))
    return Silence(matchers, NOW, NOW + timedelta(hours=1), signed("a1", ASKER), "known")


class Listening:
    """Answers like an Alertmanager, and remembers what it was sent."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.asked: list[str] = []
        self.updated = "2026-03-01T12:00:00.000Z"

    @property
    def writes(self) -> list[str]:
        return [asked for asked in self.asked if not asked.startswith("GET")]

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        if request.method == "POST":
            self.bodies.append(json.loads(await request.read()))
            return web.json_response({"silenceID": ID})
        if request.method == "DELETE":
            return web.Response()
        known = {
            "id": request.path.rpartition("/")[2],
            "status": {"state": "active"},
            "createdBy": "somebody",
            "endsAt": "2026-03-01T13:00:00.000Z",
            "updatedAt": self.updated,
        }
        return web.json_response(known if "/silence/" in request.path else [])


@pytest.fixture
async def listening() -> AsyncIterator[tuple[Listening, Alertmanager]]:
    server = Listening()
    runner = web.ServerRunner(web.Server(server.answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    alertmanager = Alertmanager(f"http://127.0.0.1:{runner.addresses[0][1]}", token="the-executors-own")
    yield server, alertmanager
    await alertmanager.close()
    await runner.cleanup()


@contextlib.asynccontextmanager
async def inside(
    alertmanager: Alertmanager | None, *approved: ApiRequest, preconditions: tuple[Precondition, ...] = ()
) -> AsyncIterator[tuple[ApiProxy, aiohttp.ClientSession]]:
    """The proxy, and a session that speaks through its socket as a script would."""
    allowance = Allowance(frozenset({"shop"}), frozenset(approved))
    proxy = ApiProxy(NO_CLUSTER, allowance, Identity(), preconditions, alertmanager)
    async with proxy.listening() as socket:
        connector = aiohttp.UnixConnector(str(socket))
        async with aiohttp.ClientSession("http://inside", connector=connector) as session:
            yield proxy, session


async def test_the_approved_silence_passes_once_with_our_credentials(listening):
    """A second one, byte for byte the same, does not: it would be another silence."""
    server, alertmanager = listening
    async with inside(alertmanager, to_create(alertmanager.url, a_silence())) as (proxy, session):
        first = await session.post("/alertmanager/api/v2/silences", json=a_silence().as_json())
        second = await session.post("/alertmanager/api/v2/silences", json=a_silence().as_json())

    assert (first.status, second.status) == (200, 403)
    assert server.bodies == [a_silence().as_json()]
    assert [write.verb for write in proxy.writes] == ["create"]
    assert "approved once" in proxy.refusals[0]


BODY = a_silence().as_json()
MATCHERS = BODY["matchers"]


@pytest.mark.parametrize(
    "sent",
    [
        BODY | {"matchers": MATCHERS[:1]},
        BODY | {"matchers": []},
        BODY | {"matchers": [MATCHERS[0], MATCHERS[1] | {"value": ".*", "isRegex": True}]},
        BODY | {"matchers": [MATCHERS[0], MATCHERS[1] | {"isEqual": False}]},
        BODY | {"matchers": [MATCHERS[0], MATCHERS[1] | {"value": "other"}]},
        BODY | {"matchers": [MATCHERS[0] | {"value": "Other"}, MATCHERS[1]]},
        BODY | {"matchers": [*MATCHERS, *MATCHERS]},
        BODY | {"matchers": [{"name": "alertname", "value": "Crash"}, MATCHERS[1]]},
        BODY | {"matchers": [*MATCHERS[:1], {**MATCHERS[1], "more": 1}]},
        BODY | {"endsAt": "2099-01-01T00:00:00Z"},
        BODY | {"startsAt": "2020-01-01T00:00:00Z"},
        BODY | {"endsAt": BODY["endsAt"].replace("Z", ".5Z")},
        BODY | {"createdBy": "somebody else"},
        BODY | {"comment": "another one"},
        BODY | {"id": ID},
        {name: BODY[name] for name in BODY if name != "comment"},
        [BODY],
        "silence",
        None,
    ],
)
async def test_no_other_silence_passes(listening, sent):
    """Wider, longer, another's, a change of one that is there: nothing reaches Alertmanager."""
    server, alertmanager = listening
    async with inside(alertmanager, to_create(alertmanager.url, a_silence())) as (proxy, session):
        answer = await session.post("/alertmanager/api/v2/silences", json=sent)

    assert answer.status == 403
    assert server.asked == []
    assert proxy.refusals


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", f"/api/v2/silence/{ID}"),
        ("POST", "/api/v2/alerts"),
        ("GET", "/api/v2/alerts"),
        ("GET", "/api/v2/status"),
        ("GET", "/api/v2/silences?filter=x"),
        ("GET", "/api/v2/silences/../status"),
        ("GET", "/api/v2//silences"),
        ("GET", "/api/v2/%73ilences"),
        ("PUT", "/api/v2/silences"),
        ("POST", "/-/reload"),
        ("GET", "/metrics"),
    ],
)
async def test_nothing_else_of_alertmanager_is_reached(listening, method, path):
    server, alertmanager = listening
    async with inside(alertmanager, to_create(alertmanager.url, a_silence())) as (_, session):
        url = aiohttp.client.URL(f"http://inside/alertmanager{path}", encoded=True)
        answer = await session.request(method, url, json=BODY if method != "GET" else None)

    assert answer.status == 403
    assert server.asked == []


async def test_a_script_without_an_approved_silence_sees_nothing_of_alertmanager(listening):
    server, alertmanager = listening
    patch = ApiRequest("patch", "apps", "deployments", "shop", "web")
    async with inside(alertmanager, patch) as (_, session):
        answers = [
            await session.get("/alertmanager/api/v2/silences"),
            await session.post("/alertmanager/api/v2/silences", json=BODY),
        ]

    assert [answer.status for answer in answers] == [403, 403]
    assert server.asked == []


async def test_an_approval_for_another_alertmanager_is_none_for_this_one(listening):
    server, alertmanager = listening
    async with inside(alertmanager, to_create("http://elsewhere:9093", a_silence())) as (proxy, session):
        answer = await session.post("/alertmanager/api/v2/silences", json=BODY)

    assert answer.status == 403
    assert server.asked == []
    assert "http://elsewhere:9093" in proxy.refusals[0]


async def test_an_executor_without_alertmanager_says_so():
    async with inside(None, to_create("http://elsewhere:9093", a_silence())) as (proxy, session):
        answer = await session.post("/alertmanager/api/v2/silences", json=BODY)

    assert answer.status == 403
    assert "ALERTMANAGER_URL is not set" in proxy.refusals[0]


async def test_verification_only_reads(listening):
    """The door of the verify script lets the approved silence through no more than any other."""
    server, alertmanager = listening
    allowed = Allowance.to_look(_proposal(to_create(alertmanager.url, a_silence()), to_list(alertmanager.url)))
    async with inside(alertmanager, *allowed.approved) as (_, session):
        made = await session.post("/alertmanager/api/v2/silences", json=BODY)
        seen = await session.get("/alertmanager/api/v2/silences")

    assert (made.status, seen.status) == (403, 200)
    assert server.writes == []


def known(updated: str) -> Precondition:
    return Precondition(API_VERSION, "Silence", "", ID, ID, f"updatedAt:{updated}")


async def test_only_the_approved_silence_is_ended(listening):
    server, alertmanager = listening
    approved = to_expire(alertmanager.url, ID)
    async with inside(alertmanager, approved, preconditions=(known(server.updated),)) as (_, session):
        other = await session.delete(f"/alertmanager/api/v2/silence/{OTHER_ID}")
        first = await session.delete(f"/alertmanager/api/v2/silence/{ID}")
        again = await session.delete(f"/alertmanager/api/v2/silence/{ID}")

    assert (other.status, first.status, again.status) == (403, 200, 403)
    assert server.writes == [f"DELETE /api/v2/silence/{ID}"]


async def test_a_silence_that_was_changed_since_is_not_ended(listening):
    server, alertmanager = listening
    server.updated = "2026-03-01T12:30:00.000Z"
    expected = (known("2026-03-01T12:00:00.000Z"),)
    async with inside(alertmanager, to_expire(alertmanager.url, ID), preconditions=expected) as (proxy, session):
        answer = await session.delete(f"/alertmanager/api/v2/silence/{ID}")

    assert answer.status == 409
    assert server.writes == []
    assert "was changed since" in proxy.refusals[0]


async def test_the_kubernetes_api_is_never_asked_in_alertmanagers_name():
    """A group of that name on the API server is not what was approved."""
    allowance = Allowance(frozenset(), frozenset({to_list("http://alerts:9093")}))

    with pytest.raises(Refused, match="no group of the Kubernetes API"):
        allowance.check(ApiRequest("list", "alertmanager", "silences", "", ""))


async def test_our_amtool_does_what_the_real_one_does(tmp_path: Path):
    """The line that is shown, run by Alertmanager's own amtool against it, makes the silence that ours makes."""
    real = needs("amtool")["amtool"]
    async with an_alertmanager("real", tmp_path) as held:
        ours, theirs = (
            dataclasses.replace(a_silence(path="/var/lib, and more"), author=signed(mark, ASKER))
            for mark in ("ours", "theirs")
        )
        shown = written(held.url, theirs)
        done = await asyncio.to_thread(_run, str(real), *shown.argv[1:])
        alertmanager = Alertmanager(held.url)
        async with inside(alertmanager, to_create(held.url, ours)) as (_, session):
            body = _what_ours_sends(written(held.url, ours))
            answer = await session.post("/alertmanager/api/v2/silences", json=body)
            made = await answer.json()
        (one,) = await silences_by(alertmanager, theirs.author)
        both = await held.silences()
        found = await asyncio.to_thread(
            _run, str(real), "silence", "query", f"--alertmanager.url={held.url}", "-q", f"--created-by={ours.author}"
        )
        await asyncio.to_thread(
            _run, str(real), "silence", "expire", f"--alertmanager.url={held.url}", made["silenceID"]
        )
        left = await held.silences()
        await alertmanager.close()

    assert (done, found) == (one.id, made["silenceID"])
    same = [{name: each[name] for name in ("matchers", "endsAt", "comment")} for each in both]
    assert len(same) == 2
    assert same[0] == same[1]
    assert [each["createdBy"] for each in left] == [theirs.author]


@pytest.mark.parametrize("which", ["real", "practice"])
async def test_a_rehearsal_tells_which_alerts_would_be_quiet(tmp_path: Path, which: str):
    """Those that fire now and carry the labels; the digest is that of the request, whatever fires."""
    async with an_alertmanager(which, tmp_path) as held:
        alertmanager = Alertmanager(held.url)
        command = written(held.url, a_silence())
        before = await rehearse(alertmanager, command)
        await held.fire({"alertname": "Crash", "namespace": "shop"}, {"alertname": "Crash", "namespace": "other"})
        after = await rehearse(alertmanager, command)
        gone = await rehearse(alertmanager, _expire(held.url))
        elsewhere = await rehearse(alertmanager, written("http://elsewhere", a_silence()))
        none = await rehearse(None, command)
        await alertmanager.close()

    assert (before.status, after.status) == ("passed", "passed")
    assert before.digest == after.digest
    assert "no alert" in before.why
    assert after.diff.count("\n") == 1
    assert "namespace=shop" in after.diff
    assert [gone.status, elsewhere.status, none.status] == ["failed", "failed", "failed"]


def _what_ours_sends(command: ShellCommand) -> Any:
    """The body that hands/amtool.py makes of a command's words."""
    sent: list[Any] = []
    original = inside_amtool.ask
    inside_amtool.ask = lambda method, path, body=None: (sent.append(body), (200, {"silenceID": ID}))[1]
    try:
        assert inside_amtool.main(*command.argv[1:]) == 0
    finally:
        inside_amtool.ask = original
    return sent[0]


def _run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _expire(url: str) -> ShellCommand:
    return parse(f"amtool silence expire --alertmanager.url={url} {ID}")[0]


def _proposal(*requests: ApiRequest) -> Any:
    return proposal("amtool", requests=(CommandRequests("amtool", requests),))


def silencing(made: Silence, url: str = "http://alerts:9093", **fields: Any) -> ProposalRecord:
    """A proposal for one silence, as its asker approved it."""
    command = written(url, made)
    wanted = proposal(
        f"{command.text}\n",
        requests=(CommandRequests(command.text, (to_create(url, made),)),),
        policy_version="now",
        risk=Risk.low,
        **fields,
    )
    return ProposalRecord(wanted, digest(wanted), ProposalState.approved)


def rechecks(alertmanager: Alertmanager | None = None) -> Rechecks:
    return Rechecks(cast("Store", None), NO_CLUSTER, "cluster-1", "kubectl", "now", alertmanager)


async def test_nobody_silences_in_another_ones_name():
    """What stands in Alertmanager as its author is who asked, or it is void."""
    forged = dataclasses.replace(a_silence(), author=signed("a1", Person("slack", "T", "boss")))

    with pytest.raises(NoLongerHolds, match="who did not ask for it"):
        await rechecks().run(silencing(forged))


async def test_what_was_approved_as_a_low_risk_is_void_when_it_says_more_than_its_command():
    """The request on record is that of the command, to the last matcher."""
    narrow, wide = a_silence(), Silence((("alertname", "Crash"),), NOW, NOW + timedelta(hours=1), "x", "y")
    record = silencing(narrow)
    command = dataclasses.replace(record.proposal.requests[0], requests=(to_create("http://alerts:9093", wide),))
    swapped = dataclasses.replace(record.proposal, requests=(command,))

    with pytest.raises(NoLongerHolds, match="something else than what was approved"):
        await rechecks().run(ProposalRecord(swapped, digest(swapped), ProposalState.approved))
