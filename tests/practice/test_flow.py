"""Requests go to the pods behind a Service, and callers inherit how it does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.flow import Member, behaviours, service_of
from practice.worlds import Pool, Program

FRONT = Program("r/front", service="front", requests_per_second=60.0, calls=("MIDDLE_URL",), error_ratio=0.0)
MIDDLE = Program("r/middle", service="middle", requests_per_second=30.0, calls=("BACK_URL",), error_ratio=0.0)
BACK = Program(
    "r/back", service="back", requests_per_second=10.0, pool=Pool("POOL", hold_ms=100, gives_up=0.5), error_ratio=0.0
)


def member(key: str, program: Program, *, behind: bool = True, pool: int = 0, calls: str = "") -> Member:
    return Member(key, "shop", program, True, True, behind, pool, (calls,) if calls else ())


def chain(pool: int, *, back_is_reached: bool = True) -> list[Member]:
    """Two fronts, a middle and a back, each calling the next by another form of its name."""
    return [
        member("front-1", FRONT, calls="http://middle"),
        member("front-2", FRONT, calls="http://middle"),
        member("middle-1", MIDDLE, calls="http://back.shop.svc.cluster.local:80/v1"),
        member("back-1", BACK, behind=back_is_reached, pool=pool),
    ]


def test_requests_go_only_to_the_pods_behind_the_service() -> None:
    """A ready pod that its Service does not select has nothing to do, and the others share its part."""
    found = behaviours([member("a", BACK), member("b", BACK), member("c", BACK, behind=False)])

    assert [found[key].requests_per_second for key in "abc"] == [5.0, 5.0, 0.0]
    assert found["c"].serving


def test_whoever_is_called_has_its_callers_requests_too() -> None:
    """All the way down: 60 at the front, 30 more in the middle, 10 more at the back."""
    found = behaviours(chain(40))

    assert [found[key].requests_per_second for key in ("front-1", "middle-1", "back-1")] == [30.0, 90.0, 100.0]
    assert found["front-1"].error_ratio == 0
    assert found["front-1"].latency_ms == FRONT.latency_ms + MIDDLE.latency_ms + BACK.latency_ms


def test_a_fault_two_calls_away_shows_at_the_front() -> None:
    """Slow and failing there, for want of connections; the caller in between names who failed it."""
    found = behaviours(chain(2))
    front, middle, back = (found[key] for key in ("front-1", "middle-1", "back-1"))

    assert back.failure == "503"
    assert (middle.upstream, middle.upstream_says) == ("back.shop.svc.cluster.local:80", "answered 503")
    assert (front.upstream, front.upstream_says, front.failure) == ("middle:80", "answered 502", "502")
    assert front.error_ratio == pytest.approx(back.error_ratio)
    assert front.latency_ms > 5 * FRONT.latency_ms


def test_a_service_without_endpoints_refuses_its_callers() -> None:
    """At once, which makes the failing caller quick."""
    found = behaviours(chain(40, back_is_reached=False))

    assert found["middle-1"].error_ratio == 1
    assert found["middle-1"].upstream_says == "failed: connection refused"
    assert found["middle-1"].latency_ms < MIDDLE.latency_ms + 2


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.booleans()), max_size=8))
def test_any_web_of_callers_has_an_answer(web: list[tuple[str, str, bool]]) -> None:
    """Circles included; nobody answers more than all of its requests with errors."""
    members = [
        Member(f"{number}", "shop", Program("r", service=own, requests_per_second=5.0), True, True, behind, 0, (other,))
        for number, (own, other, behind) in enumerate(web)
    ]

    found = behaviours(members)

    assert all(0 <= how.error_ratio <= 1 and how.latency_ms < 1000 for how in found.values())


@pytest.mark.parametrize(
    "address", ["pricing.shop", "http://pricing.shop.svc:80/v1", "https://pricing.shop.svc.cluster.local"]
)
def test_an_address_names_a_service(address: str) -> None:
    """In each form that works from a pod."""
    assert service_of(address, "web") == ("shop", "pricing")
