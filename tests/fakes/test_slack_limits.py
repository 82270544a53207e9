"""Rate limits, outages, files and what people see in the fake Slack, through the real slack_sdk."""

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler

from tests.fakes.slack import manifests
from tests.fakes.slack.application import App
from tests.fakes.slack.bolt_app import client_of
from tests.fakes.slack.server import FakeSlack, fake_slack

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with fake_slack() as opened:
        yield opened


async def test_a_channel_takes_a_short_burst_and_then_a_message_a_second(slack: FakeSlack) -> None:
    slack.clock.stop()
    slack.rates.burst = 3
    alice = slack.user("alice")
    shop, stock = slack.channel("shop", alice), slack.channel("stock", alice)
    client = client_of(slack)

    for number in range(3):
        await client.chat_postMessage(channel=shop.id, text=str(number))
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=shop.id, text="3")
    await client.chat_postMessage(channel=stock.id, text="elsewhere")
    slack.clock.forward(1)
    await client.chat_postMessage(channel=shop.id, text="3")

    assert refused.value.response.status_code == 429
    assert refused.value.response["error"] == "ratelimited"
    assert refused.value.response.headers["Retry-After"] == "1"
    assert [one.words for one in shop.messages()] == ["0", "1", "2", "3"]


async def test_slack_sdk_waits_as_long_as_it_is_told(slack: FakeSlack) -> None:
    slack.rates.burst = 1
    shop = slack.channel("shop", slack.user("alice"))
    client = client_of(slack)
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=2))

    started = time.monotonic()
    await client.chat_postMessage(channel=shop.id, text="0")
    await client.chat_postMessage(channel=shop.id, text="1")

    assert time.monotonic() - started >= 1
    assert len(shop.messages()) == 2


@pytest.mark.parametrize(("method", "calls"), [("users.list", 20), ("team.info", 50), ("users.info", 100)])
async def test_a_method_takes_as_many_calls_a_minute_as_its_tier_says(
    slack: FakeSlack, method: str, calls: int
) -> None:
    slack.clock.stop()
    alice = slack.user("alice")
    client = client_of(slack)

    async def call() -> None:
        await client.api_call(method, params={"user": alice.id} if method == "users.info" else {})

    for _ in range(calls):
        await call()
    with pytest.raises(SlackApiError, match="ratelimited"):
        await call()
    slack.clock.forward(60)
    await call()


async def test_apps_sold_outside_the_marketplace_read_histories_slowly(slack: FakeSlack) -> None:
    slack.clock.stop()
    slack.app.sold_outside_marketplace = True
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    slack.app.events.clear()
    first = await alice.says(shop, "0")
    for number in range(20):
        await alice.says(shop, str(number), thread=first)
    client = client_of(slack)

    answer = await client.conversations_replies(channel=shop.id, ts=first.ts, limit=100)
    with pytest.raises(SlackApiError, match="ratelimited"):
        await client.conversations_replies(channel=shop.id, ts=first.ts)

    assert len(answer["messages"]) == 15
    assert answer["has_more"]


async def test_replies_come_in_pages_with_the_parent_first(slack: FakeSlack) -> None:
    alice, bob = slack.user("alice"), slack.user("bob")
    shop = slack.channel("shop", alice, bob)
    slack.app.events.clear()
    first = await alice.says(shop, "parent")
    for number in range(5):
        await bob.says(shop, str(number), thread=first)
    client = client_of(slack)

    page = await client.conversations_replies(channel=shop.id, ts=first.ts, limit=4)
    rest = await client.conversations_replies(
        channel=shop.id, ts=first.ts, limit=4, cursor=page["response_metadata"]["next_cursor"]
    )
    top = await client.conversations_history(channel=shop.id)

    assert [one["text"] for one in (*page["messages"], *rest["messages"])] == ["parent", "0", "1", "2", "3", "4"]
    assert page["messages"][0]["reply_count"] == 5
    assert [one["text"] for one in top["messages"]] == ["parent"]


async def test_an_outage_answers_nothing_and_ends(slack: FakeSlack) -> None:
    shop = slack.channel("shop", slack.user("alice"))
    client = client_of(slack)

    await slack.outage()
    with pytest.raises(SlackApiError) as down:
        await client.chat_postMessage(channel=shop.id, text="x")
    slack.recover()
    await client.chat_postMessage(channel=shop.id, text="y")

    assert down.value.response.status_code == 503
    assert [one.words for one in shop.messages()] == ["y"]


async def test_a_lost_answer_leaves_the_message_there(slack: FakeSlack) -> None:
    """What an idempotent outbox has to cope with: said, but not known to be said."""
    shop = slack.channel("shop", slack.user("alice"))
    client = client_of(slack)
    client.retry_handlers.clear()

    slack.lose_answers("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=shop.id, text="x")

    assert [one.words for one in shop.messages()] == ["x"]


async def test_a_test_can_have_any_call_refused(slack: FakeSlack) -> None:
    shop = slack.channel("shop", slack.user("alice"))
    client = client_of(slack)

    slack.refuse("chat.postMessage", "internal_error")
    slack.refuse("chat.postMessage", "ratelimited", retry_after=30)
    errors = []
    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            await client.chat_postMessage(channel=shop.id, text="x")
        errors.append((refused.value.response["error"], refused.value.response.headers.get("Retry-After")))
    await client.chat_postMessage(channel=shop.id, text="x")

    assert errors == [("internal_error", None), ("ratelimited", "30")]


async def test_a_picture_is_uploaded_in_three_steps_and_shown_in_a_block(slack: FakeSlack) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    slack.app.events.clear()
    asked = await alice.says(shop, "@hilda how bad?")
    client = client_of(slack)

    uploaded = await client.files_upload_v2(
        filename="p99.png", content=PNG, alt_txt="p99 rises at 05:00", channel=shop.id, thread_ts=asked.ts
    )
    image = {"type": "image", "alt_text": "p99", "slack_file": {"id": uploaded["file"]["id"]}}
    await client.chat_postMessage(channel=shop.id, text="p99", blocks=[image])

    shared, shown = shop.messages()[1:]
    assert shared.thread_ts == asked.ts
    assert (shared.files[0].content, shared.files[0].alt_txt) == (PNG, "p99 rises at 05:00")
    assert shown.blocks[0]["slack_file"]["id"] == shared.files[0].id


async def test_a_file_of_another_length_is_not_taken(slack: FakeSlack) -> None:
    shop = slack.channel("shop", slack.user("alice"))
    client = client_of(slack)

    place = await client.files_getUploadURLExternal(filename="a.txt", length=3)
    async with aiohttp.ClientSession() as session, session.post(place["upload_url"], data=b"four") as answer:
        assert answer.status == 400
    with pytest.raises(SlackApiError, match="file_not_found"):
        await client.files_completeUploadExternal(files=[{"id": place["file_id"], "title": "a"}], channel_id=shop.id)


async def test_a_long_text_is_cut_with_a_warning_and_blocks_leave_with_a_text_only_update(slack: FakeSlack) -> None:
    shop = slack.channel("shop", slack.user("alice"))
    client = client_of(slack)

    cut = await client.chat_postMessage(channel=shop.id, text="x" * 40_001)
    posted = await client.chat_postMessage(channel=shop.id, text="a", blocks=[{"type": "divider"}])
    await client.chat_update(channel=shop.id, ts=posted["ts"], text="b", blocks=[{"type": "divider"}])
    with_blocks = shop.messages()[-1]
    await client.chat_update(channel=shop.id, ts=posted["ts"], text="c")
    without = shop.messages()[-1]

    assert cut["warning"] == "message_truncated"
    assert len(cut["message"]["text"]) == 40_000
    assert (with_blocks.edited, bool(with_blocks.blocks)) == (False, True)
    assert (without.edited, bool(without.blocks)) == (True, False)


async def test_a_private_message_is_seen_by_one_and_cannot_be_updated(slack: FakeSlack) -> None:
    alice, bob = slack.user("alice"), slack.user("bob")
    shop = slack.channel("shop", alice, bob)
    client = client_of(slack)

    answer = await client.chat_postEphemeral(channel=shop.id, user=alice.id, text="Only you see this.")
    with pytest.raises(SlackApiError, match="message_not_found"):
        await client.chat_update(channel=shop.id, ts=answer["message_ts"], text="x")

    assert [one.words for one in shop.messages(alice)] == ["Only you see this."]
    assert shop.messages(bob) == []


async def test_a_private_message_in_a_thread_shows_once_somebody_replied(slack: FakeSlack) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    slack.app.events.clear()
    asked = await alice.says(shop, "@hilda why?")
    client = client_of(slack)

    await client.chat_postEphemeral(channel=shop.id, user=alice.id, thread_ts=asked.ts, text="Only you see this.")
    early = len(shop.thread(asked, alice))
    await client.chat_postMessage(channel=shop.id, thread_ts=asked.ts, text="I look.")

    assert early == 1
    assert [one.words for one in shop.thread(asked, alice)][1:] == ["Only you see this.", "I look."]


async def test_a_file_that_somebody_shares_is_fetched_with_the_token(slack: FakeSlack) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)

    await alice.shares(shop, "checkout.log", b"panic: out of memory", text="@hilda look")
    [*_, delivery] = slack.events.deliveries
    [file] = delivery.event["files"]
    async with aiohttp.ClientSession() as session:
        async with session.get(file["url_private"]) as refused:
            status = refused.status
        headers = {"Authorization": f"Bearer {slack.app.bot_token}"}
        async with session.get(file["url_private"], headers=headers) as answer:
            content = await answer.read()

    assert delivery.event["subtype"] == "file_share"
    assert (status, content) == (404, b"panic: out of memory")


async def test_what_pings_and_what_only_looks_so_is_told_apart(slack: FakeSlack) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    client = client_of(slack)
    loud = f"<!channel> <@{alice.id}> at <!date^1700000000^{{time}}|22:13 UTC>"

    await client.chat_postMessage(channel=shop.id, text=loud)
    await client.chat_postMessage(channel=shop.id, text="&lt;!channel&gt; &amp; <https://example.com|Grafana>")
    await client.chat_postMessage(
        channel=shop.id, text="x", blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "<!here> look"}}]
    )

    one, two, three = shop.messages()
    assert one.pings == {"channel", alice.id}
    assert one.words == "@channel @alice at 22:13 UTC"
    assert not two.pings
    assert two.words == "<!channel> & Grafana"
    assert three.pings == {"here"}


async def test_people_have_a_zone_a_workspace_and_a_standing(slack: FakeSlack) -> None:
    guest = slack.user("guest", guest="single", timezone="Asia/Tokyo", tz_offset=32_400)
    stranger = slack.user("eve", team_id="T0ELSEWHERE")
    slack.channel("shop", guest, stranger, shared=True)
    client = client_of(slack)

    shown = (await client.users_info(user=guest.id))["user"]
    strange = (await client.users_info(user=stranger.id))["user"]

    assert (shown["tz"], shown["is_restricted"], shown["is_ultra_restricted"]) == ("Asia/Tokyo", True, True)
    assert (strange["team_id"], strange["is_stranger"]) == ("T0ELSEWHERE", False)


async def test_a_status_stands_until_the_app_speaks_or_two_minutes_passed(slack: FakeSlack) -> None:
    alice = slack.user("alice")
    slack.app.events.clear()
    direct = slack.direct(alice)
    client = client_of(slack)
    first, second = await alice.says(direct, "one"), await alice.says(direct, "two")

    for asked in (first, second):
        await client.assistant_threads_setStatus(channel_id=direct.id, thread_ts=asked.ts, status="reads 412 pods")
    both = [alice.status_of(first), alice.status_of(second)]
    await client.chat_postMessage(channel=direct.id, thread_ts=first.ts, text="It is the database.")
    answered = [alice.status_of(first), alice.status_of(second)]
    slack.clock.forward(121)

    assert both == ["reads 412 pods"] * 2
    assert answered == ["", "reads 412 pods"]
    assert alice.status_of(second) == ""


async def test_the_scopes_of_a_token_stand_in_every_answer(slack: FakeSlack) -> None:
    slack.app.scopes = {"chat:write", "users:read"}

    answer = await client_of(slack).auth_test()

    assert answer.headers["X-OAuth-Scopes"] == "chat:write,users:read"
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T0HOME", "U0HILDA", "B0HILDA")


async def test_a_grid_names_its_enterprise_everywhere() -> None:
    async with fake_slack(enterprise_id="E0GRID") as slack:
        alice = slack.user("alice")
        shop = slack.channel("shop", alice)
        said = asyncio.create_task(alice.says(shop, "hello", wait=False))
        await said

        assert (await client_of(slack).auth_test())["enterprise_id"] == "E0GRID"
        assert (await client_of(slack).users_info(user=alice.id))["user"]["enterprise_user"][
            "enterprise_id"
        ] == "E0GRID"
        assert slack.events.deliveries[0].envelope["enterprise_id"] == "E0GRID"


def test_an_app_is_what_its_manifest_says() -> None:
    app = App()
    manifest = manifests.example()
    manifest["features"]["app_home"] = {"messages_tab_enabled": False}

    app.configure(manifest)

    assert "chat:write" in app.scopes
    assert (app.events, app.messages_tab) == ({"app_mention"}, False)
    assert app.shortcuts == {"investigate": "message"}
    assert set(app.commands) == {"/hilda"}


def test_every_rule_of_manifests_refuses_its_manifest() -> None:
    rules = list(manifests.rules())

    assert list(manifests.faults_of(manifests.example())) == []
    assert [rule.name for rule in rules if not list(manifests.faults_of(rule.refuses))] == []
    assert len(rules) > 50
    with pytest.raises(manifests.InvalidManifest, match="commands"):
        App().configure({**manifests.example(), "oauth_config": {}})


async def test_an_event_without_its_scope_is_not_sent(slack: FakeSlack) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    slack.app.scopes.discard("channels:history")

    await alice.says(shop, "@hilda hello", wait=False)

    assert [one.event["type"] for one in slack.events.deliveries] == ["app_mention"]


async def test_metadata_is_shown_to_those_who_ask_for_it(slack: FakeSlack) -> None:
    shop = slack.channel("shop", slack.user("alice"))
    client = client_of(slack)
    mark = {"event_type": "post", "event_payload": {"key": "k1"}}

    posted = await client.chat_postMessage(channel=shop.id, text="x", metadata=mark)
    await client.chat_update(channel=shop.id, ts=posted["ts"], text="y")
    silent = await client.conversations_history(channel=shop.id)
    telling = await client.conversations_history(channel=shop.id, include_all_metadata=True)

    assert "metadata" not in silent["messages"][0]
    assert telling["messages"][0]["metadata"] == mark


async def test_charts_are_unknown_blocks_where_the_workspace_has_none(slack: FakeSlack) -> None:
    shop = slack.channel("shop", slack.user("alice"))
    chart = {"type": "pie", "segments": [{"label": "a", "value": 1}]}
    blocks = [{"type": "data_visualization", "title": "p99", "chart": chart}]
    client = client_of(slack)

    await client.chat_postMessage(channel=shop.id, text="p99", blocks=blocks)
    slack.app.data_visualization = False
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        await client.chat_postMessage(channel=shop.id, text="p99", blocks=blocks)
