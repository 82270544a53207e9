"""How cards become Slack messages: what may be pressed when, what nobody can smuggle in, and what is never cut."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.doors.slack.render import rich
from bot.doors.slack.render.card import draw
from bot.doors.slack.render.codes import LONGEST_INLINE
from bot.doors.slack.render.lengths import cut_at_lines
from bot.doors.slack.render.modals import About, about, is_last_page, pages, reading_view
from bot.doors.slack.render.moments import in_each_zone
from bot.doors.slack.render.plain import plain
from bot.doors.slack.render.post import Post, View, with_uploads
from bot.doors.slack.render.spoken import escaped, shortened, text_of
from bot.doors.slack.render.values import Pressed, parse, pressed, submitted, value
from domain.cards import (
    Card,
    Chart,
    Checklist,
    ChecklistItem,
    Choice,
    Choices,
    ClusterLabel,
    Code,
    Facts,
    Form,
    FormField,
    Series,
    Table,
    Text,
    card,
)
from domain.plain_json import Json

NOW = datetime(2026, 3, 12, 14, 10, tzinfo=UTC)
APPROVE = Choice("Approve", "approve", "p-77", "3f9ac2d1", "primary")
REJECT = Choice("Reject", "reject", "p-77", "3f9ac2d1", "danger")
LONG = "".join(f"kubectl -n shop rollout restart deployment/worker-{n}\n" for n in range(200))
PINGS = "<!channel> <!here|here> <@U0AAAAAAA> <#C0AAAAAAA> <https://evil.example|good> @channel @here & <b>"


def blocks_of(shown: Card, **view: Any) -> list[Json]:
    return [block for post in draw(shown, View(**view)) for block in post.blocks]


def buttons(blocks: list[Json]) -> list[Json]:
    return [element for block in blocks if block["type"] == "actions" for element in block["elements"]]


def proposal(script: str, *, production: bool = False) -> Card:
    where = ClusterLabel("eu-1", "payments", production=production)
    return card("Roll back?", Code(script, "sh", "Run"), Choices((APPROVE, REJECT)), cluster=where)


def test_a_short_script_stands_whole_above_its_approve_button() -> None:
    post = draw(proposal("kubectl get pods"), View())[0]

    assert "kubectl get pods" in text_of(post.blocks)
    assert [button["action_id"].split(":")[1] for button in buttons(list(post.blocks))] == ["approve", "reject"]


def test_a_long_script_cannot_be_approved_from_the_message() -> None:
    """It is in a file in full, and the button leads to reading it, with the same proposal and digest."""
    post = draw(proposal(LONG), View())[0]

    read, reject = buttons(list(post.blocks))
    assert pressed(read, {}) == (Pressed("read", "p-77", "3f9ac2d1"),)
    assert pressed(reject, {}) == (Pressed("reject", "p-77", "3f9ac2d1"),)
    assert [file.content().decode() for file in post.files] == [LONG]


def test_only_the_last_page_of_a_long_script_can_be_approved() -> None:
    shown = proposal(LONG)
    count = len(pages(shown))
    views = [reading_view(shown, About("approve", "p-77", "3f9ac2d1", page=n)) for n in range(count)]

    assert count > 1
    assert [view["submit"]["text"] for view in views] == ["Read on"] * (count - 1) + ["Approve"]
    assert [is_last_page(shown, found) for v in views if (found := about(v["private_metadata"]))] == [False] * (
        count - 1
    ) + [True]


def test_the_pages_of_a_long_script_have_each_of_its_lines_once_and_in_order() -> None:
    said = "\n".join(text_of(page) for page in pages(proposal(LONG)))

    lines = [line for line in said.split("\n") if line.startswith("kubectl")]
    assert lines == LONG.splitlines()


@given(st.text("ab\n", max_size=300), st.integers(1, 40))
def test_cutting_between_lines_loses_nothing(text: str, longest: int) -> None:
    pieces = cut_at_lines(text, longest)

    assert all(len(piece) <= longest for piece in pieces)
    assert "".join(pieces).replace("\n", "") == text.replace("\n", "")
    if all(len(line) <= longest for line in text.split("\n")):
        assert "\n".join(pieces) == text


@given(st.text("abc $'\"|&;\\{}()<>#\t\n漢", max_size=LONGEST_INLINE))
def test_code_arrives_character_by_character(text: str) -> None:
    """What people copy is what was meant, but for the line break at its end."""
    blocks = blocks_of(card("t", Code(text, "sh", "Script")))

    exact = [e for block in blocks if block["type"] == "rich_text" for e in block["elements"]]
    code = [e["elements"][0]["text"] for e in exact if e["type"] == "rich_text_preformatted"]
    assert code == ([text.removesuffix("\n") or " "] if text else [])


@pytest.mark.parametrize(
    "shown",
    [
        card(PINGS, Text(PINGS), Facts(((PINGS, PINGS), ("Approved by", PINGS)))),
        card("t", Code(PINGS), Table((PINGS,), ((PINGS,),)), Form("ask", "s", (FormField("f", PINGS, PINGS),))),
        card("t", Choices((Choice(PINGS, "ask", PINGS),)), cluster=ClusterLabel(PINGS, PINGS, True)),
    ],
)
def test_nothing_that_somebody_wrote_mentions_anybody(shown: Card) -> None:
    """Neither in blocks, where only our own elements mention, nor in the text beside them or in place of them."""
    posts = draw(shown, View())
    kinds = {inner["type"] for post in posts for inner in inside(post.blocks)}
    texts = [*(post.text for post in posts), *plain(shown)]

    assert not kinds & {"user", "broadcast", "usergroup", "channel", "mrkdwn"}
    assert all("<" not in text for text in texts)


def inside(found: Any) -> list[Json]:
    if isinstance(found, dict):
        mine = [found] if "type" in found else []
        return mine + [inner for value in found.values() for inner in inside(value)]
    return [inner for value in found for inner in inside(value)] if isinstance(found, list | tuple) else []


def test_who_decided_is_shown_by_name() -> None:
    blocks = blocks_of(card("Approved", Facts((("Approved by", "U0LEAD123 at 14:03: go"),))))

    assert {"type": "user", "user_id": "U0LEAD123"} in inside(blocks)


def test_production_is_loud_and_asks_before_it_runs() -> None:
    loud = draw(proposal("kubectl get pods", production=True), View())[0]
    calm = draw(proposal("kubectl get pods"), View())[0]

    assert "PRODUCTION" in loud.text
    assert "PRODUCTION" not in calm.text
    assert "eu-1 (PRODUCTION)" in buttons(list(loud.blocks))[0]["confirm"]["text"]["text"]
    assert "confirm" not in buttons(list(calm.blocks))[0]


def test_every_message_of_a_long_card_says_where_it_is_about() -> None:
    rows = tuple((f"fact {n}", "value " * 100) for n in range(60))
    posts = draw(card("Long", Facts(rows), cluster=ClusterLabel("eu-1", "payments", True)), View())

    assert len(posts) > 1
    assert all("PRODUCTION" in text_of(post.blocks) and "eu-1" in text_of(post.blocks) for post in posts)


TASKS = Checklist((ChecklistItem("undo", "Roll back", "it worked before"), ChecklistItem("tell", "Tell", done=True)))
TICKS = Choices((Choice("Tick: Roll back", "tick", "i-41/undo"), Choice("Commands", "next_level", "3")))


def test_a_tick_is_one_press_and_taking_it_away_is_none() -> None:
    post = draw(card("How to mend it", TASKS, TICKS), View())[0]
    boxes = buttons(list(post.blocks))[0]
    message = {"blocks": list(post.blocks)}

    both = {**boxes, "selected_options": boxes["options"]}
    none = {**boxes, "selected_options": []}

    assert [option["value"] for option in boxes["initial_options"]] == ["tell"]
    assert pressed(both, message) == (Pressed("tick", "i-41/undo"),)
    assert pressed(none, message) == ()


def test_a_box_needs_no_button_beside_it() -> None:
    labels = [b["text"]["text"] for b in buttons(blocks_of(card("t", TASKS, TICKS))) if b["type"] == "button"]

    assert labels == ["Commands"]


@pytest.mark.parametrize("text", ["", "approve", "0|approve||p-77", "1|launch||p-77", "1|approve|p-77", '{"a":1}'])
def test_a_button_of_another_release_means_nothing(text: str) -> None:
    assert parse(text) is None
    assert pressed({"type": "button", "action_id": "hilda:approve:0", "value": text}, {}) == ()


def test_the_buttons_of_others_mean_nothing() -> None:
    assert pressed({"type": "button", "action_id": "theirs", "value": value("approve", "p-77")}, {}) == ()


@given(st.text(max_size=50), st.text(max_size=20))
def test_what_a_button_carries_comes_back(subject: str, prefix: str) -> None:
    assert parse(value("approve", subject, prefix)) == Pressed("approve", subject, prefix.replace("|", ""))


def test_a_form_in_a_message_brings_its_fields_back() -> None:
    form = Form("edit", "p-77", (FormField("commands", "Lines", "a\nb", True), FormField("why:x", "Why")))
    blocks = blocks_of(card("Edit", form))
    inputs = [block for block in blocks if block["type"] == "input"]
    state = {i["block_id"]: {"value": {"type": "plain_text_input", "value": f"new {n}"}} for n, i in enumerate(inputs)}

    assert submitted(state) == {"commands": "new 0", "why:x": "new 1"}
    assert pressed(buttons(blocks)[0], {}) == (Pressed("submit", "edit/p-77"),)


@pytest.mark.parametrize("text", ["", "null", "[]", '{"action":1,"x":2}', "{"])
def test_metadata_that_we_did_not_write_is_nothing(text: str) -> None:
    assert about(text) is None


def test_metadata_comes_back() -> None:
    found = About("approve", "p-77", "3f", "slack:T1:C1:1.2", 3)

    assert about(found.written()) == found


COURSE = tuple((NOW + timedelta(minutes=n), float(n)) for n in range(60))


def test_a_chart_is_a_picture_that_words_go_with() -> None:
    post = draw(card("t", Chart("p95", "s", (Series("api", COURSE),), NOW)), View())[0]

    assert "api: 0 → 59 s" in post.text
    assert post.files[0].content().startswith(b"\x89PNG")
    assert post.files[0].alt_text == "p95; api: 0 → 59 s"


def test_a_picture_takes_its_place_by_its_id_or_leaves_it() -> None:
    post = draw(card("t", Chart("p95", "s", (Series("api", COURSE),))), View())[0]
    key = post.files[0].key

    there = with_uploads(post, {key: "F123"})
    gone = with_uploads(post, {})

    assert [block["slack_file"] for block in there.blocks if block["type"] == "image"] == [{"id": "F123"}]
    assert "image" not in {block["type"] for block in gone.blocks}


def test_slacks_own_chart_is_used_where_the_workspace_has_it() -> None:
    shown = card("t", Chart("p95", "s", (Series("api", COURSE),)))
    own = [block for block in blocks_of(shown, chart_blocks=True) if block["type"] == "data_visualization"]

    assert len(own[0]["chart"]["axis_config"]["categories"]) == 20
    assert not draw(shown, View(chart_blocks=True))[0].files


def test_a_course_with_a_gap_stays_a_picture() -> None:
    """Slack's chart would draw a line where nothing was measured."""
    gap = (*COURSE[:10], *COURSE[50:])

    assert draw(card("t", Chart("p95", "s", (Series("api", gap),))), View(chart_blocks=True))[0].files


def test_a_long_table_is_in_a_file_in_full() -> None:
    rows = tuple((f"pod-{n}", "Running") for n in range(500))
    post = draw(card("Pods", Table(("NAME", "STATUS"), rows)), View())[0]

    assert "500 rows" in post.text
    assert all(name in post.files[0].text for name, _ in rows)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://ok.example/a b", "https://é.example", "file:///etc", ""]
)
def test_only_an_address_that_everybody_can_read_is_a_link(url: str) -> None:
    assert not rich.follows(url)
    assert "link" not in {inner["type"] for inner in rich.link(url, "here")}


@given(st.text("ab &<>\n", max_size=200), st.integers(10, 60))
def test_a_shortened_text_is_short_and_ends_between_entities(text: str, longest: int) -> None:
    short = shortened(escaped(text), longest)

    assert len(short) <= max(longest, 2)
    assert short.count("&") == short.count(";")


def test_a_payload_is_plain_json_without_unfurled_links() -> None:
    payload = Post("words", ({"type": "divider"},)).payload()

    assert json.loads(json.dumps(payload)) == payload
    assert (payload["unfurl_links"], payload["unfurl_media"]) == (False, False)


def test_clock_times_are_dates_that_each_reader_sees_in_their_own_zone() -> None:
    """In facts and text; not in what is copied, not in a time that names its zone, not inside a longer one."""
    rows = (("Since", "15:10 (5 min ago)"), ("Until", "13 Mar 09:00"), ("Seen", "15:10:07, 15:10 UTC, 115:10"))
    parts = (Facts(rows), Text("It began at **15:10**."), Code("at 15:10"))
    shown = Card("t", parts=parts, moments=(("15:10", NOW), ("13 Mar 09:00", NOW + timedelta(hours=18))))

    (post,) = draw(shown, View())
    dates = [one for block in post.blocks if block["type"] == "rich_text" for one in _dates(block["elements"])]

    assert [(one["timestamp"], one["format"]) for one in dates] == [
        (int(NOW.timestamp()), "{time}"),
        (int(NOW.timestamp()) + 18 * 3600, "{date_short_pretty} {time}"),
        (int(NOW.timestamp()), "{time}"),
    ]
    assert "15:10:07, 15:10 UTC, 115:10" in post.text
    assert "```\nat 15:10\n```" in post.text


def _dates(elements: list[Any]) -> list[Any]:
    return [
        found
        for one in elements
        for found in ([one] if one["type"] == "date" else _dates(one.get("elements", [])) if "elements" in one else [])
    ]


def test_a_command_among_facts_stands_as_code() -> None:
    (post,) = draw(card("t", Facts((("Undo", "kubectl -n shop rollout undo deployment/web"),))), View())
    elements = post.blocks[-1]["elements"][0]["elements"]

    assert elements[-1] == {
        "type": "text",
        "text": "kubectl -n shop rollout undo deployment/web",
        "style": {"code": True},
    }


@given(st.lists(st.sampled_from(["14:03", " ", "1", ":", ".", "a", "UTC", "é"]), max_size=12).map("".join))
def test_a_time_becomes_a_date_and_nothing_else_changes(text: str) -> None:
    (block,) = in_each_zone([rich.paragraph([{"type": "text", "text": text}])], [("14:03", NOW)])
    found = block["elements"][0]["elements"]

    assert "".join("14:03" if one["type"] == "date" else one["text"] for one in found) == text
    assert all(one["type"] == "date" or one["text"] for one in found) or not text
