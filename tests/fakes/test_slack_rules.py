"""Every rule of the fake Slack names its source and refuses something, through the real slack_sdk."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import Block
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import payloads
from tests.fakes.slack.rules import API_RULES, ApiRule, set_stage
from tests.fakes.slack.server import FakeSlack, fake_slack

EXPECTED = {"message": "invalid_blocks", "modal": "invalid_arguments", "home": "invalid_arguments"}


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with fake_slack() as running:
        yield running


def client_of(slack: FakeSlack, token: str | None = None) -> AsyncWebClient:
    return AsyncWebClient(token=slack.app.bot_token if token is None else token, base_url=slack.api_url)


def test_every_rule_of_block_kit_names_its_source_and_refuses_its_payload() -> None:
    rules = list(payloads.rules())

    kept = [rule.name for rule in rules if payloads.refusal(rule.surface, rule.refuses) is None]
    without_source = [rule.name for rule in rules if not rule.source.startswith("https://")]

    assert len(rules) > 1000
    assert kept == []
    assert without_source == []


def test_a_good_example_of_everything_passes_here_and_in_the_models_of_slack_sdk() -> None:
    for name, surface, payload in payloads.accepted():
        assert payloads.refusal(surface, payload) is None, name
        for block in payload if surface == "message" else payload["blocks"]:
            parsed = Block.parse(block)
            if parsed is not None:
                parsed.validate_json()


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
    rules = [rule for rule in payloads.rules() if rule.surface == "message"]

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
