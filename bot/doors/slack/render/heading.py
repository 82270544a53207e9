"""The head of every card: what it says, how things stand, and where; production cannot be overlooked."""

from bot.doors.slack.render import rich, small
from domain.cards import Card, ClusterLabel, Tone
from domain.plain_json import Json
from domain.visible import one_line

TONES: dict[Tone, tuple[str, str]] = {
    "neutral": ("🔵", ""),
    "good": ("✅", "Good"),
    "warning": ("⚠️", "Warning"),
    "bad": ("🔴", "Problem"),
    "question": ("❔", "Your decision"),
}
"""Symbol and word of each tone; the symbol has the colour, so neither stands alone."""


def heading(card: Card) -> list[Json]:
    """Title and place. A title that is too long for a header stands whole in bold."""
    symbol, word = TONES[card.tone]
    title = f"{symbol} {one_line(card.title)}".strip()
    fits = len(title) <= small.LONGEST_HEADER
    head = small.header(title) if fits else rich.paragraph(rich.words(title, "bold"))
    return [head, *place(card.cluster, word)]


def place(cluster: ClusterLabel | None, word: str = "") -> list[Json]:
    """Where a card is about, and `word` before it; in production in bold between red squares."""
    where = _where(cluster) if cluster is not None else []
    if cluster is None or not cluster.production:
        said = " · ".join([word, *where] if word else where)
        long = len(said) > small.LONGEST_CONTEXT
        return [rich.paragraph(rich.words(said)) if long else small.context(said)] if said else []
    loud = rich.words("🟥 PRODUCTION 🟥", "bold")
    rest = [text for text in (*where, word) if text]
    return [rich.paragraph(loud, rich.words("".join(f" · {text}" for text in rest)))]


def place_again(cluster: ClusterLabel | None) -> list[Json]:
    """The same on messages that go on: long names cut, since they stood in full before."""
    if cluster is None:
        return []
    names = (small.cut(one_line(name), 60) for name in (cluster.name, cluster.environment, cluster.practice_identity))
    name, environment, speaks = names
    return place(ClusterLabel(name, environment, cluster.production, speaks))


def name_of(cluster: ClusterLabel | None) -> str:
    """The cluster as a person says it in half a line."""
    if cluster is None:
        return ""
    return f"{one_line(cluster.name)} (PRODUCTION)" if cluster.production else one_line(cluster.name)


def _where(cluster: ClusterLabel) -> list[str]:
    environment = one_line(cluster.environment)
    shown = "" if cluster.production and environment.lower() == "production" else environment
    speaks = one_line(cluster.practice_identity)
    return [
        text for text in (shown, one_line(cluster.name), f"speaking as {speaks} (practice)" if speaks else "") if text
    ]
