"""What is said when the server that should be Prometheus is down, slow, closed, odd, or somebody else."""

import asyncio
import base64
import math
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from domain.errors import Misconfigured, ToolFailed
from domain.look import Look
from tests.tools.prometheus.odd_server import Odd, Seen, as_json, odd_server, success, unused_port, vector
from tests.tools.prometheus.worlds import NOW
from tools.prometheus.access import Access
from tools.prometheus.connection import connect
from tools.prometheus.directory import Directory
from tools.prometheus.signals import read_signals
from tools.prometheus.source import MetricsSource

Answer = tuple[int, dict[str, str], bytes]


async def asked(source: MetricsSource, how: str = "instant") -> str:
    """What the failure of one question says."""
    questions: dict[str, Callable[[], Awaitable[object]]] = {
        "instant": lambda: source.instant("up", NOW),
        "range": lambda: source.range("up", NOW - timedelta(hours=1), NOW, 60),
        "names": source.names,
        "labels": lambda: source.labels("up"),
        "alerts": source.alerts,
    }
    try:
        with pytest.raises(ToolFailed) as failed:
            await questions[how]()
    finally:
        await source.close()
    return str(failed.value)


def always(answer: Answer) -> Callable[[Seen], Answer]:
    return lambda _: answer


HTML = (200, {"Content-Type": "text/html"}, b"<!doctype html><html><body>Sign in</body></html>")
EVERY_WAY = pytest.mark.parametrize("how", ["instant", "range", "names", "labels", "alerts"])


@EVERY_WAY
async def test_a_web_page_where_json_belongs_is_named(how: str) -> None:
    """HTML with status 200 is told as such, with the setting to look at, by every kind of question."""
    with odd_server(always(HTML)) as odd:
        said = await asked(connect(odd.url), how)

    assert "HTML page" in said
    assert "PROMETHEUS_URL" in said
    assert odd.url in said


@EVERY_WAY
async def test_a_redirect_to_a_login_is_not_followed(how: str) -> None:
    """Credentials are not carried to where a redirect points."""
    with (
        odd_server(always(success([]))) as login,
        odd_server(always((302, {"Location": f"{login.url}/login?next=secret"}, b""))) as odd,
    ):
        said = await asked(connect(odd.url, token="tok"), how)

    assert login.seen == []
    assert "redirect" in said
    assert "login page" in said
    assert "next=secret" not in said


@EVERY_WAY
@pytest.mark.parametrize(
    ("status", "words"),
    [(503, "starting, overloaded"), (401, "bearer token"), (403, "may not read"), (404, "sub-path"), (429, "limits")],
)
async def test_a_status_comes_with_what_to_do(status: int, words: str, how: str) -> None:
    """Each refusal says what it means for the person, and keeps its status for whoever decides."""
    with odd_server(always((status, {}, b"no"))) as odd:
        said = await asked(connect(odd.url), how)

    assert str(status) in said
    assert words in said


@EVERY_WAY
async def test_a_dead_port_is_told_quickly(how: str) -> None:
    """Nothing listens there: a sentence at once, without a long series of retries."""
    began = time.monotonic()

    said = await asked(connect(f"http://127.0.0.1:{unused_port()}", seconds=5), how)

    assert time.monotonic() - began < 2
    assert "refused" in said
    assert "port" in said


@EVERY_WAY
async def test_a_slow_server_costs_no_more_than_the_limit(how: str) -> None:
    """A server that sleeps is given up after the seconds that were set."""
    with odd_server(always(success([]))) as odd:
        odd.delay = 1.5
        began = time.monotonic()
        said = await asked(connect(odd.url, seconds=0.3), how)

    assert time.monotonic() - began < 1.4
    assert "0.3 s" in said


@EVERY_WAY
async def test_a_trickling_server_costs_no_more_than_the_limit(how: str) -> None:
    """Bytes that keep coming one by one do not keep us waiting: the limit is for the whole answer."""
    with odd_server(always(success(["x" * 300]))) as odd:
        odd.trickle = True
        began = time.monotonic()
        said = await asked(connect(odd.url, seconds=0.4), how)

    assert time.monotonic() - began < 1.4
    assert "0.4 s" in said


def test_no_thread_is_left_with_a_trickling_server() -> None:
    """What runs in a thread ends by itself, or the program could not end either."""
    with odd_server(always(success(["x" * 300]))) as odd:
        odd.trickle = True
        directory = Directory(Access.of(odd.url), seconds=0.3)
        began = time.monotonic()
        with pytest.raises(ToolFailed, match=r"0\.3 s"):
            directory.names()
        directory.close()

    assert time.monotonic() - began < 1.4


async def test_a_server_that_was_away_for_a_moment_is_asked_once_more() -> None:
    """One 503 is forgiven, by both clients; a second is not asked a third time."""
    turns: list[int] = []

    def answer(seen: Seen) -> Answer:
        turns.append(1)
        if len(turns) % 2:
            return 503, {}, b""
        return success(vector("1")) if seen.path.endswith("query") else success(["up"])

    with odd_server(answer) as odd:
        source = connect(odd.url)
        rows, names = await source.instant("up", NOW), await source.names()
        await source.close()

    assert len(rows) == 1
    assert names == {"up"}
    assert len(odd.seen) == 4


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"status":"ok"}', b"null", b'{"status":"success"}', b"\x00\xff"])
@EVERY_WAY
async def test_what_is_not_prometheus_json_is_no_answer(body: bytes, how: str) -> None:
    """JSON of somebody else, half JSON, nothing: a sentence, never a stack trace."""
    with odd_server(always((200, {"Content-Type": "application/json"}, body))) as odd:
        said = await asked(connect(odd.url), how)

    assert "PROMETHEUS_URL" in said or "Prometheus server" in said


async def test_a_refused_query_is_quoted() -> None:
    """What the server says about a query reaches the person, without control characters."""
    answer = as_json({"status": "error", "errorType": "bad_data", "error": "unknown \x1b[31mfunction"}, 400)
    with odd_server(always(answer)) as odd:
        said = await asked(connect(odd.url))

    assert "unknown function" in said
    assert "`up`" in said


async def test_nan_and_inf_are_left_out_and_counted() -> None:
    """Only numbers come back; what was none is counted."""
    with odd_server(always(success(vector("NaN", "+Inf", "-Inf", "0.5")))) as odd:
        source = connect(odd.url)
        rows = await source.instant("up", NOW)
        await source.close()

    assert [row.value for row in rows] == [0.5]
    assert all(math.isfinite(row.value) for row in rows)
    assert rows.not_numbers == 3


async def test_partial_data_is_said(look: Look) -> None:
    """The `warnings` of a federation reach the notes of a look."""

    def answer(seen: Seen) -> Answer:
        if seen.path.endswith("/values"):
            return success(["http_requests_total"])
        if seen.path.endswith("/labels"):
            return success(["namespace", "service", "code"])
        if seen.path.endswith("/alerts"):
            return success({"alerts": []})
        return success({"resultType": "matrix", "result": []}, warnings=["store 10.0.0.9 is unavailable"])

    with odd_server(answer) as odd:
        source = connect(odd.url)
        signals = await read_signals(source, look, namespaces=["shop"])
        await source.close()

    assert any("partial" in note and "10.0.0.9" in note for note in signals.notes)


async def test_an_empty_server_says_so(look: Look) -> None:
    """No series at all is most often a wrong tenant, and is said."""
    with odd_server(always(success([]))) as odd:
        source = connect(odd.url)
        with pytest.raises(ToolFailed, match="no series at all"):
            await read_signals(source, look, namespaces=["shop"])
        await source.close()


async def test_long_queries_go_in_the_body() -> None:
    """An address has room for little; a long query is posted, a short one is not."""
    with odd_server(always(success(vector("1")))) as odd:
        source = connect(odd.url)
        await source.instant("up", NOW)
        await source.instant("up or " * 2000 + "up", NOW)
        await source.close()

    assert [seen.method for seen in odd.seen] == ["GET", "POST"]
    assert odd.seen[1].query_length == 0
    assert len(odd.seen[1].fields["query"][0]) > 10_000


async def test_a_cancelled_question_leaves_nothing_behind() -> None:
    """Cancelling ends the question at once."""
    with odd_server(always(success(vector("1")))) as odd:
        odd.delay = 1.0
        source = connect(odd.url)
        question = asyncio.create_task(source.instant("up", NOW))
        await asyncio.sleep(0.1)
        question.cancel()
        began = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await question
        await source.close()

    assert time.monotonic() - began < 0.5


def _bearer(odd: Odd) -> set[str]:
    return {seen.headers.get("Authorization", "") for seen in odd.seen}


@pytest.mark.parametrize("sub_path", ["", "/", "/prometheus", "/prometheus/", "/prometheus/graph", "/a/b/api/v1"])
async def test_credentials_and_sub_paths_reach_every_question(sub_path: str, tmp_path: Path) -> None:
    """Both clients send the same headers to the same place, whatever was copied from the browser."""
    root = sub_path.rstrip("/").removesuffix("/graph").removesuffix("/api/v1")

    def answer(seen: Seen) -> Answer:
        if not seen.path.startswith(f"{root}/api/v1/"):
            return 404, {}, b""
        return success(vector("1")) if seen.path.endswith("query") else success(["up"])

    with odd_server(answer) as odd:
        with_token = connect(odd.url + sub_path, token=" t0ken\n", org_id="team-a")
        await with_token.instant("up", NOW)
        await with_token.names()
        await with_token.close()

    assert _bearer(odd) == {"Bearer t0ken"}
    assert {seen.headers.get("X-Scope-OrgID") or seen.headers.get("X-Scope-Orgid") for seen in odd.seen} == {"team-a"}


async def test_a_password_in_the_address_is_used_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """user:password@host becomes a header; no message and no `repr` has it; ~/.netrc does not replace it."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password wrong\n")
    monkeypatch.setenv("NETRC", str(netrc))

    with odd_server(always((503, {}, b""))) as odd:
        source = connect(odd.url.replace("http://", "http://me:s%40crit@"))
        said = await asked(source, "names") + repr(source.__dict__) + source.url

    assert _bearer(odd) == {"Basic " + base64.b64encode(b"me:s@crit").decode()}
    assert "crit" not in said


@pytest.mark.parametrize(
    ("url", "more"),
    [
        ("localhost:9090", {}),
        ("", {}),
        ("ftp://host", {}),
        ("http://", {}),
        ("http://host:99999", {}),
        ("http://host/?a=b", {}),
        ("http://host", {"token": "a", "username": "b"}),
        ("http://host", {"token": "a\nb"}),
        ("https://host", {"ca": "/nowhere/ca.pem"}),
        ("https://host", {"client_cert": "/nowhere/cert.pem"}),
    ],
)
def test_an_impossible_setting_stops_the_start(url: str, more: dict[str, str]) -> None:
    """What cannot be right is said in one line that names the setting."""
    with pytest.raises(Misconfigured, match="PROMETHEUS_URL"):
        connect(url, **more)  # type: ignore[arg-type]


async def test_a_socks_proxy_without_its_package_is_a_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """What half the world has in its environment does not end in a traceback."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")

    with pytest.raises(Misconfigured, match=r"SOCKS.*httpx\[socks\]"):
        connect("http://127.0.0.1:9090", seconds=1)
