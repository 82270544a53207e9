"""Pictures that stand in a message, uploaded before it, and files that are shared below one, after it."""

import asyncio
import hashlib
import json
from dataclasses import dataclass, replace

import structlog

from bot.doors.slack.calls import Calls, Gone, Refused
from bot.doors.slack.render.post import File, Post, with_uploads

log = structlog.get_logger()


@dataclass
class Uploads:
    calls: Calls

    async def with_pictures(self, key: str, post: Post) -> Post:
        """The message with its pictures uploaded; without them where that cannot be."""
        pictures = [file for file in post.files if file.is_picture]
        if not pictures:
            return post
        ids: dict[str, str] = {}
        for file in pictures:
            try:
                ids[file.key] = await self._upload(key, file, "", "")
            except Refused as refused:
                log.warning("a picture could not be uploaded", why=str(refused))
        return with_uploads(replace(post, files=tuple(f for f in post.files if not f.is_picture)), ids)

    async def share(self, key: str, post: Post, channel: str, thread: str, *, again: bool) -> None:
        """What goes with a message, into its thread; `again` after a try that may have shared some of it."""
        files = [file for file in post.files if not file.is_picture]
        there = await self._names_in(channel, thread) if files and again else frozenset()
        for file in files:
            if _name(key, file) in there:
                continue
            try:
                await self._upload(key, file, channel, thread)
            except Gone:
                raise
            except Refused as refused:
                log.warning("a file could not be uploaded", name=file.name, why=str(refused))

    async def _upload(self, key: str, file: File, channel: str, thread: str) -> str:
        content = await asyncio.to_thread(file.content)
        return await self.calls.upload(
            _name(key, file), content, title=file.title, alt=file.alt_text, channel=channel, thread=thread
        )

    async def _names_in(self, channel: str, thread: str) -> frozenset[str]:
        try:
            said = await self.calls.read("conversations.replies", channel=channel, ts=thread, limit=200)
        except Gone:
            raise
        except Refused as refused:
            log.warning("cannot see whether a file was shared before", why=str(refused))
            return frozenset()
        messages = said.get("messages") or ()
        return frozenset(str(file.get("name")) for message in messages for file in message.get("files") or ())


def _name(key: str, file: File) -> str:
    """Different for each reply, so that a file is recognised."""
    return f"{hashlib.sha256(json.dumps([key, file.key]).encode()).hexdigest()[:8]}-{file.name}"
