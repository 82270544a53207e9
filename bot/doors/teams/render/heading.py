"""The head of every card: what it says, how things stand, and where; production cannot be overlooked."""

from bot.doors.teams.render import rich
from domain.cards import Card, ClusterLabel, Tone
from domain.plain_json import Json
from domain.visible import one_line

TONES: dict[Tone, tuple[str, str, str]] = {
    "neutral": ("🔵", "", "default"),
    "good": ("✅", "Good", "good"),
    "warning": ("⚠️", "Warning", "warning"),
    "bad": ("🔴", "Problem", "attention"),
    "question": ("❔", "Your decision", "accent"),
}
"""Symbol, word and container style of each tone: colour never stands alone."""


def heading(card: Card) -> list[Json]:
    """Title and place on the colour of the tone."""
    symbol, word, style = TONES[card.tone]
    title = rich.block(
        [{**run, "size": "Large"} for run in rich.words(f"{symbol} {one_line(card.title)}".strip(), "bold")]
    )
    return [{"type": "Container", "style": style, "bleed": True, "items": [title, *place(card.cluster, word)]}]


def place(cluster: ClusterLabel | None, word: str = "") -> list[Json]:
    """Where a card is about, and `word` before it; in production loud."""
    if cluster is None:
        return rich.paragraph(rich.words(word, "subtle"), close=True)
    where = _where(cluster)
    if not cluster.production:
        return rich.paragraph(rich.words(" · ".join([word, *where] if word else where), "subtle"), close=True)
    rest = "".join(f" · {text}" for text in (*where, word) if text)
    return rich.paragraph(rich.words("🟥 PRODUCTION 🟥", "bold"), rich.words(rest), close=True)


def name_of(cluster: ClusterLabel | None) -> str:
    """The cluster as a person says it in half a line."""
    if cluster is None:
        return ""
    return f"{one_line(cluster.name)} (PRODUCTION)" if cluster.production else one_line(cluster.name)


def spoken(card: Card) -> str:
    """The card in one line, for a notice on a phone: how it stands, what it says, where."""
    symbol, word, _ = TONES[card.tone]
    loud = "PRODUCTION: " if card.cluster is not None and card.cluster.production else ""
    where = f" ({one_line(card.cluster.name)})" if card.cluster is not None and card.cluster.name.strip() else ""
    return f"{symbol} {loud}{word + ': ' if word else ''}{one_line(card.title)}{where}".strip()


def _where(cluster: ClusterLabel) -> list[str]:
    environment = one_line(cluster.environment)
    shown = "" if cluster.production and environment.lower() == "production" else environment
    speaks = one_line(cluster.practice_identity)
    return [
        text for text in (shown, one_line(cluster.name), f"speaking as {speaks} (practice)" if speaks else "") if text
    ]
