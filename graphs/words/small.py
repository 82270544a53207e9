"""Short answers: greetings, help, refusals, and what went wrong while looking."""

from collections.abc import Sequence

from domain.cards import Card, Choice, Choices, ClusterLabel, Text, card
from domain.levels import Level


def greeting(cluster: ClusterLabel, text: str) -> Card:
    """A kind word back, and what to ask."""
    thanked = any(word in text.lower() for word in ("thank", "thx", "cheers", "great", "nice", "perfect"))
    return card(
        "You are welcome." if thanked else "Hello. I am Hilda, on duty with you.",
        Text("Ask me **what is wrong**, or name a service; `help` lists what I can do."),
        Choices((Choice("What is wrong?", "ask", "what is wrong?"),)),
        cluster=cluster,
    )


def declined(cluster: ClusterLabel) -> Card:
    """One kind sentence that says what Hilda does."""
    return card(
        "That is outside my duty.",
        Text(
            "I look at clusters and telemetry, say what is wrong and how I know, and help to mitigate it. "
            "Try **what is wrong?** or `help`."
        ),
        cluster=cluster,
    )


def help_card(cluster: ClusterLabel, highest: Level) -> Card:
    """What to say, how to climb, how to approve."""
    return card(
        "What I can do",
        Text(
            "**Ask**: `what is wrong?` · `why is checkout slow?` · `what happened at 2 PM?` · `what changed?` · "
            "`since when?` · `why do you think so?`\n\n"
            "**Look**: `logs of checkout` · `CPU of all services in the last hour` · `list deployments in shop` · "
            "`status of checkout` · `what can you see here?` · or paste an alert or kubectl's output\n\n"
            "**Climb**: `checklist` (level 2) · `commands` (3) · `script` (4), or `next`, one level at a time\n\n"
            "**Decide**: a script waits for **approve** or **reject** by another person; `revoke` takes one back "
            "before it runs; `undo that` proposes the way back\n\n"
            "**Quiet**: `silence this for an hour` proposes a silence for the alerts that fire now\n\n"
            "**Every day**: `report` tells the last 24 hours · `report every day at 9` in this channel\n\n"
            "**Stop**: `stop` ends what I am doing now"
        ),
        Text(f"Here I may climb up to level {highest.value}, {highest.title}. Nothing changes without an approval."),
        cluster=cluster,
    )


def unknown_name(cluster: ClusterLabel, name: str, near: Sequence[str], known: Sequence[str]) -> Card:
    """A typo gets the names that exist."""
    said = f"I see nothing called `{name}` here."
    if near:
        said += " Did you mean " + " or ".join(f"`{other}`" for other in near) + "?"
    elif known:
        shown = ", ".join(f"`{other}`" for other in known[:12])
        said += f" I see {shown}{' and more' if len(known) > 12 else ''}."
    return card(f"There is no {name}", Text(said), tone="question", cluster=cluster)


def could_not_look(cluster: ClusterLabel | None, why: str) -> Card:
    """What was tried, what came back, what to do next: the error's own words."""
    return card("I could not look", Text(why), tone="warning", cluster=cluster)


def not_allowed(cluster: ClusterLabel | None, why: str) -> Card:
    return card("Not allowed", Text(why), *in_practice(cluster), tone="warning", cluster=cluster)


def in_practice(cluster: ClusterLabel | None) -> tuple[Text, ...]:
    """For somebody who speaks as a made-up person, and could as another."""
    if cluster is None or not cluster.practice_identity:
        return ()
    return (Text("In practice you may be anybody: `as oncall` asks for scripts, `as lead` approves them."),)


def stopped(cluster: ClusterLabel | None) -> Card:
    """After a turn was cut short."""
    return card(
        "Stopped", Text("I stopped looking. What was proposed or approved before stays as it is."), cluster=cluster
    )


def nothing_to_stop(cluster: ClusterLabel) -> Card:
    """For `stop` when no turn is under way."""
    return card(
        "Nothing is under way",
        Text("`revoke` takes back an approval until its run is claimed; `undo that` proposes the way back afterwards."),
        cluster=cluster,
    )


def nothing_to_undo(cluster: ClusterLabel) -> Card:
    return card(
        "There is nothing to undo",
        Text("I have run nothing in this conversation. What ran elsewhere can be undone from where it was approved."),
        cluster=cluster,
    )


def ticked(cluster: ClusterLabel, task: str, *, new: bool) -> Card:
    return card(
        "Done" if new else "That was done already", Text(task.partition("-")[2].replace("-", " ")), cluster=cluster
    )
