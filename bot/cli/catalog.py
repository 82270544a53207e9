"""The table of contents of `hilda`: names and one line each, so that help and spelling need no command loaded."""

from typing import NamedTuple


class Command(NamedTuple):
    name: str
    module: str
    """Under bot.cli; it holds `app`, a typer.Typer."""
    group: str
    summary: str


COMMANDS = (
    Command("check", "check", "Look", "What is wrong here? Any kubeconfig, no settings, nothing written."),
    Command("report", "report", "Look", "The daily report: what happened, what is open, what is about to break."),
    Command("ask", "ask", "Talk", "Ask one question and get the answer with its evidence."),
    Command("chat", "chat", "Talk", "Talk with Hilda in this terminal."),
    Command("demo", "demo", "Talk", "Break a practice cluster and mend it together."),
    Command("drill", "drill", "Talk", "Mend incidents drawn at random, against the clock."),
    Command(
        "proposals",
        "proposals",
        "Decide",
        "Scripts that wait for a person: list, show, approve, reject, revoke, settle.",
    ),
    Command(
        "incidents",
        "incidents",
        "Decide",
        "What goes wrong: list, show, ack, take, hand-over, snooze, merge, close, report.",
    ),
    Command("runbooks", "runbooks", "Know", "The runbooks: lint, search."),
    Command("policy", "policy", "Know", "What a command could do, and whose consent it needs: explain."),
    Command("audit", "audit", "Know", "The record of who did what and why: verify, tail."),
    Command("roles", "roles", "Run", "Who people are to Hilda, and what they may do: list, bind, unbind."),
    Command("keys", "keys", "Run", "Keys for programs that speak over HTTP: make, list, rotate, revoke."),
    Command("serve", "serve", "Run", "Answer in Slack and Teams: doors, workers and clock. Any number, all equal."),
    Command("slack", "slack", "Run", "Slack: print the app's manifest, check that it is set up right."),
    Command("teams", "teams", "Run", "Microsoft Teams: make the app package, check that it is set up right."),
    Command("executor", "executor", "Run", "Run what was approved, in a sandbox. One or more per cluster."),
    Command("migrate", "migrate", "Run", "Prepare the database and the audit key."),
    Command("doctor", "doctor", "Run", "Is everything here that Hilda needs? Each gap with its fix."),
    Command("where", "where", "Run", "Where Hilda keeps what."),
)
