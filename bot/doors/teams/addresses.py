"""Where Teams is reached for a conversation or a person: kept when we hear from them, used when we speak unasked."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from bot.doors.failures import Gone
from bot.doors.teams.places import DOOR, Place
from domain.people import Person
from domain.plain_json import Json
from store.references import References


@dataclass(frozen=True, slots=True)
class Address:
    service: str
    """The URL that the service gave us for this conversation; our token is sent there and nowhere else."""
    conversation: str
    """The service's id, with its thread."""
    bot: str
    """Our own account there."""
    threads: bool = False
    """Whether answers stand in threads: so it is in channels."""
    personal: bool = False
    """Whether it is the chat of one person with us alone."""


@dataclass(frozen=True, slots=True)
class Met:
    service: str
    chat: str
    account: str
    """Teams' own name of the person there."""


@dataclass
class Addresses:
    references: References

    async def heard(self, place: Place, address: Address, person: Person | None, name: str, account: str) -> None:
        """Keep how the place is reached, and of who speaks there what they are called, to show and never to tell who
        they are, and a place where they were met. Read at once, and written where something is new."""
        kept = replace(address, conversation=place.chat)
        new: dict[str, Json] = {Place(place.tenant, place.chat).conversation: asdict(kept)}
        if person is not None and address.personal:
            new[_own(person)] = asdict(kept)
        if person is not None and (name or account):
            new[_called(person)] = {"name": name, "account": account, "service": address.service, "chat": place.chat}
        before = dict(zip(new, await self.references.several(tuple(new)), strict=True))
        changed = {key: row for key, row in new.items() if not _same(before[key], row)}
        if changed:
            await self.references.write(changed)

    async def of(self, place: Place) -> Address:
        """Gone where we were never heard of, or were taken out."""
        found = await self.references.get(Place(place.tenant, place.chat).conversation)
        if found is None:
            raise Gone("send", "nobody there has ever spoken with me")
        return replace(_address(found), conversation=place.id)

    async def own(self, person: Person) -> Address | None:
        """The chat with one person."""
        found = await self.references.get(_own(person))
        return _address(found) if found is not None else None

    async def keep_own(self, person: Person, address: Address) -> Address:
        await self.references.keep(_own(person), asdict(address))
        return address

    async def met(self, person: Person) -> Met | None:
        """Where somebody was heard; None for who never spoke with me."""
        found = await self.references.get(_called(person))
        if not found or not found.get("service"):
            return None
        return Met(found["service"], found["chat"], found["account"])

    async def not_there(self, person: Person) -> None:
        """They are not any more where they were met; where they are heard next is kept."""
        found = await self.references.get(_called(person))
        if found is not None:
            await self.references.keep(_called(person), {**found, "service": "", "chat": ""})

    async def name_of(self, tenant: str, person: str) -> str:
        """ "" for somebody who never spoke with me."""
        found = await self.references.get(_called(Person(DOOR, tenant, person)))
        return str(found["name"]) if found else ""

    async def accounts_of(self, people: Iterable[Person]) -> tuple[str, ...]:
        """Teams' own names of those who ever spoke with me, in the same order."""
        known = await self.references.several([_called(person) for person in people])
        return tuple(account for found in known if (account := str((found or {}).get("account") or "")))

    async def forget(self, place: Place) -> None:
        """Hilda was taken out of there."""
        await self.references.forget(Place(place.tenant, place.chat).conversation)


def _called(person: Person) -> str:
    return f"{DOOR}-name:{person.tenant}:{person.id}"


def _same(before: Json | None, now: Json) -> bool:
    """Whether there is nothing to write: people speak in many places, and one where they were met is enough."""
    if before is None or not {"name", "account"} <= now.keys():
        return before == now
    return {**before, "chat": ""} == {**now, "chat": ""}


def _own(person: Person) -> str:
    return f"{DOOR}-person:{person.tenant}:{person.id}"


def _address(found: Json) -> Address:
    return Address(**found)
