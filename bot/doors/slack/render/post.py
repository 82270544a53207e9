"""What one card becomes: messages with their files, ready to be posted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

from bot.pictures.chart import draw_png
from domain.cards import Chart
from domain.plain_json import Json


@dataclass(frozen=True, slots=True)
class View:
    """For whom a card is drawn."""

    zone: tzinfo = UTC
    """Pictures have one zone for everybody; all other times are shown in the zone of each reader."""
    chart_blocks: bool = False
    """Whether the workspace takes Slack's own charts; draw again without when it refuses them."""
    charts_as_pictures: bool = True
    """Off where nothing can be uploaded (modals, the Home tab, for one person only): then nothing becomes a file."""


@dataclass(frozen=True, slots=True)
class File:
    """Something to upload beside a message. Pictures stand in its blocks by `key` until their id is known."""

    key: str
    name: str
    title: str
    alt_text: str = ""
    text: str = ""
    chart: Chart | None = None
    zone: tzinfo = UTC

    @property
    def is_picture(self) -> bool:
        return self.chart is not None

    def content(self) -> bytes:
        """The bytes to upload. A picture is drawn now, which takes a third of a second: call this in a thread."""
        if self.chart is not None:
            return draw_png(self.chart, self.zone)
        return self.text.encode()


@dataclass(frozen=True, slots=True)
class Post:
    """One message: blocks to see, text for notices and screen readers, files to upload."""

    text: str
    blocks: tuple[Json, ...]
    files: tuple[File, ...] = ()

    def payload(self) -> Json:
        """What chat.postMessage and chat.update take beside channel and thread."""
        return {"text": self.text, "blocks": list(self.blocks), "unfurl_links": False, "unfurl_media": False}


def with_uploads(post: Post, ids: Mapping[str, str]) -> Post:
    """The post with the pictures that were uploaded, by their Slack ids, and without the others."""
    kept = (_with_id(block, ids) for block in post.blocks)
    return replace(post, blocks=tuple(block for block in kept if block is not None))


def _with_id(block: Json, ids: Mapping[str, str]) -> Json | None:
    if block["type"] != "image" or "slack_file" not in block:
        return block
    found = ids.get(block["slack_file"]["id"])
    return {**block, "slack_file": {"id": found}} if found else None
