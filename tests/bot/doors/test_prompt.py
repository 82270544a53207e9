"""The prompt at a real pseudo terminal: typing, completion, Ctrl-C, Ctrl-D, cards printed above the line."""

import os
import pty
import re
import select
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.doors.terminal.prompt import Completions, PrivateHistory, where
from domain.cards import ClusterLabel
from tests.bot.doors.made_up import listener, reply
from tests.gallery.cards import ANSWER

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).with_name("chat_at_a_terminal.py")


class Terminal:
    """A child at a pseudo terminal; `see` waits until a text has appeared."""

    def __init__(self, *arguments: str) -> None:
        self.seen = ""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
            os.execve(sys.executable, [sys.executable, str(PROGRAM), *arguments], environment)

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def see(self, text: str, seconds: float = 20) -> str:
        return self.until(lambda: text in self.plain, f"{text!r}", seconds)

    def prompt(self) -> str:
        """Wait until the next line may be typed."""
        return self.until(lambda: self.plain.rstrip().endswith("eu-prod-1 >"), "the prompt")

    def until(self, holds: Callable[[], bool], what: str, seconds: float = 20) -> str:
        end = time.monotonic() + seconds
        while not holds():
            left = end - time.monotonic()
            ready = select.select([self.descriptor], [], [], max(0.0, left))[0]
            try:
                read = os.read(self.descriptor, 65536) if ready else b""
            except OSError:
                read = b""
            if not read:
                raise AssertionError(f"never saw {what} in:\n{self.plain}")
            self.seen += read.decode(errors="replace")
            if "\x1b[6n" in read.decode(errors="replace"):
                self.type("\x1b[1;1R")  # Where is the cursor? A terminal answers.
        return self.plain

    @property
    def plain(self) -> str:
        return re.sub(r"\x1b(\[[0-9;?]*[a-zA-Z]|\][^\x07]*\x07|[=>])", "", self.seen)

    def leave(self) -> int:
        for _ in range(100):
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            if select.select([self.descriptor], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.descriptor, 65536).decode(errors="replace")
                except OSError:
                    time.sleep(0.05)
        raise AssertionError(f"still running:\n{self.plain}")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(str(tmp_path / "history"))
    yield opened
    try:
        os.kill(opened.pid, 9)
        os.waitpid(opened.pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass
    os.close(opened.descriptor)


def test_a_conversation_at_a_real_terminal(terminal: Terminal, tmp_path: Path) -> None:
    """Ask, be answered, stop long work with Ctrl-C, go on, leave with Ctrl-D; history is kept privately."""
    terminal.see("eu-prod-1 >")

    terminal.type("hello there\r")
    terminal.see("You said hello there")
    terminal.prompt()
    terminal.type("long work\r")
    terminal.see("working on it")
    terminal.type("\x03")
    terminal.see("The work was stopped")
    terminal.prompt()
    terminal.type("password=hunter2hunter2hunter2\r")
    terminal.see("You said password")
    terminal.prompt()
    terminal.type("\x03")
    terminal.see("Ctrl-D leaves")
    terminal.prompt()
    terminal.type("\x04")

    assert terminal.leave() == 0
    history = tmp_path / "history"
    assert history.stat().st_mode & 0o777 == 0o600
    assert "hello there" in history.read_text()
    assert "hunter2" not in history.read_text()


def test_what_others_do_is_printed_above_the_prompt(terminal: Terminal) -> None:
    """Half a typed line survives a card that arrives meanwhile."""
    terminal.see("eu-prod-1 >")

    terminal.type("later\r")
    terminal.see("You said later")
    terminal.type("half a li")
    terminal.see("Somebody approved it")
    terminal.type("ne\r")

    terminal.see("You said half a line")


def completions(typed: str) -> list[str]:
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    mine = listener()
    mine.saw(reply("k", ANSWER))
    completer = Completions(mine, lambda: ["shop", "shipping", "checkout"])
    return [c.text for c in completer.get_completions(Document(typed), CompleteEvent())]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("ne", "next"), ("Show me", "Show me the logs of checkout"), ("status of ch", "checkout"), ("logs of sh", "shop")],
)
def test_keys_openings_and_names_are_completed(typed: str, offered: str) -> None:
    """What the card offers, how sentences begin, and what exists in the cluster."""
    assert offered in completions(typed)


def test_production_is_on_the_prompt() -> None:
    """Who types there sees it before every line; the made-up person, too."""
    label = ClusterLabel("eu-prod-1", "production", production=True, practice_identity="lead")

    assert "".join(text for _, text in [pair[:2] for pair in where(label)]) == " PRODUCTION  lead@eu-prod-1 > "


def test_a_history_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    """A broken history file costs the arrow keys, not the conversation."""
    path = tmp_path / "history"
    path.write_bytes(b"+\xff\xfe broken\n")

    PrivateHistory(path).store_string("x" * 50_000)

    assert path.stat().st_size < 1000
