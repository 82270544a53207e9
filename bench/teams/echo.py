"""A bare botbuilder bot that says back what it hears: what the machine, the fake and botbuilder cost without Hilda.

    python -m bench.teams.echo PORT

It forgets everything, and answers everything that is answered in the bench with one post, inside the request, as
botbuilder's own samples do.
"""

import asyncio
import json
import sys
from typing import Any

from aiohttp import web
from botbuilder.core import InvokeResponse, TurnContext
from botbuilder.core.cloud_adapter_base import CloudAdapterBase
from botbuilder.schema import Activity, ActivityTypes
from botframework.connector.auth import BotFrameworkAuthenticationFactory, PasswordServiceClientCredentialFactory

from bench.chats.bare import answering
from bench.teams.microsoft import SECRET
from bench.teams.mix import APP_ID, TENANT


class Adapter(CloudAdapterBase):  # type: ignore[misc]
    """Nothing of its own."""


class Echo:
    """Mentions, direct conversations, and threads in which it was called; each message once, in this process."""

    def __init__(self) -> None:
        self._threads: set[str] = set()
        self._heard: set[str] = set()

    async def turn(self, context: TurnContext) -> None:
        said: Activity = context.activity
        thread, is_press = str(said.conversation.id), said.type == ActivityTypes.invoke
        if is_press:
            answer = InvokeResponse(status=200, body={"statusCode": 200})
            await context.send_activity(Activity(type=ActivityTypes.invoke_response, value=answer))
        elif said.type != ActivityTypes.message:
            return
        mentioned = "<at>" in str(said.text)
        direct = said.conversation.conversation_type == "personal"
        if said.id in self._heard or not (mentioned or direct or thread in self._threads):
            return
        self._heard.add(said.id)
        if mentioned:
            self._threads.add(thread)
        await context.send_activity(said.text or "heard")


async def main(port: int) -> None:
    credentials = PasswordServiceClientCredentialFactory(APP_ID, SECRET, TENANT)
    adapter, echo = Adapter(BotFrameworkAuthenticationFactory.create(credential_factory=credentials)), Echo()

    async def messages(request: web.Request) -> web.Response:
        activity = Activity().deserialize(await request.json())
        answer: Any = await adapter.process_activity(request.headers["authorization"], activity, echo.turn)
        if answer is None:
            return web.Response(status=202)
        return web.Response(status=int(answer.status), body=json.dumps(answer.body), content_type="application/json")

    await answering(port, "/api/messages", messages)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
