"""What a person sees of a message or a view: words, buttons, pings. A snapshot; look again to see what changed."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from tests.fakes.slack.shapes import Json
from tests.fakes.slack.workspace import File, Message, View, Workspace

_MARKUP = re.compile(r"<([^<>]+)>")


def plain_words(text: str, workspace: Workspace) -> str:
    """mrkdwn as it reads: names for ids, labels for links, the fallback of a time."""

    def read(found: re.Match[str]) -> str:
        inner = found[1]
        target, _, label = inner.partition("|")
        if target.startswith("!date^"):
            return label or target
        if target.startswith("@"):
            user = workspace.users.get(target[1:])
            return f"@{user.name}" if user else f"@{target[1:]}"
        if target.startswith("#"):
            channel = workspace.channels.get(target[1:])
            return f"#{channel.name if channel else label or target[1:]}"
        if target.startswith("!"):
            return f"@{target[1:].partition('^')[0]}"
        return label or target

    return unescape(_MARKUP.sub(read, text))


def pings_in(value: Json) -> Iterator[str]:
    """Who gets a notice beyond the thread: `channel`, `here`, `everyone`, user ids, user groups."""
    if isinstance(value, dict):
        if value.get("type") == "broadcast":
            yield value["range"]
        elif value.get("type") in ("user", "usergroup"):
            yield value.get("user_id") or value["usergroup_id"]
        elif value.get("type") in ("mrkdwn", "markdown"):
            yield from _pings_of_text(value.get("text", ""))
        for item in value.values():
            yield from pings_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from pings_in(item)


def _pings_of_text(text: str) -> Iterator[str]:
    for inner in _MARKUP.findall(text):
        target = inner.partition("|")[0]
        if target in ("!channel", "!here", "!everyone") or target.startswith("@"):
            yield target[1:]
        elif target.startswith("!subteam^"):
            yield target.removeprefix("!subteam^")


_READ_IN_ORDER = (
    "title",
    "rich_text_title",
    "subtitle",
    "text",
    "label",
    "body",
    "caption",
    "fields",
    "alt_text",
    "elements",
    "accessory",
    "element",
    "options",
    "option_groups",
    "hint",
    "placeholder",
    "description",
    "details",
    "output",
    "sources",
    "tasks",
    "rows",
    "actions",
    "child_blocks",
    "positive_button",
    "negative_button",
    "chart",
    "series",
    "segments",
)


def lines_of(block: Json, workspace: Workspace) -> Iterator[str]:
    """The text of blocks in reading order. Only mrkdwn and markdown have markup; all else reads as it stands."""
    if isinstance(block, list):
        for item in block:
            yield from lines_of(item, workspace)
    elif isinstance(block, dict):
        kind = block.get("type")
        if kind in ("rich_text_section", "rich_text_preformatted", "rich_text_quote"):
            yield "".join(_leaf(one, workspace) for one in block["elements"])
            return
        for key in _READ_IN_ORDER:
            held = block.get(key)
            if isinstance(held, str):
                yield plain_words(held, workspace) if key == "text" and kind in ("mrkdwn", "markdown") else held
            elif held is not None:
                yield from lines_of(held, workspace)


def _leaf(leaf: Json, workspace: Workspace) -> str:
    match leaf["type"]:
        case "text":
            return str(leaf["text"])
        case "link":
            return str(leaf.get("text") or leaf["url"])
        case "user":
            return plain_words(f"<@{leaf['user_id']}>", workspace)
        case "usergroup":
            return f"@{leaf['usergroup_id']}"
        case "channel":
            return plain_words(f"<#{leaf['channel_id']}>", workspace)
        case "broadcast":
            return f"@{leaf['range']}"
        case "emoji":
            return f":{leaf['name']}:"
        case "date":
            return str(leaf.get("fallback") or leaf["timestamp"])
        case _:
            return ""


def elements_in(blocks: Json) -> Iterator[tuple[Json, Json]]:
    """(block, element) of everything that can be pressed, ticked, chosen or filled in."""
    for block in blocks:
        held = [block.get("accessory"), block.get("element"), *(block.get("elements") or [])]
        if block["type"] == "card":
            held = list(block.get("actions") or [])
        if block["type"] in ("container", "carousel"):
            yield from elements_in(block.get("child_blocks") or block.get("elements"))
            continue
        for element in held:
            if isinstance(element, dict) and "action_id" in element:
                yield block, element


def labels_of(element: Json) -> list[str]:
    """What stands on an element."""
    if element["type"] == "feedback_buttons":
        return [element[side]["text"]["text"] for side in ("positive_button", "negative_button")]
    if "options" in element:
        return [option["text"]["text"] for option in element["options"]]
    return [element["text"]["text"]] if isinstance(element.get("text"), dict) else []


@dataclass(frozen=True)
class Seen:
    channel: str
    ts: str
    thread_ts: str
    user: str
    text: str
    """What a notice and a screen reader say."""
    words: str
    """Everything that can be read in the message."""
    blocks: list[Json]
    attachments: list[Json]
    files: list[File]
    only_for: str
    edited: bool
    streaming: bool
    reactions: list[str]
    pings: frozenset[str]
    unfurl_links: bool | None

    @property
    def buttons(self) -> list[str]:
        kinds = ("button", "feedback_buttons", "icon_button")
        return [
            one for _, element in elements_in(self.all_blocks) if element["type"] in kinds for one in labels_of(element)
        ]

    @property
    def all_blocks(self) -> list[Json]:
        return [*self.blocks, *(block for one in self.attachments for block in one.get("blocks", []))]


def seen_message(workspace: Workspace, message: Message) -> Seen:
    copied = copy.deepcopy(message)
    in_attachments = [block for one in copied.attachments for block in one.get("blocks", [])]
    blocks = [*copied.blocks, *in_attachments]
    lines = list(lines_of(blocks, workspace)) if blocks else [plain_words(copied.text, workspace)]
    lines += [copied.markdown] if copied.streaming else []
    for one in copied.attachments:
        lines += [plain_words(str(one[key]), workspace) for key in ("pretext", "title", "text") if one.get(key)]
    files = [workspace.files[one] for one in copied.files]
    pings = {*pings_in(blocks), *(_pings_of_text(copied.text) if not blocks else ())}
    return Seen(
        copied.channel,
        copied.ts,
        copied.thread_ts,
        copied.user,
        plain_words(copied.text, workspace),
        "\n".join(lines),
        copied.blocks,
        copied.attachments,
        files,
        copied.only_for,
        bool(copied.edited),
        copied.streaming,
        list(copied.reactions),
        frozenset(pings),
        copied.unfurl_links,
    )


@dataclass(frozen=True)
class SeenView:
    id: str
    kind: str
    title: str
    words: str
    blocks: list[Json]
    content: Json
    hash: str
    state: Json

    @property
    def buttons(self) -> list[str]:
        return [
            one for _, element in elements_in(self.blocks) if element["type"] == "button" for one in labels_of(element)
        ]

    @property
    def submit(self) -> str:
        return str((self.content.get("submit") or {}).get("text", ""))


def seen_view(workspace: Workspace, view: View) -> SeenView:
    shown = view.shown()
    title = (shown.get("title") or {}).get("text", "")
    words = "\n".join(lines_of(shown["blocks"], workspace))
    return SeenView(view.id, shown["type"], title, words, shown["blocks"], shown, view.hash, shown["state"]["values"])
