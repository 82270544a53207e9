"""The health score: whoever adds up what is said comes to the same number."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as some

from domain.findings import Severity
from policy.health_score import MOST, Deduction, Ground, budget, coming, over, score, wrong_now

_ANY = some.lists(
    some.builds(
        Deduction, some.sampled_from(Ground), some.integers(0, 30), some.text(max_size=9), some.just(("e1",))
    ),
    max_size=30,
)  # fmt: skip


@given(_ANY)
def test_it_is_a_hundred_less_what_is_said(deductions: list[Deduction]) -> None:
    found = score(deductions, seen=True)

    assert found.value == 100 - sum(one.points for one in found.deductions)
    assert 0 <= found.value <= 100
    assert all(one.points > 0 for one in found.deductions)


@given(_ANY)
def test_one_ground_takes_no_more_than_its_most(deductions: list[Deduction]) -> None:
    found = score(deductions, seen=True)

    for ground, most in MOST.items():
        assert sum(one.points for one in found.deductions if one.ground is ground) <= most


@given(_ANY, _ANY)
def test_more_trouble_never_makes_it_better(some_: list[Deduction], more: list[Deduction]) -> None:
    before, after = score(some_, seen=True).value, score([*some_, *more], seen=True).value

    assert before is not None
    assert after is not None
    assert after <= before


def test_without_a_look_it_is_unknown_and_not_a_hundred() -> None:
    assert score([], seen=False).value is None


def test_a_critical_cause_weighs_more_than_what_is_over_or_still_to_come() -> None:
    points = [
        one.points
        for one in (
            wrong_now(Severity.critical, "down", ()),
            budget(0.0, "spent", ()),
            wrong_now(Severity.warning, "slow", ()),
            coming(timedelta(hours=40), "full soon", ()),
            over("was down", ()),
            coming(timedelta(days=9), "full later", ()),
            coming(None, "rising", ()),
            budget(0.8, "plenty left", ()),
        )
    ]

    assert points == sorted(points, reverse=True)
    assert points[-1] == 0
