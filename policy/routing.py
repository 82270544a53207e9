"""Where an incident is announced: by the labels of its alerts, by severity, and by whose namespace it is. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from domain.findings import Severity
from policy.matchers import Matcher, all_hold

OWNER = "hilda.dev/owner"
"""The annotation of a namespace that says whose it is: places to tell, or a name that routes match as `owner`."""
_PLACE = re.compile(r"slack:[A-Z0-9]+:[A-Z0-9]+|teams:[A-Za-z0-9-]+:[A-Za-z0-9:@%=._-]+")


@dataclass(frozen=True, slots=True)
class Route:
    to: tuple[str, ...]
    """Places: `slack:T0123:C0456`, or a person's `slack:T0123:U0789`. The first is where it is looked after."""
    match: tuple[Matcher, ...] = ()
    """Over the labels of an alert and three more: `owner`, and `severity` and `namespace` as Hilda reads them."""
    at_least: Severity = Severity.info
    zone: str = "UTC"
    """In which its readers are told times."""

    @property
    def for_everything(self) -> bool:
        return not self.match and self.at_least is Severity.info

    def fits(self, labels: Mapping[str, str], severity: Severity) -> bool:
        return severity >= self.at_least and all_hold(self.match, labels)


def place(text: str) -> str:
    """The place that somebody wrote down; ValueError with a sentence where it is none."""
    found = text.strip().removesuffix(":")
    if _PLACE.fullmatch(found) is None:
        raise ValueError(
            f"{text!r} is no place: write slack:TEAM:CHANNEL or slack:TEAM:USER, or teams:TENANT:CHAT, with the "
            "platform's own ids."
        )
    door, tenant, where = found.split(":", 2)
    # Ids of Teams contain colons, which separate the parts of ours.
    return f"{door}:{tenant}:{quote(unquote(where), safe='@.=') if door == 'teams' else where}"


def route(routes: Sequence[Route], alerts: Iterable[Mapping[str, str]], severity: Severity, owner: str) -> Route | None:
    """The first that fits any of these alerts; None where there is no place to tell.

    Places that the owner annotation names come before a route for everything.
    """
    known = [{**labels, "owner": owner, "severity": severity.name} for labels in alerts] or [{"owner": owner}]
    own = _places(owner)
    for found in routes:
        if own and found.for_everything:
            return Route(own, zone=found.zone)
        if any(found.fits(labels, severity) for labels in known):
            return found
    return Route(own) if own else None


def _places(owner: str) -> tuple[str, ...]:
    """Those the annotation names; none where it is a word for routes to match, or nothing."""
    try:
        return tuple(place(part) for part in owner.split(",") if part.strip())
    except ValueError:
        return ()
