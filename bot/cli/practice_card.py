"""The first thing a person sees on a practice cluster: what is broken, what to type, and how to go on from there."""

from pathlib import Path

from domain.cards import Card, ClusterLabel, Code, Facts, Part, Text, card

_REAL = "Kubernetes' own control plane, started for you"
_SMALL = "our small Kubernetes API with the real kubectl; --cluster real is Kubernetes' own"


Words = tuple[tuple[str, str], ...]
"""What can be typed, and what it does."""


def question_of(hint: str, namespace: str) -> str:
    """What the hint proposes to ask."""
    _, asked, question = hint.partition("Ask: ")
    return question.strip() if asked else f"what is wrong in {namespace}?"


def story_of(hint: str) -> str:
    return hint.partition("Ask: ")[0].strip()


def first_card(
    hint: str,
    namespace: str,
    small: bool,
    label: ClusterLabel,
    *,
    title: str = "You are on call",
    second_terminal: Path | None = None,
    no_sandbox: str = "",
    leave: Words = (("Ctrl-D", "leaves; everything that was started is cleared away"),),
) -> Card:
    """`no_sandbox` says why approved scripts cannot run here; "" where they can."""
    words = (
        (question_of(hint, namespace), "asks; your own words do, too"),
        ("next", "one level up: the answer, a checklist, the commands, one script"),
        ("as lead, then approve", "another person has to approve; or do it in a second terminal"),
        ("help, evidence", "what you can say; what an answer rests on"),
        *leave,
    )
    parts: list[Part] = [Text(story_of(hint)), Facts(words), Facts((("Cluster", _SMALL if small else _REAL),))]
    if no_sandbox:
        parts.append(
            Text(
                "**No sandbox works here**, so an approved script waits and does not run; everything up to the "
                f"approval works. {no_sandbox}"
            )
        )
    if second_terminal is not None:
        lines = f". {second_terminal}\nkubectl get pods -A\nhilda proposals approve --as lead"
        parts.append(Code(lines, "sh", "In a second terminal"))
    return card(title, *parts, cluster=label)
