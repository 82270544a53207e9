"""Ctrl-C for the length of a conversation: it stops work, and only where nobody sits there the whole program."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

from bot.doors.terminal.conversation import Conversation

_Handler = Callable[[int, FrameType | None], Any] | int | None


class ControlC:
    """One handler throughout: between two turns there is no moment in which Ctrl-C would end the conversation."""

    def __init__(self, conversation: Conversation, idle: Callable[[], None], *, patient: bool) -> None:
        self._conversation = conversation
        self._idle = idle
        self._patient = patient
        """Whether a person sits there, who leaves with Ctrl-D."""
        self._work: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._all: asyncio.Task[Any] | None = None
        self._left = False
        self._before: _Handler = None

    def __enter__(self) -> "ControlC":
        self._all = asyncio.current_task()
        self._before = signal.getsignal(signal.SIGINT)
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._pressed)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, self._before)
        if self._left and isinstance(error, asyncio.CancelledError):
            raise KeyboardInterrupt from error

    @contextmanager
    def stops(self, work: "asyncio.Task[None]") -> Iterator[None]:
        """While this is open, the first Ctrl-C asks `work` to stop and the second stops waiting for it."""
        self._work = work
        try:
            yield
        finally:
            self._work = self._stopping = None

    def _pressed(self) -> None:
        if self._work is not None and self._stopping is None:
            self._stopping = asyncio.create_task(self._conversation.cancel())
        elif self._work is not None:
            self._work.cancel()
        elif self._patient:
            self._idle()
        if not self._patient and self._all is not None:
            self._left = True
            self._all.cancel()
