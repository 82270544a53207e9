"""Counters and what load does to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.series import Play, exposition, samples
from practice.traffic import Behaviour, Meter, behaviour, grown
from practice.worlds import Pool, Program

PROGRAM = Program("r/cart", service="cart", requests_per_second=90.0, pool=Pool("POOL", hold_ms=100))
TIMES = st.floats(1e9, 2e9)


@given(start=TIMES, first=st.floats(0, 5000), second=st.floats(0, 5000), size=st.integers(1, 40))
def test_counters_never_fall_and_buckets_never_cross(start: float, first: float, second: float, size: int) -> None:
    """However the time is cut and whatever changes in between."""
    good = behaviour(PROGRAM, running=True, ready=True, sharing=3, pool_size=20)
    other = behaviour(PROGRAM, running=True, ready=True, sharing=2, pool_size=size)
    meter = Meter(good, start, {})

    early = meter.at(start + first, other)
    late = meter.at(start + first + second, other)

    assert all(late[key] >= value - 1e-6 for key, value in early.items())
    buckets = [value for key, value in late.items() if key.startswith("le:")]
    assert buckets == sorted(buckets)
    assert not buckets or buckets[-1] <= late["ok"] + late["failed"] + 1e-6


def test_a_counter_goes_on_where_a_written_past_ended() -> None:
    """The past and the present are one line."""
    how = behaviour(PROGRAM, running=True, ready=True, sharing=3, pool_size=20)

    carried = Meter(how, 1_000_600.0, grown(how, 1_000_000.0, 1_000_600.0)).at(1_001_000.0, how)

    whole = grown(how, 1_000_000.0, 1_001_000.0)
    assert all(abs(carried[key] - whole[key]) < 1e-3 for key in whole)


def test_a_pool_below_the_demand_makes_requests_wait() -> None:
    """Three pods at 30 requests a second that hold a connection for 100 ms need three connections each."""
    enough = behaviour(PROGRAM, running=True, ready=True, sharing=3, pool_size=20)
    short = behaviour(PROGRAM, running=True, ready=True, sharing=3, pool_size=2)

    assert (enough.pool_waiting, enough.latency_ms) == (0, 40.0)
    assert short.pool_used == 2
    assert short.pool_waiting > 0
    assert short.latency_ms > 4 * enough.latency_ms


def test_more_requests_than_a_pod_can_take_make_it_hot_and_slow() -> None:
    """CPU rises with the load, latency soars beyond the capacity."""
    program = Program("r/cart", requests_per_second=60.0, capacity=40.0, cpu_ms=5.0)
    calm, hot = (behaviour(program, running=True, ready=True, sharing=pods, pool_size=0) for pods in (3, 1))

    assert (calm.cpu_cores, calm.latency_ms) == (0.01 + 0.1, program.latency_ms)
    assert hot.cpu_cores == 0.01 + 0.3
    assert hot.latency_ms > 4 * calm.latency_ms


def test_each_failure_has_its_status() -> None:
    """502 for what others did not answer, 503 for want of a connection, 500 for its own faults."""
    how = Behaviour(
        serving=True,
        requests_per_second=10.0,
        latency_ms=20.0,
        error_ratio=0.5,
        upstream="back:80",
        upstream_says="answered 500",
        upstream_ratio=0.4,
        pool_waiting=2.0,
        pool_size=2,
        memory_bytes=1e8,
    )
    play = Play(
        "shop", "cart-1", "u", "app", "n", "r/cart:1", "cart", "10.0.0.1:80", "cart-x", "Running", True, 0, how=how
    )
    totals = grown(how, 0, 600)

    codes = {
        dict(sample.labels)["code"]: sample.value
        for sample in samples(play, totals)
        if sample.name == "http_requests_total"
    }

    assert codes["502"] == pytest.approx(4 * codes["503"])
    assert codes["200"] == pytest.approx(codes["502"] + codes["503"])
    assert "500" not in codes


def test_what_is_not_ready_answers_nothing() -> None:
    """No requests, but it does use memory."""
    how = behaviour(PROGRAM, running=True, ready=False, sharing=0, pool_size=20)

    assert grown(how, 0, 60).get("ok") is None
    assert how.memory_bytes > 0


def test_families_stand_together_in_the_exposition() -> None:
    """Prometheus' text format wants each family once."""
    how = behaviour(PROGRAM, running=True, ready=True, sharing=1, pool_size=5)
    play = Play(
        "shop", "cart-1", "u", "app", "n", "r/cart:1", "cart", "10.0.0.1:80", "cart-x", "Running", True, 0, how=how
    )

    text = exposition([*samples(play, grown(how, 0, 60)), *samples(play, grown(how, 0, 60))])

    families = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(families) == len(set(families))
    assert "# TYPE http_request_duration_seconds histogram" in text
    assert "# TYPE http_requests_total counter" in text
