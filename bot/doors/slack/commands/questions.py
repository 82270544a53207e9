"""Words that are questions: they stand in the channel, and their answer in the thread below."""

import asyncio
import html

import structlog

from bot.doors.slack.calls import Away, Busy, Refused
from bot.doors.slack.commands.asked import Asked
from bot.doors.slack.conversations import Place
from bot.doors.slack.manifest import COMMAND
from bot.doors.slack.render import rich
from bot.doors.slack.render.small import cut

LONGEST_OPENER = 2500
POST_SECONDS = 0.7
"""How long a command waits for the message that its answer stands under; Slack waits three seconds for us."""
_REMEMBERED = 500

log = structlog.get_logger()


class Questions:
    def __init__(self) -> None:
        self._heard: dict[str, None] = {}

    async def ask(self, asked: Asked) -> None:
        if not asked.words:
            how = f"Write it behind: `{COMMAND} ask why is checkout slow?`"
            await asked.say("What would you like to know?", how)
            return
        await self.question(asked, asked.words)

    async def check(self, asked: Asked) -> None:
        await self.question(asked, f"what is wrong in {asked.words}?" if asked.words else "what is wrong?")

    async def runbook(self, asked: Asked) -> None:
        await self.question(asked, f"runbook {asked.words}".strip())

    async def question(self, asked: Asked, text: str) -> None:
        """Answered below the question, or in the direct conversation where the channel is closed to us; heard once."""
        if asked.key in self._heard:
            await asked.ack()
            return
        self._heard[asked.key] = None
        if len(self._heard) > _REMEMBERED:
            self._heard.pop(next(iter(self._heard)))
        place = await asked.place()
        opened = await _open_thread(asked, place, text)
        where = opened or await asked.reception.direct(asked.person.id)
        await asked.reception.ask(asked.key, text, asked.who, where)
        if opened:
            await asked.ack()
        else:
            how = "I could not write here. If I am not in this channel, `/invite @hilda` lets me."
            await asked.say("I answer you directly", how)


async def _open_thread(asked: Asked, place: Place, text: str) -> Place | None:
    """Where the answer goes: below the question, which commands do not leave in the channel by themselves."""
    said = cut(text, LONGEST_OPENER)
    block = rich.paragraph([rich.user(asked.person.id)], rich.words(f" asks: {said}"))
    try:
        posted = await asyncio.wait_for(
            asked.reception.calls(
                "chat.postMessage",
                channel=place.channel,
                text=f"Somebody asks: {html.escape(said, quote=False)}",
                blocks=[block],
                unfurl_links=False,
                unfurl_media=False,
            ),
            POST_SECONDS,
        )
    except (Refused, Busy, Away, TimeoutError) as why:
        log.info("a question is answered directly", why=str(why))
        return None
    return Place(place.team, place.channel, "" if place.direct else str(posted["ts"]))
