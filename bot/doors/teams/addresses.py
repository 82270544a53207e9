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

    async def heard(self, place: Place, address: Address, person: Person | None) -> None:
        """Keep how the place is reached; with `person`, it is the chat with that person alone."""
        channel = Place(place.tenant, place.chat)
        kept = replace(address, conversation=place.chat)
        await self.references.keep(channel.conversation, asdict(kept))
        if person is not None:
            await self.keep_own(person, kept)

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

    async def called(self, person: Person, name: str, account: str, service: str, chat: str) -> None:
        """What somebody is called, to show and never to tell who they are; and where they were heard last."""
        if name or account:
            known = {"name": name, "account": account, "service": service, "chat": chat}
            await self.references.keep(_called(person), known)

    async def met(self, person: Person) -> Met | None:
        """Where somebody was heard last; None for who never spoke with me."""
        found = await self.references.get(_called(person))
        if not found or not found.get("service"):
            return None
        return Met(found["service"], found["chat"], found["account"])

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


def _own(person: Person) -> str:
    return f"{DOOR}-person:{person.tenant}:{person.id}"


def _address(found: Json) -> Address:
    return Address(**found)
