"""Prometheus beside the cluster."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.children import Children
from practice.history import LOOKS_BACK, Chapter, write_history
from practice.series import Play, samples
from practice.telemetry import Telemetry
from practice.traffic import Behaviour, Meter, behaviour, grown
from practice.waiting import until
from practice.worlds import Program

PLAY = Play("shop", "cart-1", "uid", "app", "n1", "r/cart:1", "cart", "10.0.0.1:80", "cart-x", "Running", True, 4)


@pytest.mark.cluster
@pytest.mark.prometheus
async def test_what_runs_is_scraped(prometheus_url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The kubelet of the shared control plane answers Prometheus."""
    telemetry = Telemetry(prometheus_url, Children(tmp_path_factory.mktemp("none")))

    async def scraped() -> bool:
        return 1.0 in (await telemetry.ask('up{job="practice"}')).values()

    await until("a scrape", scraped, seconds=45)


def test_a_written_past_is_cut_and_hands_over_its_counters() -> None:
    """Only what Prometheus should remember is written, and the kubelet goes on where it ends."""
    how = behaviour(
        Program("r/cart", service="cart", requests_per_second=10), running=True, ready=True, sharing=1, pool_size=0
    )
    play = Play(**{**vars(PLAY), "how": how})
    end = 1_790_000_000.0

    history = write_history([Chapter(end - 9 * 3600, end - 600, (play,)), Chapter(end - 600, end, (play,))])

    lines = list(history.lines())
    times = sorted({float(line.rsplit(" ", 1)[1]) for line in lines[:-1]})
    assert (times[0], lines[-1].strip()) == (end - LOOKS_BACK, "# EOF")
    assert times[-1] < end
    whole = grown(how, end - LOOKS_BACK, end)
    assert history.totals["uid/app"]["ok"] == pytest.approx(whole["ok"], rel=1e-9)


def test_restarts_are_spread_over_the_time_in_which_they_happened() -> None:
    """A container that kept crashing did not crash all at once."""
    end = 1_790_000_000.0

    history = write_history([Chapter(end - 900, end, (PLAY,))])

    name = "kube_pod_container_status_restarts_total"
    counts = [int(line.split()[-2]) for line in history.lines() if line.startswith(name)]
    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2, 3}


@given(requests=st.floats(1, 300), seconds=st.floats(1, 60), latency=st.floats(1000, 9000))
def test_no_counter_falls_where_the_past_meets_the_present(requests: float, seconds: float, latency: float) -> None:
    """Not by a digit: a bucket that nothing falls into any more would seem to start anew, with all it ever held."""
    end = 1_790_000_000.0
    quick, slow = (
        dataclasses.replace(
            PLAY, how=Behaviour(serving=True, requests_per_second=requests, latency_ms=each, memory_bytes=1e8)
        )
        for each in (30.0, latency)
    )

    history = write_history([Chapter(end - 4000, end - 900, (quick,)), Chapter(end - 900, end, (slow,))])
    meter = Meter(slow.how, end, dict(history.totals[PLAY.key]))
    live = [sample.line().rsplit(" ", 1) for sample in samples(slow, meter.at(end + seconds, slow.how))]
    past = {sample.series: float(values[-1]) for sample, values in history.stretches[-1].columns}

    counters = [(past[series], float(value)) for series, value in live if "_bucket" in series or "_total" in series]
    assert len(counters) > 10
    assert all(before <= after for before, after in counters)
