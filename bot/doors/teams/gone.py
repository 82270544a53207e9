"""What to do about a chat or team that takes nothing from us any more, for who asked there."""

from bot.doors.gone import TellWhoAsked
from bot.doors.teams.addresses import Addresses
from bot.doors.teams.places import DOOR, Place
from domain.people import Person
from store.record import Store


def tell_who_asked(store: Store, addresses: Addresses) -> TellWhoAsked:
    async def own(person: Person) -> str:
        known = await addresses.own(person)
        return Place(person.tenant, known.conversation).conversation if known is not None else ""

    return TellWhoAsked(store, DOOR, lambda conversation: Place.parse(conversation).chat, own, what_to_do)


def what_to_do(error: str, chat: str) -> str:
    """A sentence by the service's error; a channel is told from a chat by its id."""
    where = "a channel" if "@thread.tacv2" in chat or "@thread.skype" in chat else "a chat"
    return (
        f"I have an answer to what was asked in {where}, but Teams does not let me write there any more ({error}): it "
        "is gone, or I was taken out of it. Add me again there, or ask me here."
    )
