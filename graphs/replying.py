"""How a turn speaks: progress that one post shows in place, then the answer where the progress was."""

from collections.abc import Callable

from domain.cards import Card, ClusterLabel, Part, Progress
from domain.messages import Message, Reply


class Replies:
    """Keys are made from the message's id and a counter, so that a turn that runs again posts nothing twice."""

    def __init__(self, message: Message, post: Callable[[Reply], None], label: ClusterLabel) -> None:
        self._message = message
        self._post = post
        self._label = label
        self._progress_posts = 0
        self._answers = 0
        self._steps: tuple[str, ...] = ()

    def progress(self, title: str, progress: Progress, *first_words: Part) -> None:
        """What is being done and what is already known; replaces the progress before it."""
        self._steps = tuple(text for text, _ in progress.steps)
        shown = Card(title, cluster=self._label, parts=(progress, *first_words))
        number, self._progress_posts = self._progress_posts, self._progress_posts + 1
        first = f"{self._message.id}:looking"
        self._post(Reply(shown, key=f"{first}:{number}" if number else first, replaces=first if number else ""))

    def looked(self) -> Reply | None:
        """In place of progress that no answer took the place of: what is to be said comes elsewhere."""
        if not self._progress_posts or self._answers:
            return None
        first = f"{self._message.id}:looking"
        done = Progress(tuple((text, "done") for text in self._steps))
        return Reply(Card("Looked", cluster=self._label, parts=(done,)), key=f"{first}:done", replaces=first)

    def say(self, card: Card) -> None:
        self._post(self.answer(card))

    def answer(self, card: Card) -> Reply:
        """The next answer of this turn; the first one takes the place of the progress."""
        number, self._answers = self._answers, self._answers + 1
        replaces = f"{self._message.id}:looking" if self._progress_posts and not number else ""
        return Reply(card, key=f"{self._message.id}:answer:{number}", replaces=replaces)
