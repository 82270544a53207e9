"""Where typed lines come from when no person sits there: a file or another program."""

import asyncio
import sys
import threading
from typing import Protocol, TextIO

from domain.cards import ClusterLabel


class Lines(Protocol):
    interactive: bool

    async def line(self) -> str:
        """The next line; EOFError when there is none, KeyboardInterrupt when a person pressed Ctrl-C."""

    def now_in(self, cluster: ClusterLabel) -> None:
        """Who speaks, or where, is another one now."""

    async def edit(self, label: str, value: str, *, multiline: bool) -> str:
        """A field of a form as the person changed it; EOFError or KeyboardInterrupt when they leave it."""


class PipedLines:
    """No prompt, no echo. A thread reads, since a regular file cannot be awaited; it never keeps the program alive."""

    interactive = False

    def __init__(self, source: TextIO | None = None) -> None:
        self._source = source or sys.stdin
        self._read: asyncio.Queue[str] = asyncio.Queue()
        self._thread: threading.Thread | None = None

    async def line(self) -> str:
        if self._thread is None:
            loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._pump, args=(loop,), daemon=True)
            self._thread.start()
        text = await self._read.get()
        if not text:
            self._read.put_nowait("")
            raise EOFError
        return text.rstrip("\r\n")

    def now_in(self, cluster: ClusterLabel) -> None:
        """A pipe has no prompt to show it on."""

    async def edit(self, label: str, value: str, *, multiline: bool) -> str:
        """The next line; for a field of several lines, all up to a single dot. An empty line leaves it as it was."""
        del label
        if not multiline:
            return await self.line() or value
        lines: list[str] = []
        while (text := await self.line()) != ".":
            lines.append(text)
        return "\n".join(lines) + "\n" if lines else value

    def _pump(self, loop: asyncio.AbstractEventLoop) -> None:
        text = "x"
        while text:
            try:
                text = self._source.readline()
            except (OSError, ValueError):
                text = ""
            try:
                loop.call_soon_threadsafe(self._read.put_nowait, text)
            except RuntimeError:  # The conversation is over and nobody listens any more.
                return
