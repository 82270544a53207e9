"""What Slack refuses is refused before it is sent."""

import pytest

from bot.doors.slack.limits import faults_of_message, faults_of_view
from domain.plain_json import Json
from tests.fakes.slack.block_rules import Rule, rules
from tests.fakes.slack.payloads import inside

SENT = {
    *("header", "section", "divider", "context", "actions", "image", "input", "rich_text", "table"),
    *("data_visualization", "line", "rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"),
    *("text", "link", "user", "date", "button", "checkboxes", "plain_text_input", "plain_text", "raw_text"),
    *("modal", "home"),
}
"""The kinds of which our payloads are made."""
LENGTHS_AND_COUNTS = ("at most", "characters or more", "items or more", "once", "exactly one", "submit where")
NEVER_SENT = (
    *("header block level", "fields has 1 items", "preformatted language", "date url", "with the focus"),
    *("image has exactly", "image alt_text", "image image_url"),
)
"""Options of those kinds that we do not use, the last three in pictures inside a line of context."""


def applies(rule: Rule) -> bool:
    kinds = {found.get("type", "text") for found in inside(rule.refuses) if isinstance(found.get("type", "text"), str)}
    about_size = any(words in rule.name for words in LENGTHS_AND_COUNTS)
    return kinds <= SENT and about_size and not any(words in rule.name for words in NEVER_SENT)


RULES = {rule.name: rule for rule in rules() if applies(rule)}


def faults(rule: Rule) -> list[str]:
    if rule.surface == "message":
        blocks: list[Json] = rule.refuses
        return faults_of_message({"text": "words", "blocks": blocks})
    view: Json = rule.refuses
    return faults_of_view(view)


def test_there_are_rules_to_keep() -> None:
    """The list of the Slack that behaves has not been renamed away from this test."""
    assert len(RULES) > 80


@pytest.mark.parametrize("name", RULES)
def test_every_length_and_count_that_slack_keeps_is_kept_here(name: str) -> None:
    """A payload that Slack refuses for its size has a fault here, too."""
    assert faults(RULES[name])


def test_a_block_of_another_shape_is_a_fault_and_no_crash() -> None:
    assert faults_of_message({"text": "words", "blocks": [{"type": "header"}, {"type": "poem"}]})


def test_nothing_that_pings_a_channel_may_be_sent() -> None:
    ping = {"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "channel"}]}

    assert faults_of_message({"text": "words", "blocks": [{"type": "rich_text", "elements": [ping]}]})


@pytest.mark.parametrize("text", ["", " ", "x" * 4001])
def test_a_message_needs_a_text_of_a_length_that_slack_updates(text: str) -> None:
    assert faults_of_message({"text": text, "blocks": [{"type": "divider"}]})


def test_inputs_without_a_button_cannot_be_sent() -> None:
    box = {"type": "plain_text_input", "action_id": "value"}
    view = {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Words"},
        "blocks": [{"type": "input", "label": {"type": "plain_text", "text": "Words"}, "element": box}],
    }

    assert faults_of_view(view) == ["inputs without a submit button"]
