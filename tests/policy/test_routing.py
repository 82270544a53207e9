"""Where an incident is announced: labels, severity and the owner decide, and what is written down wrong is said."""

import pytest

from domain.findings import Severity
from policy.matchers import Matcher
from policy.routing import Route, place, route

WAR = Route(("slack:T0:C0WAR",), at_least=Severity.critical)
SHOP = Route(("slack:T0:C0SHOP",), (Matcher("namespace", "shop|cart", pattern=True),))
PAY = Route(("slack:T0:C0PAY",), (Matcher("owner", "payments"),))
REST = Route(("slack:T0:C0OPS",), zone="Europe/Berlin")
ROUTES = (WAR, SHOP, PAY, REST)


@pytest.mark.parametrize(
    ("namespace", "severity", "owner", "to"),
    [
        ("shop", Severity.critical, "", WAR.to),
        ("shop", Severity.warning, "", SHOP.to),
        ("mail", Severity.warning, "payments", PAY.to),
        ("mail", Severity.warning, "nobody-knows", REST.to),
        ("mail", Severity.warning, "", REST.to),
        ("mail", Severity.warning, "slack:T0:C0MAIL, slack:T0:U0ANN", ("slack:T0:C0MAIL", "slack:T0:U0ANN")),
        ("shop", Severity.warning, "slack:T0:C0MAIL", SHOP.to),
    ],
)
def test_the_first_route_that_fits_decides(namespace: str, severity: Severity, owner: str, to: tuple[str, ...]) -> None:
    """Places that the owner names come before a route for everything, and after those that were meant."""
    found = route(ROUTES, [{"namespace": namespace}], severity, owner)

    assert found is not None
    assert found.to == to


def test_readers_of_an_owners_place_have_the_zone_of_the_rest() -> None:
    """They have no route of their own."""
    found = route(ROUTES, [{}], Severity.warning, "slack:T0:C0MAIL")

    assert found is not None
    assert found.zone == "Europe/Berlin"


def test_without_a_place_nobody_is_told() -> None:
    """It stays in the record."""
    assert route((), [{"namespace": "shop"}], Severity.critical, "payments") is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (" slack:T0:C0OPS ", "slack:T0:C0OPS"),
        ("slack:T0:C0OPS:", "slack:T0:C0OPS"),
        ("teams:8a-9:19:abc_1@thread.tacv2", "teams:8a-9:19%3Aabc_1@thread.tacv2"),
        ("teams:8a-9:19%3Aabc_1@thread.tacv2", "teams:8a-9:19%3Aabc_1@thread.tacv2"),
    ],
)
def test_places_are_named_as_their_platform_names_them(written: str, meant: str) -> None:
    """As copied from it; the colons of Teams' ids are no separators of ours."""
    assert place(written) == meant


@pytest.mark.parametrize(
    "wrong", ["", "#ops", "slack:", "slack:C0OPS", "slack:T0:C0OPS:123", "mail:x:y", "slack:T 0:C0"]
)
def test_what_is_no_place_is_said_to_be_none(wrong: str) -> None:
    """A typo stops the start with a sentence, and is no silent hole at three in the morning."""
    with pytest.raises(ValueError, match=r"is no place: write slack:TEAM:CHANNEL"):
        place(wrong)
