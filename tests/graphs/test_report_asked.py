"""What people say about the daily report is understood without a model."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.findings import Severity
from domain.subscriptions import Filters
from graphs.report_asked import REPORT, Asked, Wish, asked

NAMESPACES = frozenset({"shop", "payments", "billing-prod", "kube-system"})
SHOP = Filters(("shop",))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("report", Asked(Wish.now)),
        ("show me the daily report", Asked(Wish.now)),
        ("how was the night?", Asked(Wish.now)),
        ("what happened overnight?", Asked(Wish.now)),
        ("report for the last 7 days", Asked(Wish.now)),
        ("report for shop", Asked(Wish.now, filters=SHOP)),
        ("report for shopp", Asked(Wish.now, unknown=("shopp",))),
        ("report every day at 9", Asked(Wish.daily, time(9))),
        ("send us the report every day at 6 pm", Asked(Wish.daily, time(18))),
        ("report every morning", Asked(Wish.daily, time(8))),
        ("subscribe to the report at 10", Asked(Wish.daily, time(10))),
        ("report daily at 7:15 in Europe/Berlin only shop", Asked(Wish.daily, time(7, 15), "Europe/Berlin", SHOP)),
        ("report only shop and payments", Asked(Wish.only, filters=Filters(("shop", "payments")))),
        ("report only critical", Asked(Wish.only, filters=Filters((), Severity.critical))),
        ("report only payments, warnings, worse", Asked(Wish.only, filters=Filters(("payments",), Severity.warning))),
        ("report only checkout", Asked(Wish.only, unknown=("checkout",))),
        ("report everything", Asked(Wish.only, filters=Filters())),
        ("stop the daily report", Asked(Wish.off)),
        ("report off", Asked(Wish.off)),
        ("no more reports please", Asked(Wish.off)),
        ("unsubscribe", Asked(Wish.off)),
        ("when does the report come?", Asked(Wish.when)),
        ("report settings", Asked(Wish.when)),
    ],
)  # fmt: skip
def test_words_about_the_report(text: str, wanted: Asked) -> None:
    assert REPORT.search(text)
    assert asked(text, NAMESPACES) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "stop",
        "what is wrong?",
        "reporting is down",
        "the report says cart is down",
        "why does the report service fail?",
    ],
)
def test_other_words_are_not_about_the_report(text: str) -> None:
    assert not REPORT.search(text)


@given(some.text(max_size=80))
def test_whatever_follows_is_read_without_a_fault(text: str) -> None:
    found = asked(f"report {text}", NAMESPACES)

    assert found.filters is None or set(found.filters.namespaces) <= NAMESPACES
    assert found.wish is not Wish.daily or found.at is not None
