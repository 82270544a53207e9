"""The first thing Hilda says where she was added."""

from domain.cards import Card, Choice, Choices, Text, card


def welcome() -> Card:
    return card(
        "I am Hilda, your on-call colleague",
        Text(
            "Ask me what is wrong: I look at the cluster and say what I found and how I know. Then I go with you as "
            "far as you like: a checklist, the exact commands, one reviewed script. Nothing that changes anything runs "
            "unless another person approves it.\n\nIn a channel, mention me; here, just write."
        ),
        Choices(
            (
                Choice("What is wrong?", "ask", "what is wrong?"),
                Choice("What can you see here?", "ask", "what can you see here?"),
                Choice("Help", "ask", "help"),
            )
        ),
    )


def unknown() -> Card:
    """For who writes from an account that their organisation does not vouch for."""
    return card("I cannot tell who you are", Text("Teams says no organisation's id for your account."), tone="warning")
