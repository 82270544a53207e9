"""Setting Slack up: the manifest is within Slack's limits and asks for what is used; the check finds each gap."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.doors.checked import Checked
from bot.doors.slack.check import Check, differences
from bot.doors.slack.manifest import SCOPES, manifest
from bot.settings import Settings, load_settings
from domain.plain_json import Json
from tests.bot.doors.slack.made_up import office_at
from tests.fakes.slack.server import FakeSlack, fake_slack
from tests.fakes.slack.web_api import METHODS

URL = "https://hilda.example.org/slack/events"
SECRET = "0123456789abcdef" * 2


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with fake_slack() as opened:
        opened.app.configure(manifest())
        yield opened


def settings(slack: FakeSlack, folder: Path, **given: Any) -> Settings:
    tokens = {"slack_bot_token": slack.app.bot_token, "slack_app_token": slack.app.app_token}
    return load_settings(state_dir=folder, **{"slack_api_url": slack.api_url, **tokens, **given})


async def checked(settings: Settings, **more: str) -> dict[str, Checked]:
    return {one.what: one for one in await Check(settings, **more).run()}


# The manifest


@pytest.mark.parametrize("url", ["", URL])
def test_the_manifest_is_within_slacks_limits(url: str) -> None:
    """https://docs.slack.dev/reference/app-manifest: each length and count as it stands there."""
    made = manifest(request_url=url)
    about, features = made["display_information"], made["features"]

    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert 174 <= len(about["long_description"]) <= 4000
    assert len(features["agent_view"]["agent_description"]) <= 300
    assert len(features["agent_view"]["suggested_prompts"]) <= 4
    assert len(features["bot_user"]["display_name"]) <= 80
    assert all(len(one["name"]) <= 24 and len(one["description"]) <= 150 for one in features["shortcuts"])
    assert all(len(one["command"]) <= 32 and len(one["usage_hint"]) <= 1000 for one in features["slash_commands"])


def test_http_names_the_url_wherever_slack_sends_something() -> None:
    made = manifest(request_url=URL)

    assert made["settings"]["event_subscriptions"]["request_url"] == URL
    assert made["settings"]["interactivity"]["request_url"] == URL
    assert made["features"]["slash_commands"][0]["url"] == URL
    assert not made["settings"]["socket_mode_enabled"]
    assert URL not in str(manifest())
    assert manifest()["settings"]["socket_mode_enabled"]


def test_every_method_that_the_door_calls_has_its_scope_in_the_manifest() -> None:
    """Whoever adds a call to Slack is told here which scope it needs."""
    folder = Path(manifest.__code__.co_filename).parent
    written = "\n".join(file.read_text() for file in folder.glob("*.py") if file.name != "check.py")
    called = set(re.findall(r'"((?:chat|conversations|users|files|views|assistant|reactions|bots)\.[\w.]+)"', written))

    assert {"chat.postMessage", "users.info", "views.open"} <= called
    without = {name for name in called if METHODS[name].scopes and not set(METHODS[name].scopes) & set(SCOPES)}
    assert without == set()


# The check


async def test_what_is_set_up_right_is_fine(slack: FakeSlack, tmp_path: Path) -> None:
    found = await checked(settings(slack, tmp_path))

    assert {name for name, one in found.items() if one.state == "fine"} == {"bot token", "scopes", "app token"}
    assert not [one for one in found.values() if one.state == "broken"]


async def test_a_missing_scope_is_named_with_what_it_is_for(slack: FakeSlack, tmp_path: Path) -> None:
    slack.app.scopes.discard("files:write")

    scopes = (await checked(settings(slack, tmp_path)))["scopes"]

    assert scopes.state == "broken"
    assert scopes.found == "missing: files:write"
    assert "charts" in scopes.fix


@pytest.mark.parametrize(
    ("given", "what", "words"),
    [
        ({"slack_bot_token": ""}, "bot token", "not set"),
        ({"slack_bot_token": "xapp-1-A1-2-3"}, "bot token", "xoxb-"),
        ({"slack_bot_token": "xoxb-other"}, "bot token", "not the token of this app"),
        ({"slack_app_token": "xoxb-1"}, "app token", "xapp-"),
        ({"slack_app_token": "xapp-1-A0OTHER-2-3"}, "app token", "is of the app A0OTHER"),
        ({"slack_app_token": "xapp-wrong"}, "app token", "not the token of this app"),
        ({"slack_app_token": ""}, "way in", "neither"),
        ({"slack_signing_secret": "shorter"}, "signing secret", "does not look like one"),
    ],
)
async def test_each_gap_is_found_and_says_what_to_do(
    slack: FakeSlack, tmp_path: Path, given: dict[str, str], what: str, words: str
) -> None:
    found = (await checked(settings(slack, tmp_path, **given)))[what]

    assert found.state == "broken"
    assert words in found.found
    assert found.fix


async def test_a_revoked_token_and_an_unreachable_slack_are_told_apart(slack: FakeSlack, tmp_path: Path) -> None:
    slack.app.state = "revoked"
    revoked = (await checked(settings(slack, tmp_path)))["bot token"]
    away = (await checked(settings(slack, tmp_path, slack_api_url="http://127.0.0.1:9/api/")))["bot token"]

    assert "install the app again" in revoked.fix.lower()
    assert "reaches slack.com" in away.fix


async def test_the_signing_secret_is_tried_against_what_answers(tmp_path: Path) -> None:
    async with fake_slack() as slack:
        slack.app.signing_secret = SECRET
        async with office_at(slack, tmp_path, "http"):
            url = slack.app.request_url
            right = settings(slack, tmp_path, slack_app_token="", slack_signing_secret=SECRET)
            wrong = settings(slack, tmp_path, slack_app_token="", slack_signing_secret="f" * 32)

            assert (await checked(right, url=url))["request URL"].state == "fine"
            assert (await checked(wrong, url=url))["request URL"].state == "broken"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"settings": {"interactivity": {"is_enabled": False}}}, "no button works"),
        ({"settings": {"event_subscriptions": {"bot_events": ["app_mention"]}}}, "no event message.im"),
        ({"features": {"slash_commands": []}}, "no command /hilda"),
        ({"features": {"shortcuts": []}}, "no shortcut hilda_investigate"),
        ({"settings": {"socket_mode_enabled": False}}, "Socket Mode is off"),
        ({"features": {"app_home": {"messages_tab_enabled": False}}}, "write to it directly"),
    ],
)
def test_an_app_that_is_set_otherwise_is_told_what_it_lacks(wrong: Json, words: str) -> None:
    app = manifest()
    for part, changes in wrong.items():
        app[part] |= changes

    assert words in "; ".join(differences(app, by_http=False))
    assert differences(manifest(), by_http=False) == []
    assert differences(manifest(request_url=URL), by_http=True) == []
