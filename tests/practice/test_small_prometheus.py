"""A Prometheus without Prometheus, as a process beside the cluster: it has the same past and present as a real one."""

import math
import socket
import time
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from practice import telemetries
from practice.children import ChildFailed, Children
from practice.history import Chapter
from practice.series import Play
from practice.small_plane import SmallPlane
from practice.telemetry import Telemetry
from practice.traffic import behaviour
from practice.waiting import until
from practice.worlds import Pool, Program
from tests.needs import needs

pytestmark = pytest.mark.timeout(90)

PROGRAM = Program("r/cart", service="cart", requests_per_second=40, pool=Pool("POOL"))
PLAY = Play("past", "cart-a", "uid-a", "app", "n1", "r/cart:1", "cart", "10.0.0.1:80", "cart-x", "Running", True, 0)


def chapters(now: float) -> list[Chapter]:
    """Two pods for a day; half an hour ago others took their place, one of which keeps crashing."""
    usual = behaviour(PROGRAM, running=True, ready=True, sharing=2, pool_size=20)
    tight = behaviour(PROGRAM, running=True, ready=True, sharing=1, pool_size=2)
    before = [replace(PLAY, pod=f"cart-a{i}", uid=f"a{i}", instance=f"10.0.0.{i}:80", how=usual) for i in range(2)]
    after = [
        replace(PLAY, pod="cart-b0", uid="b0", instance="10.0.0.8:80", how=tight),
        replace(
            PLAY, pod="cart-b1", uid="b1", instance="10.0.0.9:80", ready=False, restarts=5, waiting="CrashLoopBackOff"
        ),
    ]
    return [Chapter(now - 86_400, now - 1800, tuple(before)), Chapter(now - 1800, now, tuple(after))]


QUERIES = (
    "sum by (service) (rate(http_requests_total[2m]))",
    "histogram_quantile(0.95, sum by (service, le) (rate(http_request_duration_seconds_bucket[2m])))",
    "sum by (pod) (increase(kube_pod_container_status_restarts_total[10m]))",
    "max by (pod) (container_memory_working_set_bytes)",
    "db_client_connections_usage",
    "sum by (code) (rate(http_requests_total[5m]))",
    "kube_pod_container_status_waiting_reason",
)


@pytest.mark.prometheus
async def test_both_remember_the_same_past(small_plane: SmallPlane, tmp_path: Path) -> None:
    """The same chapters, written as blocks for the one and as columns for the other."""
    needs("prometheus", "promtool")
    now = time.time()
    told = chapters(now)
    real = await telemetries.start("real", tmp_path / "real", small_plane, namespaces=["past"], chapters=told)
    try:
        await real.goes_on()
        small = await telemetries.start("small", tmp_path / "small", small_plane, namespaces=["past"], chapters=told)
        try:
            moments = [now - minutes * 60 + 0.5 for minutes in (99, 60, 31, 24, 2)]
            pairs = [(await real.ask(query, at), await small.ask(query, at)) for query in QUERIES for at in moments]
        finally:
            await small.stop()
    finally:
        await real.stop()

    assert sum(len(mine) for _, mine in pairs) > 50
    for theirs, mine in pairs:
        assert mine.keys() == theirs.keys()
        assert all(math.isclose(mine[key], theirs[key], rel_tol=1e-6, abs_tol=1e-9) for key in mine), (mine, theirs)


async def test_the_past_ends_where_the_present_begins(small_plane: SmallPlane, tmp_path: Path) -> None:
    """What was played and is no more is over at the first scrape; the kubelet itself is seen."""
    small = await telemetries.start("small", tmp_path, small_plane, namespaces=["past"], chapters=chapters(time.time()))

    try:
        # Alerts look back further than one scrape.
        present = await small.ask('count({namespace="past",alertname=""})')
        kubelet = await small.ask('up{job="practice"}')
        past = await small.ask('count({namespace="past"})', time.time() - 600)
    finally:
        await small.stop()

    assert (list(present.values()), list(kubelet.values())) == ([], [1.0])
    assert next(iter(past.values())) > 20


async def test_it_is_gone_when_it_is_stopped(small_plane: SmallPlane, tmp_path: Path) -> None:
    """Nothing listens any more."""
    small = await telemetries.start("small", tmp_path, small_plane, namespaces=["past"])
    before = await _answers(small)

    await small.stop()

    assert (before, await _answers(small)) == (True, False)


async def test_a_port_that_is_taken_ends_it_with_the_reason(tmp_path: Path) -> None:
    """Whoever starts it reads why."""
    children = Children(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        children.start_module("practice.metrics", {"--port": other.getsockname()[1]})
        with pytest.raises(ChildFailed, match="address already in use"):
            await until("its end", _never, seconds=30, check=children.check)
    children.kill()


async def _never() -> bool:
    return False


async def _answers(telemetry: Telemetry) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(f"{telemetry.url}/-/healthy") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
