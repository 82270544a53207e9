"""Every rule of the fake Slack names its source and refuses something, through the real slack_sdk."""

from collections.abc import AsyncIterator, Callable

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import Block

from tests.fakes.slack import block_rules, blocks, payloads
from tests.fakes.slack.bolt_app import client_of
from tests.fakes.slack.rules import API_RULES, ApiRule, set_stage
from tests.fakes.slack.server import FakeSlack, fake_slack
from tests.fakes.slack.shapes import Json

EXPECTED = {"message": "invalid_blocks", "modal": "invalid_arguments", "home": "invalid_arguments"}


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with fake_slack() as running:
        yield running


def test_every_rule_of_block_kit_names_its_source_and_refuses_its_payload() -> None:
    rules = list(block_rules.rules())

    kept = [rule.name for rule in rules if payloads.refusal(rule.surface, rule.refuses) is None]
    without_source = [rule.name for rule in rules if not rule.source.startswith("https://")]

    assert len(rules) > 1000
    assert kept == []
    assert without_source == []


@pytest.mark.parametrize("whole", payloads.WHOLE, ids=lambda whole: whole.rule)
def test_no_other_rule_refuses_what_a_rule_over_all_blocks_refuses(whole: payloads.Whole) -> None:
    assert whole.complaint(whole.refuses)
    assert not any(other.complaint(whole.refuses) for other in payloads.WHOLE if other is not whole)


def test_a_good_example_of_everything_passes_here_and_in_the_models_of_slack_sdk() -> None:
    for name, surface, payload in block_rules.accepted():
        assert payloads.refusal(surface, payload) is None, name
        for block in payload if surface == "message" else payload["blocks"]:
            parsed = Block.parse(block)
            if parsed is not None:
                parsed.validate_json()


def _text(length: int, kind: str = "plain_text") -> Json:
    return {"type": kind, "text": "x" * length}


def _press(**more: Json) -> Json:
    return {"type": "actions", "elements": [{"type": "button", "text": _text(5), **more}]}


def _confirmed(title: int = 1, text: int = 1, confirm: int = 1, deny: int = 1) -> Json:
    said = {"title": _text(title), "text": _text(text), "confirm": _text(confirm), "deny": _text(deny)}
    return _press(confirm=said)


def _menu(count: int = 1, label: int = 1, value: int = 1) -> Json:
    options = [{"text": _text(label), "value": "x" * value}] * count
    return {"type": "actions", "elements": [{"type": "static_select", "options": options}]}


def _section(length: int) -> Json:
    return {"type": "section", "text": _text(length, "mrkdwn")}


def _link(length: int) -> str:
    return "https://example.com/".ljust(length, "x")


def _cards(count: int) -> Json:
    return {"type": "carousel", "elements": [{"type": "card", "title": _text(5)}] * count}


def _overflow(count: int) -> Json:
    options = [{"text": _text(1), "value": "x"}] * count
    return {"type": "actions", "elements": [{"type": "overflow", "options": options}]}


def _modal(**more: Json) -> Json:
    return {"type": "modal", "title": _text(5), "blocks": [{"type": "divider"}], **more}


def _pie(count: int) -> Json:
    segments = [{"label": str(number), "value": 1} for number in range(count)]
    return {"type": "data_visualization", "title": "p99", "chart": {"type": "pie", "segments": segments}}


def _boxes(count: int) -> Json:
    options = [{"text": _text(1), "value": "x"}] * count
    return {"type": "actions", "elements": [{"type": "checkboxes", "options": options}]}


def _trash(count: int) -> Json:
    return {"type": "context_actions", "elements": [{"type": "icon_button", "icon": "trash", "text": _text(1)}] * count}


_CHART = {
    "type": "data_visualization",
    "title": "p99",
    "chart": {"type": "pie", "segments": [{"label": "a", "value": 1}]},
}
_TABLE = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}
FIGURES: dict[str, tuple[int, Callable[[int], Json]]] = {
    "blocks in a message": (50, lambda most: [{"type": "divider"}] * most),
    "blocks in a modal": (100, lambda most: _modal(blocks=[{"type": "divider"}] * most)),
    "blocks in Home": (100, lambda most: {"type": "home", "blocks": [{"type": "divider"}] * most}),
    "section text": (3000, lambda most: [_section(most)]),
    "section fields": (10, lambda most: [{"type": "section", "fields": [_text(1)] * most}]),
    "section field": (2000, lambda most: [{"type": "section", "fields": [_text(most)]}]),
    "header": (150, lambda most: [{"type": "header", "text": _text(most)}]),
    "card body": (200, lambda most: [{"type": "card", "body": _text(most)}]),
    "markdown": (12_000, lambda most: [{"type": "markdown", "text": "x" * most}]),
    "actions": (25, lambda most: [{"type": "actions", "elements": [{"type": "button", "text": _text(1)}] * most}]),
    "context": (10, lambda most: [{"type": "context", "elements": [_text(1)] * most}]),
    "context actions": (5, lambda most: [_trash(most)]),
    "carousel": (10, lambda most: [_cards(most)]),
    "container": (
        10,
        lambda most: [{"type": "container", "title": _text(1), "child_blocks": [{"type": "divider"}] * most}],
    ),
    "overflow": (5, lambda most: [_overflow(most)]),
    "block_id": (255, lambda most: [{"type": "divider", "block_id": "x" * most}]),
    "action_id": (255, lambda most: [_press(action_id="x" * most)]),
    "button text": (75, lambda most: [_press(text=_text(most))]),
    "button value": (2000, lambda most: [_press(value="x" * most)]),
    "button url": (3000, lambda most: [_press(url=_link(most))]),
    "options": (100, lambda most: [_menu(count=most)]),
    "option label": (75, lambda most: [_menu(label=most)]),
    "option value": (150, lambda most: [_menu(value=most)]),
    "confirm title": (100, lambda most: [_confirmed(title=most)]),
    "confirm text": (300, lambda most: [_confirmed(text=most)]),
    "confirm button": (30, lambda most: [_confirmed(confirm=most)]),
    "deny button": (30, lambda most: [_confirmed(deny=most)]),
    "image_url": (3000, lambda most: [{"type": "image", "alt_text": "a", "image_url": _link(most)}]),
    "alt_text": (2000, lambda most: [{"type": "image", "alt_text": "x" * most, "image_url": _link(30)}]),
    "modal title": (24, lambda most: _modal(title=_text(most))),
    "private_metadata": (3000, lambda most: _modal(private_metadata="x" * most)),
    "callback_id": (255, lambda most: _modal(callback_id="x" * most)),
    "external_id": (255, lambda most: _modal(external_id="x" * most)),
    "pie segments": (6, lambda most: [_pie(most)]),
    "checkboxes": (10, lambda most: [_boxes(most)]),
    "table rows": (100, lambda most: [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * most}]),
    "table cells": (20, lambda most: [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * most]}]),
    "tables": (1, lambda most: [_TABLE] * most),
    "charts": (2, lambda most: [_CHART] * most),
    "markdown in all": (12_000, lambda most: [{"type": "markdown", "text": "x" * (most // 2)}, _markdown(most)]),
    "text in all": (13_200, lambda most: [_section(3000)] * 4 + [_section(most - 12_000)]),
}


def _markdown(most: int) -> Json:
    return {"type": "markdown", "text": "x" * (most - most // 2)}


@pytest.mark.parametrize("thing", FIGURES)
def test_a_limit_lets_through_what_is_exactly_as_long_and_no_more(thing: str) -> None:
    most, payload = FIGURES[thing]
    surface = payload(most)["type"] if isinstance(payload(most), dict) else "message"

    assert payloads.refusal(surface, payload(most)) is None
    assert payloads.refusal(surface, payload(most + 1)) is not None


@pytest.mark.parametrize(
    ("block", "surfaces"),
    [
        ("alert", {"modal"}),
        ("plan", {"message"}),
        ("task_card", {"message"}),
        ("data_visualization", {"message"}),
        ("markdown", {"message"}),
        ("container", {"message"}),
        ("context_actions", {"message"}),
        ("section", {"message", "modal", "home"}),
        ("actions", {"message", "modal", "home"}),
        ("rich_text", {"message", "modal", "home"}),
        ("input", {"message", "modal", "home"}),
        ("file", set()),
    ],
)
def test_a_block_stands_where_its_page_says(block: str, surfaces: set[str]) -> None:
    [example] = [one.good() for one in blocks.ALL if one.name == block]
    held = {
        "message": [example],
        "modal": _modal(blocks=[example], submit=_text(5)),
        "home": {"type": "home", "blocks": [example]},
    }

    assert {surface for surface, payload in held.items() if payloads.refusal(surface, payload) is None} == surfaces


def _sdk_refuses(block: object) -> bool:
    try:
        parsed = Block.parse(block)  # type: ignore[arg-type]
        if parsed is not None:
            parsed.validate_json()
    except Exception:  # noqa: BLE001
        return True
    return False


def test_what_the_models_of_slack_sdk_refuse_is_refused_here() -> None:
    """The models have holes; this Slack has none where they have a wall."""
    walls = (
        {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11},
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11},
        {"type": "markdown", "text": "x" * 12_001},
        {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "x" * 2001},
        {"type": "divider", "block_id": "x" * 256},
    )

    for block in walls:
        assert _sdk_refuses(block)
        assert payloads.refusal("message", [block]) is not None


async def test_blocks_are_refused_over_http_with_the_place_of_the_fault(slack: FakeSlack) -> None:
    slack.rates.off = True
    shop = slack.channel("shop", slack.user("alice"))
    client = client_of(slack)
    rules = [rule for rule in block_rules.rules() if rule.surface == "message"]

    answers = {}
    for rule in rules[:: max(1, len(rules) // 100)]:
        with pytest.raises(SlackApiError) as refused:
            await client.chat_postMessage(channel=shop.id, text="words", blocks=rule.refuses)
        answers[rule.name] = refused.value.response

    odd = {name: answer["error"] for name, answer in answers.items() if answer["error"] != "invalid_blocks"}
    assert set(odd.values()) <= {"invalid_attachments", "msg_blocks_too_long", "no_text"}
    assert all("json-pointer:/blocks" in answer["response_metadata"]["messages"][0] for answer in answers.values())
    assert shop.messages() == []


@pytest.mark.parametrize("rule", API_RULES, ids=lambda rule: rule.name)
async def test_the_web_api_refuses(rule: ApiRule, slack: FakeSlack) -> None:
    stage = set_stage(slack)
    rule.arrange(stage)
    before = len(slack.api.called(rule.method))

    with pytest.raises(SlackApiError) as refused:
        await client_of(slack, rule.token(stage)).api_call(rule.method, json=dict(rule.args(stage)))

    assert refused.value.response["error"] == rule.error
    assert rule.page.startswith("https://")
    assert len(slack.api.called(rule.method)) == before
