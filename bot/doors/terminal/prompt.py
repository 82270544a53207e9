"""The line that a person types on: history, completion, a prompt that says where they are and as whom."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

from bot.doors.terminal.keys import keys_of
from bot.doors.terminal.listener import Listener
from domain.cards import ClusterLabel
from domain.visible import one_line
from policy.redaction import redact

PHRASES = (
    "what is wrong?",
    "what is wrong in ",
    "what can you see here?",
    "what changed?",
    "why do you think so?",
    "since when?",
    "status of ",
    "logs of ",
    "list deployments in ",
    "CPU of all services in the last hour",
    "latency of ",
    "next level",
    "undo that",
    "stop",
    "help",
)
"""Openings worth completing; the conversation understands much more."""


class PromptLines:
    """A prompt that replies may be printed above at any time."""

    interactive = True

    def __init__(
        self,
        listener: Listener,
        cluster: ClusterLabel | None,
        *,
        history: Path | None = None,
        names: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._cluster = cluster
        self._session: PromptSession[str] = PromptSession(
            message=lambda: where(self._cluster),
            history=_history(history),
            completer=Completions(listener, names),
            complete_while_typing=False,
            enable_open_in_editor=True,
        )

    async def line(self) -> str:
        with patch_stdout(raw=True):
            return await self._session.prompt_async(handle_sigint=False)

    def now_in(self, cluster: ClusterLabel) -> None:
        self._cluster = cluster

    async def edit(self, label: str, value: str, *, multiline: bool) -> str:
        """The field on a prompt of its own; several lines end with Esc Enter."""
        hint = "  (Esc then Enter sends, Ctrl-X Ctrl-E opens your editor, Ctrl-C leaves it)\n" if multiline else ": "
        asked: PromptSession[str] = PromptSession(history=InMemoryHistory(), multiline=multiline)
        with patch_stdout(raw=True):
            return await asked.prompt_async(
                [("bold", one_line(label)), ("", hint)], default=value, enable_open_in_editor=True
            )


def where(cluster: ClusterLabel | None) -> StyleAndTextTuples:
    """`oncall@practice-7 > `, and production in red."""
    if cluster is None:
        return [("bold", "hilda"), ("", " > ")]
    words: StyleAndTextTuples = []
    if cluster.production:
        words += [("bg:ansired fg:ansiwhite bold", " PRODUCTION "), ("", " ")]
    if cluster.practice_identity:
        words += [("fg:ansimagenta", one_line(cluster.practice_identity)), ("", "@")]
    return [*words, ("bold", one_line(cluster.name)), ("", " > ")]


class Completions(Completer):
    """Keys and labels of the newest card, openings of sentences, and names that exist in the cluster."""

    def __init__(self, listener: Listener, names: Callable[[], Iterable[str]]) -> None:
        self._listener = listener
        self._names = names

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        line = document.text_before_cursor
        for phrase in self._openings():
            if line and phrase.casefold().startswith(line.casefold()) and phrase != line:
                yield Completion(phrase, start_position=-len(line))
        word = line.rsplit(" ", 1)[-1]
        if word and word != line:
            for name in sorted(set(self._names())):
                if name.startswith(word) and name != word:
                    yield Completion(name, start_position=-len(word))

    def _openings(self) -> Sequence[str]:
        newest = self._listener.newest
        keys = keys_of(newest) if newest else ()
        return [*(key.keys[-1] for key in keys), *(one_line(key.choice.label) for key in keys), *PHRASES]


class PrivateHistory(FileHistory):
    """What was typed, for the arrow keys; 0600 and without whatever looks like a secret."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        path.chmod(0o600)
        super().__init__(str(path))

    async def load(self) -> AsyncGenerator[str, None]:
        try:
            async for line in super().load():
                yield line
        except (OSError, UnicodeError):
            return

    def store_string(self, string: str) -> None:
        if len(string) < 10_000:  # A pasted log is not something to scroll back to.
            super().store_string(redact(string))


def _history(path: Path | None) -> History:
    try:
        return PrivateHistory(path) if path else InMemoryHistory()
    except OSError:
        return InMemoryHistory()
