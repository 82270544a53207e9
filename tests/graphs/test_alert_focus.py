"""What alerts are about, told from their labels and what exists."""

from datetime import UTC, datetime

import pytest

from domain.alerts import Alert
from graphs.alert_focus import focus_of
from graphs.understanding import Names

NOW = datetime(2026, 3, 12, 14, 3, tzinfo=UTC)
NAMES = Names(
    frozenset({"shop", "monitoring"}),
    frozenset({("shop", "checkout"), ("shop", "checkout-db"), ("shop", "cart"), ("monitoring", "kube-state-metrics")}),
)


def alert(**labels: str) -> Alert:
    return Alert(1, "f", "A", "warning", labels, {}, NOW, NOW, NOW, "firing", "g")


@pytest.mark.parametrize(
    ("labels", "about"),
    [
        ({"namespace": "shop", "deployment": "checkout"}, ("shop", "checkout")),
        ({"namespace": "shop", "pod": "checkout-db-0"}, ("shop", "checkout-db")),
        ({"namespace": "shop", "pod": "checkout-6d9f8-x2x4p"}, ("shop", "checkout")),
        ({"namespace": "shop", "service": "kube-state-metrics", "pod": "cart-1"}, ("shop", "cart")),
        ({"namespace": "monitoring", "exported_namespace": "shop", "service": "cart"}, ("shop", "cart")),
        ({"namespace": "shop", "service": "gone"}, ("shop", "")),
        ({"namespace": "elsewhere", "service": "cart"}, ("", "")),
        ({"node": "node-1"}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_labels_name_what_exists(labels: dict[str, str], about: tuple[str, str]) -> None:
    """The clearest label first; an exporter's own name, or one that is not there, says nothing."""
    focus = focus_of([alert(**labels)], NAMES)

    assert (focus.namespace, focus.service) == about


def test_several_alerts_are_about_what_they_share() -> None:
    """A namespace, where they name different services in it; nothing, where they share nothing."""
    checkout, cart = alert(namespace="shop", service="checkout"), alert(namespace="shop", service="cart")

    assert focus_of([checkout, checkout], NAMES).service == "checkout"
    assert (focus_of([checkout, cart], NAMES).namespace, focus_of([checkout, cart], NAMES).service) == ("shop", "")
    assert focus_of([checkout, alert(namespace="monitoring")], NAMES).namespace == ""
