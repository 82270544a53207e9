"""What a card says of work that goes on."""

from domain.cards import Card, Progress, ProgressState


def steps_of(card: Card) -> list[tuple[str, ProgressState]]:
    return [step for part in card.parts if isinstance(part, Progress) for step in part.steps]


def is_under_way(card: Card) -> bool:
    """Whether something on this card goes on."""
    return any(state == "running" for _, state in steps_of(card))
