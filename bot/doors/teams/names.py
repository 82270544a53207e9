"""Who asked and who decided by name, where the record has an id."""

from dataclasses import replace

from bot.doors import facts_of_people
from bot.doors.teams.addresses import Addresses
from domain.cards import Card, Facts, Part


async def with_names(addresses: Addresses, card: Card, tenant: str) -> Card:
    """The card as people of that tenant read it."""
    return replace(card, parts=tuple([await _named(addresses, part, tenant) for part in card.parts]))


async def _named(addresses: Addresses, part: Part, tenant: str) -> Part:
    if not isinstance(part, Facts):
        return part
    rows = []
    for name, value in part.rows:
        who, blank, rest = value.partition(" ")
        known = await addresses.name_of(tenant, who.rpartition(":")[2]) if name in facts_of_people.NAMES else ""
        rows.append((name, f"{known}{blank}{rest}" if known else value))
    return Facts(tuple(rows))
