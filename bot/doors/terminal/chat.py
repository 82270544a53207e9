"""The chat at a terminal: read a line, hand it over, show what comes back; Ctrl-C stops the work, not the talk."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from bot.doors.terminal.control_c import ControlC
from bot.doors.terminal.conversation import Conversation
from bot.doors.terminal.identity import PRACTICE_NAMES
from bot.doors.terminal.keys import keys_of
from bot.doors.terminal.lines import Lines
from bot.doors.terminal.listener import Listener
from bot.doors.terminal.screen import Screen
from domain.cards import Action, Card, ClusterLabel, Facts, Form, Text, card
from domain.errors import HildaError
from domain.messages import Incoming, Message, Reply

OwnWord = Callable[[], Awaitable[bool]]
"""What a word of this terminal does; whether the talk goes on afterwards."""

DECISIONS = frozenset({"approve", "reject", "edit", "revoke", "submit"})
"""Words that mean a card on the screen, and nothing without one."""

YES = frozenset({"yes", "y", "yes please", "ok", "okay", "go", "go ahead", "run it", "approve it", "yes, approve it"})
SHELL = frozenset({"hilda", "sudo", "bash", "sh", "cd", "ls", "."})
READS = frozenset({"get", "describe", "logs", "events", "top"})

LEAVING = frozenset({"exit", "quit", "bye", "q", ":q"})


@dataclass
class Chat:
    """One person, one conversation, one terminal."""

    conversation: Conversation
    listener: Listener
    screen: Screen
    lines: Lines
    cluster: ClusterLabel | None = None
    greeting: Card | None = None
    become: "Callable[[str], tuple[Listener, ClusterLabel]] | None" = None
    """On a practice cluster: go on as another made-up person, after `as lead`."""
    own_words: "Mapping[str, OwnWord]" = field(default_factory=dict)
    """Words that this terminal answers itself, beside `help` and `as`."""
    watch: Callable[[Reply], None] = lambda _: None
    """Hears every reply that is shown."""
    _control_c: "ControlC" = field(init=False, repr=False)

    async def run(self) -> None:
        """Talk until the person leaves, or the pipe ends and everything approved in it has its outcome."""
        if self.greeting is not None:
            self.screen.say(self.greeting)
        with ControlC(self.conversation, self._say_how_to_leave, patient=self.lines.interactive) as self._control_c:
            showing = asyncio.create_task(self._show_replies())
            try:
                while (typed := await self._next_line(showing)) is not None:
                    if typed.casefold() in LEAVING:
                        break
                    if own := self.own_words.get(typed.casefold().rstrip("!. ")):
                        if not await own():
                            break
                        continue
                    await self._answer(typed)
                else:
                    if not self.lines.interactive:
                        await self.conversation.settle()
            finally:
                showing.cancel()
                with suppress(asyncio.CancelledError):
                    await showing

    async def _next_line(self, showing: "asyncio.Task[None]") -> str | None:
        """The next line that says something; None at the end."""
        while True:
            if showing.done():
                showing.result()  # What broke the flow of replies is a bug, and loud.
            try:
                typed = (await self.lines.line()).strip()
            except EOFError:
                return None
            except KeyboardInterrupt:
                self._say_how_to_leave()
                continue
            if typed:
                return typed

    def _say_how_to_leave(self) -> None:
        self.screen.note("Ctrl-D leaves.")

    async def _answer(self, typed: str) -> None:
        word = typed.casefold().rstrip("!. ")
        if word in {"help", "?", "h"}:
            self.screen.say(help_card(self.cluster))
            return
        if self.become is not None and word == "as":
            self.screen.note(f"As whom? `as NAME`, one of {', '.join(PRACTICE_NAMES)}.")
            return
        if self.become is not None and word.startswith("as ") and len(word.split()) == 2:
            self._speak_as(word.split()[1])
            return
        if word == "submit" and self.listener.form is not None:
            await self._fill_in(self.listener.form)
            return
        if word in YES and self._offers("approve"):
            self.screen.note("A yes is one word: `approve` runs exactly the script that is shown.")
            return
        if _is_a_command(typed):
            self.screen.note("What is typed here is said to Hilda and not run; a shell is in another terminal.")
            return
        incoming = self.listener.hear(typed)
        if word in DECISIONS and isinstance(incoming, Message):
            self.screen.note(f"Nothing waits for `{word}` yet. Ask what is wrong, then `next` until there is a script.")
            return
        await self._turn(incoming)

    def _offers(self, action: Action) -> bool:
        newest = self.listener.newest
        return newest is not None and any(key.choice.action == action for key in keys_of(newest))

    def _speak_as(self, name: str) -> None:
        assert self.become is not None
        try:
            self.listener, self.cluster = self.become(name)
        except HildaError as refused:
            self.screen.note(str(refused))
            return
        self.lines.now_in(self.cluster)
        self.screen.note(f"You speak as {name} now.")

    async def _fill_in(self, form: Form) -> None:
        values: dict[str, str] = {}
        try:
            for field in form.fields:
                values[field.id] = await self.lines.edit(field.label, field.value, multiline=field.multiline)
        except (EOFError, KeyboardInterrupt):
            self.screen.note("Nothing was sent.")
            return
        await self._turn(self.listener.fills(form.action, form.subject, values))

    async def _turn(self, incoming: Incoming) -> None:
        work = asyncio.create_task(self.conversation.send(incoming))
        with self.screen.turn(), self._control_c.stops(work):
            try:
                await work
            except asyncio.CancelledError:
                if _ending():  # It is we who are to end, not only the work.
                    raise
            except HildaError as failed:
                self.screen.note(str(failed))
            await asyncio.sleep(0)  # What `replies` has been given is drawn before the turn closes.

    async def _show_replies(self) -> None:
        async for reply in self.conversation.replies():
            self._show(reply)

    def _show(self, reply: Reply) -> None:
        self.listener.saw(reply)
        self.screen.show(reply)
        self.watch(reply)


def _is_a_command(typed: str) -> bool:
    """A line for a shell. What only reads is a question that Hilda understands."""
    words = typed.split()
    if not words or "\n" in typed.strip():
        return False
    return words[0] in SHELL or (words[0] == "kubectl" and len(words) > 1 and words[1] not in READS)


def _ending() -> bool:
    """Whether the task that asks is itself being cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def help_card(cluster: ClusterLabel | None) -> Card:
    """What can be said and typed here."""
    return card(
        "What you can say",
        Text(
            "Ask in your own words: *what is wrong in shop?* · *status of checkout* · *logs of checkout* · "
            "*CPU of all services in the last hour* · *why did latency spike at 2 PM?* · *what changed?* · "
            "or paste an alert or the output of kubectl."
        ),
        Facts(
            (
                ("next", "one level up: what to do, the commands, one script"),
                ("evidence", "everything an answer rests on, with the lines to check it by"),
                ("approve", "run the script that is shown, as far as you may"),
                ("reject why", "say no to it; that is final"),
                ("edit, submit", "change its command lines, then send them"),
                ("tick 2", "task 2 is done"),
                ("stop, undo that", "end what is running; take back what ran"),
                ("1, 2, 3 or a letter", "what the newest card offers in brackets"),
                ("Ctrl-C, Ctrl-D", "stop the work; leave"),
            )
        ),
        cluster=cluster,
    )
