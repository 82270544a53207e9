"""A card as messages. A part that is forgotten here is a type error, never a lost line."""

from collections.abc import Sequence
from typing import assert_never

from bot.doors.slack.render import rich
from bot.doors.slack.render.charts import chart
from bot.doors.slack.render.checklists import checklist
from bot.doors.slack.render.choices import choices
from bot.doors.slack.render.codes import code
from bot.doors.slack.render.facts import facts, links, progress
from bot.doors.slack.render.forms import form
from bot.doors.slack.render.heading import heading, place_again
from bot.doors.slack.render.markdown_text import blocks_of
from bot.doors.slack.render.moments import in_each_zone
from bot.doors.slack.render.packing import packed
from bot.doors.slack.render.post import File, Post, View
from bot.doors.slack.render.small import context
from bot.doors.slack.render.sources import sources
from bot.doors.slack.render.spoken import shortened, text_of
from bot.doors.slack.render.tables import table
from domain.cards import (
    Card,
    Chart,
    Checklist,
    Choices,
    Code,
    Facts,
    Form,
    Links,
    Part,
    Progress,
    Sources,
    Table,
    Text,
)
from domain.plain_json import Json
from domain.visible import one_line

MOST_CHART_BLOCKS = 2
EVIDENCE = "How I know"
NUMBERS_A_PART = 100
"""Each part numbers its buttons from a hundred of its own, so that no two in a message are the same."""


def draw(card: Card, view: View) -> tuple[Post, ...]:
    """The card first; what did not fit, and the evidence, follow in its thread in this order."""
    body, evidence = _apart(card.parts)
    drawn, files = parts_drawn(card, body, view)
    if evidence and body:
        drawn = _before_buttons(drawn, [_in_the_thread(evidence)])
    posts = _posts(card, [*heading(card), *([] if body else _known(evidence)), *drawn], files, "")
    if evidence and body:
        posts += _posts(
            card, [*place_again(card.cluster), *_known(evidence)], [], f"{EVIDENCE}: {one_line(card.title)}"
        )
    return tuple(posts)


def parts_drawn(card: Card, parts: Sequence[Part], view: View, first: int = 0) -> tuple[list[Json], list[File]]:
    """Blocks and files of these parts of a card, in order; their elements are numbered as of part `first`."""
    blocks: list[Json] = []
    files: list[File] = []
    for number, part in enumerate(parts, first):
        tables = sum(block["type"] == "table" for block in blocks)
        own_charts = sum(block["type"] == "data_visualization" for block in blocks)
        room = (not tables, own_charts < MOST_CHART_BLOCKS)
        more, more_files = _part(part, card, view, number * NUMBERS_A_PART, room)
        blocks += more
        files += more_files
    return in_each_zone(blocks, card.moments), _distinct(files)


def _part(part: Part, card: Card, view: View, number: int, room: tuple[bool, bool]) -> tuple[list[Json], list[File]]:
    """One part; `room` says whether a message has room for one more table, and for one more of Slack's charts."""
    match part:
        case Text(markdown):
            return blocks_of(markdown), []
        case Facts(rows):
            return facts(rows), []
        case Table():
            return table(part, native=room[0], files=view.charts_as_pictures)
        case Code():
            return code(part, files=view.charts_as_pictures)
        case Checklist():
            return checklist(part, card, number), []
        case Chart():
            return chart(part, view, number, block=room[1])
        case Links():
            return links(part, number), []
        case Choices(found):
            return choices(found, card, number), []
        case Form():
            return form(part, number, files=view.charts_as_pictures)
        case Progress(steps):
            return progress(steps), []
        case Sources():
            return sources(part), []
        case _:
            assert_never(part)


def _apart(parts: tuple[Part, ...]) -> tuple[list[Part], list[Sources]]:
    """What is said, and how it is known."""
    return [p for p in parts if not isinstance(p, Sources)], [p for p in parts if isinstance(p, Sources) and p.evidence]


def _known(evidence: list[Sources]) -> list[Json]:
    head = [rich.paragraph(rich.words(EVIDENCE, "bold"))] if evidence else []
    return [*head, *(block for part in evidence for block in sources(part))]


def _in_the_thread(evidence: list[Sources]) -> Json:
    known_from = dict.fromkeys(one_line(item.source) for part in evidence for item in part.evidence)
    count = sum(len(part.evidence) for part in evidence)
    pieces = "1 piece" if count == 1 else f"{count} pieces"
    origins = ", ".join(source for source in known_from if source)
    return context(f"{pieces} of evidence in the thread{f': {origins}' if origins else ''}")


def _before_buttons(blocks: list[Json], more: list[Json]) -> list[Json]:
    """`more` above the buttons that end a card, so that they stay its end."""
    end = len(blocks)
    while end and blocks[end - 1]["type"] == "actions":
        end -= 1
    return [*blocks[:end], *more, *blocks[end:]]


def _posts(card: Card, blocks: list[Json], files: list[File], said: str) -> list[Post]:
    """Messages of these blocks; each one that goes on says where it is about and what it goes on with."""
    messages = packed(blocks)
    posts: list[Post] = []
    for number, message in enumerate(messages, 1):
        goes_on = [*place_again(card.cluster), context(f"{one_line(card.title)[:100]} ({number} of {len(messages)})")]
        whole = [*goes_on, *message] if number > 1 else message
        text = text_of(whole)
        posts.append(Post(shortened(f"{said}\n{text}" if said and number == 1 else text), tuple(whole), ()))
    return _with_files(posts, files)


def _with_files(posts: list[Post], files: list[File]) -> list[Post]:
    """Each picture with the message it stands in, every other file with the first."""
    found: list[Post] = []
    for number, post in enumerate(posts):
        shown = {block["slack_file"]["id"] for block in post.blocks if block["type"] == "image"}
        mine = [f for f in files if (f.key in shown if f.is_picture else number == 0)]
        found.append(Post(post.text, post.blocks, tuple(mine)))
    return found


def _distinct(files: list[File]) -> list[File]:
    """Files by different names: two scripts of one label are told apart by number."""
    found: list[File] = []
    for file in files:
        taken = {other.name for other in found}
        if file.name not in taken:
            found.append(file)
            continue
        stem, _, ending = file.name.rpartition(".")
        name = next(n for n in (f"{stem}-{k}.{ending}" for k in range(2, len(files) + 2)) if n not in taken)
        key = file.key if file.is_picture else name
        found.append(File(key, name, file.title, file.alt_text, file.text, file.chart, file.zone))
    return found
