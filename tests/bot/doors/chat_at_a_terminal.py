"""Run by test_prompt.py at a pseudo terminal: the real chat and prompt before a conversation that answers by itself."""

import asyncio
import sys
from pathlib import Path

from bot.doors.terminal.chat import Chat
from bot.doors.terminal.prompt import PromptLines
from bot.doors.terminal.screen import Screen, stdout_console
from domain.cards import ClusterLabel, Progress, Text, card
from domain.messages import Incoming, Message
from tests.bot.doors.made_up import Answering, listener, reply

WORKING = card("Working", Progress((("working on it", "running"),)))


class Echo(Answering):
    async def send(self, incoming: Incoming) -> None:
        assert isinstance(incoming, Message)
        if incoming.text == "long work":
            self.say(reply(f"{incoming.id}:1", WORKING))
            self.gate = asyncio.Event()
            await self.gate.wait()
            self.say(reply(f"{incoming.id}:2", card("The work was stopped"), replaces=f"{incoming.id}:1"))
        else:
            self.say(reply(incoming.id, card("Echo", Text(f"You said {incoming.text}"))))
        await self._out.join()
        if incoming.text == "later":
            asyncio.get_running_loop().call_later(1.5, self.say, reply("other", card("Somebody approved it")))


async def main() -> None:
    mine, label = listener(), ClusterLabel("eu-prod-1", "production", production=True)
    lines = PromptLines(mine, label, history=Path(sys.argv[1]))
    await Chat(Echo(), mine, Screen(stdout_console()), lines, cluster=label).run()


asyncio.run(main())
