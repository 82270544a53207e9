"""Less of Hilda: stop what is being done for me here, or say nothing unasked here for a while."""

import re
from datetime import datetime

from bot.doors.slack.commands.asked import Asked
from bot.doors.slack.conversations import DOOR, Place
from bot.doors.slack.manifest import COMMAND
from bot.doors.spans import end_of
from domain.cards import Card, Facts, Text, card
from domain.messages import Reply
from policy.roles import Act, required_role

_OFF = re.compile(r"off|end|stop|no", re.IGNORECASE)
_HOW = f"`{COMMAND} mute 2h`, `{COMMAND} mute until 17:00`, `{COMMAND} mute off`; seven days at most"


async def stop(asked: Asked) -> None:
    """All that is being done for this person in this channel: a command does not say which thread it means."""
    place, listener = await asked.place(), asked.reception.listener
    under_way = await asked.reception.store.jobs.under_way(f"{DOOR}:{place.team}:{place.channel}:", asked.person)
    for conversation in under_way:
        await listener.stop(conversation, asked.person)
    if under_way:
        await asked.say("I stop", f"{len(under_way)} at work here for you: stopped. What was proposed stays.")
    else:
        await asked.say("Nothing is under way", "I am doing nothing for you here.")


async def mute(asked: Asked) -> None:
    """Until then nothing is said here that nobody asked for; the channel sees who wanted that."""
    place, mutes = await asked.place(), asked.reception.store.mutes
    if not asked.words:
        until = await mutes.until(place.conversation)
        now = f"Nothing unasked here until {_moment(until)}." if until else "I am not muted here."
        await asked.say("Muted" if until else "Not muted", f"{now} To change it: {_HOW}.")
        return
    if not place.direct and not await asked.reception.may(asked.person, Act.mute):
        needed = required_role(Act.mute).name
        await asked.say("Not allowed", f"To {Act.mute.value} needs {needed}; in our direct conversation you may.")
        return
    if _OFF.fullmatch(asked.words.strip()):
        if not await mutes.unmute(place.conversation, asked.person):
            await asked.say("Not muted", "There is nothing to end.")
            return
        facts = Facts((("Requested by", asked.person.id),))
        told = card("No longer muted", Text("I speak up here again."), facts, cluster=asked.reception.label)
        await _tell_everybody(asked, place, told)
        return
    until = end_of(asked.words, asked.reception.clock(), asked.who[1])
    if until is None:
        await asked.say("Until when?", f"I do not understand “{asked.words}”. Write {_HOW}.")
        return
    await mutes.mute(place.conversation, until, asked.person)
    facts = Facts((("Requested by", asked.person.id), ("Until", _moment(until))))
    words = "Until then I say nothing here that nobody asks for. What you ask, I answer."
    await _tell_everybody(asked, place, card("Muted", Text(words), facts, cluster=asked.reception.label))


async def _tell_everybody(asked: Asked, place: Place, told: Card) -> None:
    """In the channel, since it concerns all who read there."""
    await asked.reception.listener.say(place.conversation, Reply(told, key=f"{asked.key}:muted"))
    await asked.ack()


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M %Z}"
