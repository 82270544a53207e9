"""A conversation that answers by itself, a screen that can be read, and lines typed ahead."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

from rich.console import Console

from bot.doors.terminal.listener import Listener
from bot.doors.terminal.screen import Screen
from domain.cards import Card, ClusterLabel
from domain.messages import Incoming, Reply
from domain.people import Person

ME = Person("terminal", "machine", "1000")
AT = datetime(2026, 3, 12, 14, 10, tzinfo=UTC)


def listener() -> Listener:
    return Listener(author=ME, conversation="terminal:machine:1000:x", clock=lambda: AT)


class PaperScreen(Screen):
    """A screen that is not watched: everything stays on paper, without colour."""

    def __init__(self) -> None:
        self.paper = io.StringIO()
        super().__init__(Console(file=self.paper, width=100, force_terminal=False))

    @property
    def text(self) -> str:
        return self.paper.getvalue()


class Answering:
    """Behaves like the real thing: replies of a turn are given before `send` returns; others at any time."""

    def __init__(self, answers: Callable[[Incoming], Sequence[Reply]] = lambda _: ()) -> None:
        self.heard: list[Incoming] = []
        self.cancelled = 0
        self.settled = False
        self.gate: asyncio.Event | None = None
        self._answers = answers
        self._out: asyncio.Queue[Reply] = asyncio.Queue()

    async def send(self, incoming: Incoming) -> None:
        self.heard.append(incoming)
        if self.gate is not None:
            await self.gate.wait()
        for reply in self._answers(incoming):
            self.say(reply)
        await self._out.join()

    def say(self, reply: Reply) -> None:
        self._out.put_nowait(reply)

    async def replies(self) -> AsyncIterator[Reply]:
        while True:
            reply = await self._out.get()
            yield reply
            self._out.task_done()

    async def cancel(self) -> None:
        self.cancelled += 1
        if self.gate is not None:
            self.gate.set()

    async def settle(self) -> None:
        self.settled = True


class TypedAhead:
    """Lines that a person will have typed; an exception among them is raised, as Ctrl-C at the prompt is."""

    def __init__(self, *lines: str | type[BaseException], interactive: bool = True) -> None:
        self.interactive = interactive
        self._lines = list(lines)
        self.cluster: ClusterLabel | None = None

    async def line(self) -> str:
        await asyncio.sleep(0)
        if not self._lines:
            raise EOFError
        line = self._lines.pop(0)
        if isinstance(line, str):
            return line
        raise line

    async def edit(self, label: str, value: str, *, multiline: bool) -> str:
        del label, multiline
        line = await self.line()
        return line or value

    def now_in(self, cluster: ClusterLabel) -> None:
        self.cluster = cluster


def reply(key: str, card: Card, replaces: str = "") -> Reply:
    return Reply(card, key=key, replaces=replaces)
