"""Where cards appear: a live region while a turn is under way, lines that stay once it is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, tzinfo

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from bot.doors.terminal.posts import Posts, is_progress
from bot.doors.terminal.render import body, canvas, draw, show
from bot.doors.terminal.view import View
from domain.cards import Card, Progress, ProgressState
from domain.messages import Reply
from domain.visible import prose


class Screen:
    """One terminal's output. Cards are printed once they are final; what changes, changes in place."""

    def __init__(self, console: Console, zone: tzinfo = UTC) -> None:
        self.console = console
        self._zone = zone
        self._posts = Posts()
        self._printed: dict[str, Card] = {}
        self._open: dict[str, Card] = {}
        self._live: Live | None = None
        self._in_turn = False
        self._answered = False
        """Whether something final was said in this turn."""

    @property
    def view(self) -> View:
        """As the window is now; people resize it."""
        return view_of(self.console, self._zone)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """While this is open, cards are drawn in place; when it closes, what they became is printed."""
        self._in_turn, self._answered = True, False
        if self.view.interactive:
            self._live = Live(
                console=self.console,
                auto_refresh=False,
                transient=True,
                vertical_overflow="ellipsis",
                refresh_per_second=8,
            )
            self._live.start()
            self._redraw()
        try:
            yield
        finally:
            if self._live is not None:
                self._live.stop()
                self._live = None
            self._in_turn = False
            self._close_turn()

    def _close_turn(self) -> None:
        """What the cards became stays; steps that were there only for the while go, unless nothing else was said."""
        left, self._open = self._open, {}
        answered = self._answered or not all(is_progress(card) for card in left.values())
        for root, card in left.items():
            if not (answered and is_progress(card)):
                self._print(root, card)

    def show(self, reply: Reply) -> None:
        """One reply: a new card, or what a card that is already there has become."""
        root = self._posts.root_of(reply)
        if not self._in_turn:
            self._print(root, reply.card)
            return
        if root not in self._open:  # What came before is final now, and may scroll away.
            for other in [r for r, card in self._open.items() if not is_progress(card)]:
                self._print(other, self._open.pop(other))
                self._answered = True
        self._open[root] = reply.card
        self._redraw()

    def say(self, card: Card) -> None:
        """A card of this terminal itself: help, a greeting."""
        self._write(card)

    def note(self, words: str) -> None:
        """One dim line about this terminal, not from Hilda."""
        self.console.print(Text(prose(words), style="dim"), highlight=False)

    def _redraw(self) -> None:
        if self._live is not None:
            waiting = Text("looking …" if self.view.unicode else "looking ...", style="dim")
            cards = [draw(card, self.view) for card in self._open.values()]
            self._live.update(Group(*cards) if cards else waiting, refresh=True)

    def _print(self, root: str, card: Card) -> None:
        before = self._printed.get(root)
        self._printed[root] = card
        if before == card:
            return
        if before is not None and is_progress(before) and is_progress(card):
            self._write_steps(before, card)
        else:
            self._write(card)

    def _write(self, card: Card) -> None:
        view = self.view
        self.console.print()
        if view.interactive:
            show(card, self.console, view)
        else:
            with _as_wide_as(self.console, canvas(view)):
                show(card, self.console, view)

    def _write_steps(self, before: Card, now: Card) -> None:
        """Of a progress card that is already on the screen, only the steps that are new, or have failed since."""
        known = {text for text, _ in _steps(before)}
        was = set(_steps(before))
        steps = tuple(step for step in _steps(now) if step[0] not in known or (step[1] == "failed" and step not in was))
        if steps:
            self.console.print(Group(*body(Card("", parts=(Progress(steps),)), self.view)), crop=False)


def _steps(card: Card) -> list[tuple[str, ProgressState]]:
    return [step for part in card.parts if isinstance(part, Progress) for step in part.steps]


def view_of(console: Console, zone: tzinfo) -> View:
    """What this console can show."""
    unicode = (console.encoding or "").lower().startswith("utf")
    if not console.is_terminal:
        return View(interactive=False, colour=False, unicode=unicode, zone=zone)
    colour = console.color_system is not None and not console.no_color
    return View(width=console.width, colour=colour, unicode=unicode, zone=zone)


def stdout_console() -> Console:
    """The console of this process's standard output; nothing in a card is ever taken for markup."""
    return Console(markup=False, emoji=False, highlight=False, soft_wrap=False, legacy_windows=False)


def stderr_console() -> Console:
    """The same for standard error, where standard output belongs to a program."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False, soft_wrap=False, legacy_windows=False)


@contextmanager
def _as_wide_as(console: Console, width: int) -> Iterator[None]:
    before = console.width
    console.width = width
    try:
        yield
    finally:
        console.width = before
