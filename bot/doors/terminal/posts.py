"""What stands on a screen: one card per post, whichever key it was last updated under."""

from domain.cards import Card, Progress
from domain.messages import Reply


class Posts:
    """Cards by the key of their first post, in the order in which each was last said."""

    def __init__(self) -> None:
        self._root: dict[str, str] = {}
        self._card: dict[str, Card] = {}

    def root_of(self, reply: Reply) -> str:
        """The key under which this post first appeared."""
        root = self._root.get(reply.replaces, reply.replaces) or reply.key
        self._root[reply.key] = root
        return root

    def add(self, reply: Reply) -> None:
        """A new card, or what a card has become; that one is the newest then."""
        root = self.root_of(reply)
        self._card.pop(root, None)
        self._card[root] = reply.card

    @property
    def cards(self) -> list[Card]:
        """Oldest first."""
        return list(self._card.values())


def is_progress(card: Card) -> bool:
    """Whether a card is there only for the while: nothing on it but steps."""
    return bool(card.parts) and all(isinstance(part, Progress) for part in card.parts)
