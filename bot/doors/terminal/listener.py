"""What is typed becomes an Incoming: a message, or the button of the newest card that has it."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.doors.terminal.keys import WORDS, Pressed, press
from bot.doors.terminal.posts import Posts
from domain.cards import Action, Card, Choices, Form, parts_of
from domain.messages import ButtonPressed, FormSubmitted, Incoming, Message, Reply
from domain.people import Person

KEPT = 50
"""How many posts back a word such as `approve` may reach."""


@dataclass
class Listener:
    """One person at one terminal, and the cards that are on their screen."""

    author: Person
    conversation: str
    clock: Callable[[], datetime]
    zone: str = "UTC"
    practice_identity: str = ""
    _posts: Posts = field(default_factory=Posts)

    def saw(self, reply: Reply) -> None:
        """Remember a card; an update takes the buttons of what it replaces away with it."""
        self._posts.add(reply)

    def as_another(self, author: Person, practice_identity: str) -> "Listener":
        """The same screen in front of another person."""
        return replace(self, author=author, practice_identity=practice_identity)

    def hear(self, typed: str) -> Incoming:
        """A button of a card on the screen when `typed` names one, a message otherwise."""
        pressed = self._pressed(typed)
        if pressed is None:
            return self.says(typed)
        choice, words = pressed.choice, pressed.words
        if choice.action == "ask":
            return self.says(choice.subject or choice.label)
        if words:
            return self.fills(choice.action, choice.subject, {"reason": words, "digest_prefix": choice.digest_prefix})
        return ButtonPressed(
            id=self._delivery(),
            author=self.author,
            conversation=self.conversation,
            action=choice.action,
            subject=choice.subject,
            digest_prefix=choice.digest_prefix,
            at=self.clock(),
            zone=self.zone,
            practice_identity=self.practice_identity,
        )

    def says(self, text: str) -> Message:
        return Message(
            id=self._delivery(),
            author=self.author,
            conversation=self.conversation,
            text=text,
            at=self.clock(),
            zone=self.zone,
            practice_identity=self.practice_identity,
        )

    def fills(self, action: Action, subject: str, values: Mapping[str, str]) -> FormSubmitted:
        """A form, or a button with words: `reject too risky` fills in the reason."""
        return FormSubmitted(
            id=self._delivery(),
            author=self.author,
            conversation=self.conversation,
            action=action,
            subject=subject,
            values=dict(values),
            at=self.clock(),
            zone=self.zone,
            practice_identity=self.practice_identity,
        )

    @property
    def form(self) -> Form | None:
        """The form of the newest card that has one."""
        return next((form for card in self._newest_first() for form in _forms(card)), None)

    @property
    def newest(self) -> Card | None:
        """The newest card that offers choices: letters and numbers mean those."""
        return next((card for card in self._newest_first() if parts_of(card, Choices)), None)

    def _newest_first(self) -> Iterator[Card]:
        return reversed(self._posts.cards[-KEPT:])

    def _pressed(self, typed: str) -> Pressed | None:
        if self.newest is not None and (pressed := press(typed, self.newest)):
            return pressed
        if not _is_a_word(typed):
            return None
        return next((pressed for card in self._newest_first() if (pressed := press(typed, card))), None)

    def _delivery(self) -> str:
        return f"terminal:{uuid.uuid4()}"


def _is_a_word(typed: str) -> bool:
    """Only whole words reach back to older cards: `a` or `2` would be guessing."""
    first = typed.strip().casefold().split(" ", 1)[0]
    return first in {words[-1] for words in WORDS.values()} | {"undo", "tick", "deny", "next"}


def _forms(card: Card) -> list[Form]:
    return [part for part in parts_of(card, Form) if isinstance(part, Form)]
