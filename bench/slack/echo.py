"""A bare slack_bolt app that says back what it hears: what the machine, the fake and Bolt cost without Hilda.

    python -m bench.slack.echo PORT API_URL

It forgets everything, acknowledges before it works, and answers everything that is answered in the bench with one post.
"""

import asyncio
import sys
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bench.chats.bare import answering
from bench.slack.mix import BOT_USER, key
from tests.fakes.slack.application import App


async def main(port: int, api_url: str) -> None:
    bolt = _bolt(api_url)

    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    await answering(port, "/slack/events", events)


def _bolt(api_url: str) -> AsyncApp:
    app = App()
    bolt = AsyncApp(
        client=AsyncWebClient(token=app.bot_token, base_url=api_url),
        signing_secret=app.signing_secret,
        raise_error_for_unhandled_request=False,
    )
    threads: set[str] = set()

    async def echo(event: dict[str, Any], client: AsyncWebClient) -> None:
        """Mentions, direct conversations, and threads in which it was called; each message once, in this process."""
        mentioned = f"<@{BOT_USER}>" in str(event.get("text"))
        direct, thread, ts = event.get("channel_type") == "im", event.get("thread_ts"), event["ts"]
        if event.get("bot_id") or event.get("subtype") or not (mentioned or direct or thread in threads):
            return
        if mentioned:
            threads.add(thread or ts)
        answer = f"{key(event['channel'], ts)}:answer:0"
        if answer in threads:
            return
        threads.add(answer)
        metadata = {"event_type": "echo", "event_payload": {"key": answer, "part": 0}}
        where = {"channel": event["channel"], "thread_ts": None if direct else thread or ts}
        await client.chat_postMessage(**where, text=event["text"], metadata=metadata)

    async def heard(ack: Any) -> None:
        await ack("heard")

    bolt.event("message")(echo)
    bolt.event("app_mention")(echo)
    bolt.command("/hilda")(heard)
    return bolt


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
