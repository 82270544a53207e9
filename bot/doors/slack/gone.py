"""What to do about a channel that takes nothing from us any more, for who asked there."""

from bot.doors.gone import TellWhoAsked
from bot.doors.slack.conversations import DOOR, Place
from domain.people import Person
from store.record import Store


def tell_who_asked(store: Store) -> TellWhoAsked:
    return TellWhoAsked(store, DOOR, lambda conversation: Place.parse(conversation).channel, _own, what_to_do)


def what_to_do(error: str, channel: str) -> str:
    """A sentence, "" where a thread is gone or a direct conversation is closed."""
    if Place("", channel).direct or error == "thread_not_found":
        return ""
    answer = f"I have an answer to what was asked in [a channel](https://slack.com/app_redirect?channel={channel})"
    match error:
        case "not_in_channel" | "channel_not_found":
            return f"{answer}, but I am not in it. Type `/invite @hilda` there, then ask again."
        case "is_archived" | "is_inactive":
            return f"{answer}, but it is archived. Ask me here, or in another channel."
        case _:
            return f"{answer}, but Slack does not let me post there ({error}). Ask me here instead."


async def _own(person: Person) -> str:
    return Place(person.tenant, person.id).conversation
