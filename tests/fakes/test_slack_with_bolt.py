"""People, channels and modals of the fake Slack through the real slack_bolt, over both transports."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.fakes.slack.bolt_app import TRANSPORTS, bolt_app, client_of, running
from tests.fakes.slack.driver import HeldBack, NotThere
from tests.fakes.slack.server import FakeSlack, fake_slack

Body = dict[str, Any]


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with fake_slack() as opened:
        opened.clock.stop()
        yield opened


@pytest.fixture(params=TRANSPORTS)
async def app(slack: FakeSlack, request: pytest.FixtureRequest) -> AsyncIterator[AsyncApp]:
    bolt = bolt_app(slack)
    async with running(slack, bolt, request.param):
        yield bolt


def buttons(*labels: str, **more: Any) -> list[Body]:
    elements = [
        {"type": "button", "action_id": label.lower(), "value": label, "text": {"type": "plain_text", "text": label}}
        for label in labels
    ]
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Restart* it?"}},
        {"type": "actions", "elements": elements},
    ]


def presses_of(app: AsyncApp, action: str) -> list[Body]:
    """What the app is told with each press, acknowledged."""
    bodies: list[Body] = []

    @app.action(action)
    async def pressed(ack: Any, body: Body) -> None:
        await ack()
        bodies.append(body)

    return bodies


def opens_a_modal(app: AsyncApp, **more: Any) -> None:
    """At the shortcut `ask`."""

    @app.shortcut("ask")
    async def ask(ack: Any, body: Body, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal(**more))


def modal(**more: Any) -> Body:
    reason = {
        "type": "input",
        "block_id": "why",
        "label": {"type": "plain_text", "text": "Why"},
        "element": {"type": "plain_text_input", "action_id": "reason", "min_length": 3},
    }
    return {
        "type": "modal",
        "callback_id": "reject",
        "title": {"type": "plain_text", "text": "Reject"},
        "submit": {"type": "plain_text", "text": "Reject"},
        "blocks": [reason],
        **more,
    }


def listening(app: AsyncApp, *kinds: str) -> list[Body]:
    """Events of these kinds, as they come."""
    heard: list[Body] = []

    async def hear(event: Body) -> None:
        heard.append(event)

    for kind in kinds:
        app.event(kind)(hear)
    return heard


async def test_a_mention_is_two_events_and_is_answered_in_its_thread(slack: FakeSlack, app: AsyncApp) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    heard: list[str] = []

    @app.event("app_mention")
    async def mention(event: Body, say: Any) -> None:
        await say(text="I look.", thread_ts=event["ts"])

    @app.event("message")
    async def message(event: Body) -> None:
        heard.append(event["text"])

    asked = await alice.says(shop, "@hilda why is <checkout> slow?")
    answer = await shop.sees("I look.")

    assert answer.thread_ts == asked.ts
    assert "@hilda why is <checkout> slow?" in asked.words
    assert heard[0] == f"<@{slack.app.bot_user}> why is &lt;checkout&gt; slow?"
    mentioned, written, *_ = slack.events.deliveries
    assert mentioned.event["type"] == "app_mention"
    assert written.event["channel_type"] == "channel"
    assert mentioned.event["ts"] == written.event["ts"]
    assert mentioned.envelope["event_id"] != written.envelope["event_id"]


async def test_a_press_reaches_the_app_once_and_a_changed_message_has_no_buttons(
    slack: FakeSlack, app: AsyncApp
) -> None:
    alice, bob = slack.user("alice"), slack.user("bob")
    shop = slack.channel("shop", alice, bob)
    bodies: list[Body] = []

    @app.action("approve")
    async def approve(ack: Any, body: Body, client: Any) -> None:
        await ack()
        bodies.append(body)
        decided = f"Approved by <@{body['user']['id']}>"
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": decided}}]
        await client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text="Approved", blocks=blocks
        )

    await client_of(slack).chat_postMessage(channel=shop.id, text="Restart it?", blocks=buttons("Approve", "Reject"))
    card = await shop.sees("Restart")
    assert card.buttons == ["Approve", "Reject"]
    attempt = await bob.presses(card, "Approve")
    decided = await shop.sees("Approved by @bob")

    assert attempt.acked
    assert decided.ts == card.ts
    assert decided.buttons == []
    assert bodies[0]["actions"][0]["value"] == "Approve"
    assert bodies[0]["container"]["message_ts"] == card.ts
    with pytest.raises(NotThere, match="There is: nothing"):
        await bob.presses(card, "Approve")
    assert (await bob.presses(card, "Approve", stale=True)).acked
    assert bodies[1]["message"]["blocks"] != card.blocks


async def test_ticks_are_kept_for_each_person_and_come_with_every_press(slack: FakeSlack, app: AsyncApp) -> None:
    alice, bob = slack.user("alice"), slack.user("bob")
    shop = slack.channel("shop", alice, bob)
    seen = presses_of(app, "steps")
    options = [{"text": {"type": "mrkdwn", "text": label}, "value": label} for label in ("drain", "restart")]
    boxes = [
        {
            "type": "actions",
            "block_id": "list",
            "elements": [{"type": "checkboxes", "action_id": "steps", "options": options}],
        }
    ]
    await client_of(slack).chat_postMessage(channel=shop.id, text="Steps", blocks=boxes)
    card = await shop.sees("drain")
    await alice.ticks(card, "drain")
    await bob.ticks(card, "drain", "restart")
    await alice.ticks(card, action_id="steps")

    chosen = [[one["value"] for one in body["actions"][0]["selected_options"]] for body in seen]
    assert chosen == [["drain"], ["drain", "restart"], []]
    assert [one["value"] for one in seen[1]["state"]["values"]["list"]["steps"]["selected_options"]] == [
        "drain",
        "restart",
    ]


async def test_a_press_tells_what_is_ticked_beside_it_also_in_an_attachment(slack: FakeSlack, app: AsyncApp) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    bodies = presses_of(app, "approve")
    options = [{"text": {"type": "plain_text", "text": label}, "value": label} for label in ("drain", "restart")]
    boxes = {"type": "checkboxes", "action_id": "steps", "options": options, "initial_options": options[:1]}
    blocks = [{"type": "actions", "block_id": "list", "elements": [boxes]}, *buttons("Approve")]
    coloured = [{"color": "#a30200", "blocks": blocks}]
    await client_of(slack).chat_postMessage(channel=shop.id, text="Steps", attachments=coloured)
    card = await shop.sees("drain")
    await alice.presses(card, "Approve")

    assert [one["value"] for one in bodies[0]["state"]["values"]["list"]["steps"]["selected_options"]] == ["drain"]


async def test_a_modal_is_opened_held_back_refused_and_taken(slack: FakeSlack, app: AsyncApp) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    reasons: list[str] = []

    @app.action("reject")
    async def reject(ack: Any, body: Body, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.view("reject")
    async def rejected(ack: Any, view: Body) -> None:
        reason = view["state"]["values"]["why"]["reason"]["value"]
        if reason == "because":
            await ack(response_action="errors", errors={"why": "Say more."})
            return
        reasons.append(reason)
        await ack()

    await client_of(slack).chat_postMessage(channel=shop.id, text="Restart it?", blocks=buttons("Reject"))
    await alice.presses(await shop.sees("Restart"), "Reject")
    opened = await alice.sees_modal("Why")
    with pytest.raises(HeldBack, match="required"):
        await alice.submits()
    with pytest.raises(HeldBack, match="between 3 and"):
        await alice.submits({"Why": "no"})
    await alice.submits({"Why": "because"})
    assert alice.warned == {"why": "Say more."}
    assert alice.modal is not None
    await alice.submits({"why": "the freeze"})

    assert opened.submit == "Reject"
    assert reasons == ["the freeze"]
    assert alice.modal is None
    assert alice.errors == []


@pytest.mark.parametrize("action", ["update", "push"])
async def test_a_submission_can_be_answered_with_another_view(slack: FakeSlack, app: AsyncApp, action: str) -> None:
    alice = slack.user("alice")
    opens_a_modal(app)

    @app.view("reject")
    async def taken(ack: Any) -> None:
        await ack(response_action=action, view=modal(title={"type": "plain_text", "text": "Working"}))

    await alice.shortcut("ask")
    first = await alice.sees_modal("Why")
    await alice.submits({"Why": "because"})

    assert alice.modal is not None
    assert alice.modal.title == "Working"
    assert (alice.modal.id == first.id) is (action == "update")
    assert len(alice.user.modals) == (1 if action == "update" else 2)


async def test_a_submission_answered_with_nonsense_shows_trouble(slack: FakeSlack, app: AsyncApp) -> None:
    alice = slack.user("alice")
    opens_a_modal(app)

    @app.view("reject")
    async def taken(ack: Any) -> None:
        await ack(response_action="errors", errors={"no such block": "x"})

    await alice.shortcut("ask")
    await alice.sees_modal()
    await alice.submits({"Why": "because"})

    assert "trouble connecting" in alice.errors[0]
    assert alice.modal is not None


async def test_a_command_is_answered_for_the_one_who_ran_it(slack: FakeSlack, app: AsyncApp) -> None:
    alice, bob = slack.user("alice"), slack.user("bob")
    shop = slack.channel("shop", alice, bob)
    commands: list[Body] = []

    @app.command("/hilda")
    async def hilda(ack: Any, command: Body, respond: Any) -> None:
        commands.append(command)
        await ack("On it.")
        await respond(text="For all", response_type="in_channel")

    await alice.runs("/hilda ask @bob about #shop", shop)
    await shop.sees("For all")

    assert [one.words for one in shop.messages(bob)] == ["For all"]
    assert {one.words for one in shop.messages(alice)} == {"On it.", "For all"}
    assert commands[0]["text"] == f"ask <@{bob.id}> about <#{shop.id}|shop>"
    alice.reloads()
    assert [one.words for one in shop.messages(alice)] == ["For all"]
    with pytest.raises(HeldBack, match="not a valid command"):
        await alice.runs("/hidla help", shop)


async def test_a_command_that_is_not_acknowledged_ends_in_an_error(slack: FakeSlack, app: AsyncApp) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    started = asyncio.Event()

    @app.command("/hilda")
    async def hilda(ack: Any) -> None:
        started.set()
        await asyncio.sleep(0.3)

    running_it = asyncio.create_task(alice.runs("/hilda help", shop))
    await started.wait()
    slack.clock.forward(3.1)
    attempt = await running_it

    assert not attempt.acked
    assert "operation_timeout" in alice.errors[0]


async def test_an_event_that_is_not_acknowledged_comes_again_at_once_then_after_one_and_five_minutes(
    slack: FakeSlack, app: AsyncApp
) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    tries: list[tuple[str, str]] = []

    @app.middleware
    async def broken(req: Any) -> BoltResponse:
        tries.append(tuple(req.headers.get(f"x-slack-retry-{key}", [""])[0] for key in ("num", "reason")))
        return BoltResponse(status=500, body="no store")

    said = asyncio.create_task(alice.says(shop, "hello"))
    for count, pause in ((1, 0), (2, 0), (3, 60), (4, 300)):
        slack.clock.forward(pause)
        while len(tries) < count:
            await asyncio.sleep(0.01)
        if slack.app.socket_mode:
            slack.clock.forward(3)  # nobody says no there: the three seconds have to pass
        [delivery] = slack.events.deliveries
        while len(delivery.attempts) < count:
            await asyncio.sleep(0.01)
    await said

    reason = "timeout" if slack.app.socket_mode else "http_error"
    assert [number or "0" for number, _ in tries] == ["0", "1", "2", "3"]
    assert [why for _, why in tries[1:]] == [reason] * 3
    assert delivery.done.is_set()
    assert not delivery.acked


async def test_a_trigger_opens_one_view_within_three_seconds(slack: FakeSlack, app: AsyncApp) -> None:
    alice = slack.user("alice")
    errors: list[str] = []

    @app.shortcut("ask")
    async def ask(ack: Any, body: Body, client: Any) -> None:
        await ack()
        for _ in range(2):
            try:
                await client.views_open(trigger_id=body["trigger_id"], view=modal())
            except SlackApiError as refused:
                errors.append(refused.response["error"])

    await alice.shortcut("ask")
    await alice.sees_modal()
    while not errors:
        await asyncio.sleep(0.01)

    assert errors == ["exchanged_trigger_id"]


async def test_a_response_url_works_five_times_within_thirty_minutes(slack: FakeSlack, app: AsyncApp) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    urls: list[str] = []

    @app.command("/hilda")
    async def hilda(ack: Any, command: Body) -> None:
        await ack()
        urls.append(command["response_url"])

    await alice.runs("/hilda help", shop)
    await alice.runs("/hilda help", shop)
    statuses = [(await AsyncWebhookClient(urls[0]).send(text=str(one))).status_code for one in range(6)]
    slack.clock.forward(30 * 60 + 1)
    late = await AsyncWebhookClient(urls[1]).send(text="late")

    assert statuses == [200] * 5 + [404]
    assert late.status_code == 404
    assert "expired_url" in late.body
    assert len(shop.messages(alice)) == 5


async def test_a_response_url_replaces_and_deletes_and_refuses_what_messages_refuse(
    slack: FakeSlack, app: AsyncApp
) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)

    @app.action("approve")
    async def approve(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="Too late: decided.", replace_original=False)
        await respond(text="Approved", replace_original=True)

    @app.action("reject")
    async def reject(ack: Any, respond: Any) -> None:
        await ack()
        await respond(delete_original=True)

    client = client_of(slack)
    await client.chat_postMessage(channel=shop.id, text="one", blocks=buttons("Approve"))
    await client.chat_postMessage(channel=shop.id, text="two", blocks=buttons("Reject"))
    one, two = shop.messages()
    await alice.presses(one, "Approve")
    await alice.presses(two, "Reject")
    await shop.sees(lambda seen: seen.text == "Approved")
    while len(shop.messages()) > 1:
        await asyncio.sleep(0.01)
    url = slack.response_urls.issue(alice.id, shop.channel)
    refused = await AsyncWebhookClient(url).send(text="x", blocks=[{"type": "hologram"}])

    assert {(seen.words, seen.only_for) for seen in shop.messages(alice)} == {
        ("Approved", ""),
        ("Too late: decided.", alice.id),
    }
    assert shop.messages()[0].ts == one.ts
    assert (refused.status_code, refused.body) == (400, "invalid_blocks")


async def test_closing_a_modal_is_told_to_those_who_asked(slack: FakeSlack, app: AsyncApp) -> None:
    alice = slack.user("alice")
    closed: list[Body] = []
    opens_a_modal(app, notify_on_close=True)

    @app.view_closed("reject")
    async def left(ack: Any, view: Body) -> None:
        await ack()
        closed.append(view)

    await alice.shortcut("ask")
    opened = await alice.sees_modal()
    await alice.closes()

    assert [view["id"] for view in closed] == [opened.id]
    assert alice.modal is None


async def test_feedback_is_pressed_by_its_word(slack: FakeSlack, app: AsyncApp) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    bodies = presses_of(app, "feedback")

    def side(word: str) -> Body:
        return {"text": {"type": "plain_text", "text": word}, "value": word.lower()}

    element: Body = {"type": "feedback_buttons", "action_id": "feedback"}
    element |= {"positive_button": side("Good"), "negative_button": side("Bad")}
    blocks = [{"type": "context_actions", "elements": [element]}]
    await client_of(slack).chat_postMessage(channel=shop.id, text="It is the database.", blocks=blocks)
    await alice.presses(shop.messages()[0], "Bad")

    assert [body["actions"][0]["value"] for body in bodies] == ["bad"]


async def test_a_private_message_has_buttons_for_its_one_reader(slack: FakeSlack, app: AsyncApp) -> None:
    alice, bob = slack.user("alice"), slack.user("bob")
    shop = slack.channel("shop", alice, bob)
    bodies = presses_of(app, "approve")
    await client_of(slack).chat_postEphemeral(channel=shop.id, user=alice.id, text="x", blocks=buttons("Approve"))
    [card] = shop.messages(alice)
    await alice.presses(card, "Approve")
    with pytest.raises(NotThere, match="bob does not see"):
        await bob.presses(card, "Approve")

    assert bodies[0]["container"]["is_ephemeral"]
    assert "message" not in bodies[0]


async def test_a_person_may_say_no_where_a_button_asks_first(slack: FakeSlack, app: AsyncApp) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)

    def said(words: str) -> Body:
        return {"type": "plain_text", "text": words}

    asking = {"title": said("Sure?"), "text": said("It stops."), "confirm": said("Stop"), "deny": said("Keep")}
    blocks = buttons("Stop")
    blocks[1]["elements"][0]["confirm"] = asking
    await client_of(slack).chat_postMessage(channel=shop.id, text="x", blocks=blocks)
    attempt = await alice.presses(shop.messages()[0], "Stop", confirm=False)

    assert not attempt.acked
    assert "interactive" not in [kind for kind, _ in slack.attempts]


async def test_an_older_assistant_thread_and_the_messages_tab_are_told(slack: FakeSlack, app: AsyncApp) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    heard = listening(app, "app_home_opened", "assistant_thread_started", "app_context_changed", "message")

    await alice.opens_home("messages")
    thread = await alice.opens_assistant(beside=shop)
    await alice.looks_at(shop)
    await alice.says(slack.direct(alice), "What is wrong here?")

    tab, started, looked, message = heard
    assert (tab["tab"], tab["channel"]) == ("messages", slack.direct(alice).id)
    assert started["assistant_thread"]["thread_ts"] == thread.ts
    assert started["assistant_thread"]["context"]["channel_id"] == shop.id
    assert looked["context"]["entities"][0]["value"] == shop.id
    assert message["app_context"] == looked["context"]


async def test_an_uninstalled_app_hears_of_it_and_can_do_nothing_more(slack: FakeSlack, app: AsyncApp) -> None:
    shop = slack.channel("shop", slack.user("alice"))
    heard = listening(app, "app_uninstalled", "tokens_revoked")

    await slack.uninstall()

    assert [one["type"] for one in heard] == ["app_uninstalled", "tokens_revoked"]
    with pytest.raises(SlackApiError, match="account_inactive"):
        await client_of(slack).chat_postMessage(channel=shop.id, text="x")


async def test_home_is_published_and_a_stale_hash_is_refused(slack: FakeSlack, app: AsyncApp) -> None:
    alice = slack.user("alice")

    @app.event("app_home_opened")
    async def home(event: Body, client: Any) -> None:
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "Nothing waits for you."}}]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    await alice.opens_home()
    first = await alice.sees_home("Nothing waits")
    await alice.opens_home()
    while alice.home and alice.home.hash == first.hash:
        await asyncio.sleep(0.01)

    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client_of(slack).views_publish(user_id=alice.id, hash=first.hash, view={"type": "home", "blocks": []})


async def test_typing_in_an_external_menu_asks_the_app(slack: FakeSlack, app: AsyncApp) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)

    @app.options("service")
    async def services(ack: Any, payload: Body) -> None:
        text = {"type": "plain_text", "text": payload["value"] + "out"}
        await ack(options=[{"text": text, "value": "1"}])

    menu = {"type": "external_select", "action_id": "service", "min_query_length": 2}
    await client_of(slack).chat_postMessage(
        channel=shop.id, text="Which?", blocks=[{"type": "actions", "elements": [menu]}]
    )
    [card] = shop.messages()

    assert await alice.asks_options(card, "service", "c") == []
    assert [one["text"]["text"] for one in await alice.asks_options(card, "service", "check")] == ["checkout"]


async def test_edits_deletions_strangers_and_bots_are_told_as_slack_tells_them(slack: FakeSlack, app: AsyncApp) -> None:
    alice, eve = slack.user("alice"), slack.user("eve", team_id="T0ELSEWHERE")
    shop = slack.channel("shop", alice, eve, shared=True)
    heard: list[Body] = []

    @app.event("message")
    async def message(body: Body) -> None:
        heard.append(body)

    said = await alice.says(shop, "It is slow")
    await alice.edits(said, "It is very slow")
    await alice.deletes(said)
    await eve.says(shop, "Hello")
    await slack.alerts(shop, "p99 is high", attachments=[{"color": "#f00", "text": "checkout"}])

    first, edited, deleted, strange, alert = heard
    assert first["is_ext_shared_channel"]
    assert edited["event"]["subtype"] == "message_changed"
    assert edited["event"]["message"]["text"] == "It is very slow"
    assert edited["event"]["previous_message"]["text"] == "It is slow"
    assert deleted["event"]["deleted_ts"] == said.ts
    assert (strange["team_id"], strange["event"]["user_team"]) == ("T0HOME", "T0ELSEWHERE")
    assert alert["event"]["subtype"] == "bot_message"
    assert "user" not in alert["event"]


async def test_the_app_hears_its_own_messages_unless_it_looks_away(slack: FakeSlack, app: AsyncApp) -> None:
    """Slack tells a subscriber of the app's own posts too; slack_bolt drops them. A bot loop is possible here."""
    shop = slack.channel("shop", slack.user("alice"))

    await client_of(slack).chat_postMessage(channel=shop.id, text="I am here.")
    await slack.events.settled()

    [delivery] = slack.events.deliveries
    assert delivery.event["bot_id"] == slack.app.bot_id
    assert delivery.acked


async def test_nothing_is_told_of_channels_that_the_app_is_not_in(slack: FakeSlack, app: AsyncApp) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    elsewhere = slack.channel("elsewhere", alice, bot=False)
    heard = listening(app, "channel_left")

    await alice.says(elsewhere, "@hilda are you there?")
    await shop.kicks_the_bot()
    await alice.says(shop, "@hilda are you there?")

    assert [one["type"] for one in heard] == ["channel_left"]
    assert len(slack.events.deliveries) == 1


async def test_an_answer_streams_and_cannot_be_changed_meanwhile(slack: FakeSlack, app: AsyncApp) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    listening(app, "app_mention", "message")
    asked = await alice.says(shop, "@hilda why?")
    client = client_of(slack)

    stream = await client.chat_stream(
        channel=shop.id,
        thread_ts=asked.ts,
        recipient_user_id=alice.id,
        recipient_team_id=alice.user.team_id,
        buffer_size=1,
    )
    await stream.append(markdown_text="**412 pods** ")
    reading = await shop.sees("412 pods")
    task = {"type": "task_update", "id": "1", "title": "Asking Prometheus", "status": "in_progress"}
    await stream.append(markdown_text="read", chunks=[task])
    with pytest.raises(SlackApiError, match="streaming_state_conflict"):
        await client.chat_update(channel=shop.id, ts=reading.ts, text="x")
    await stream.stop(blocks=buttons("Approve"))

    done = shop.again(reading)
    assert reading.streaming
    assert not done.streaming
    assert "**412 pods** read" in done.words
    assert "Asking Prometheus" in done.words
    assert done.buttons == ["Approve"]
