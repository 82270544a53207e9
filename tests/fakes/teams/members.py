"""What the service says of members of a conversation.

https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context: everybody is an ordinary member of
the tenant but those of whom something else is said here.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web

Json = dict[str, Any]


@dataclass
class Members:
    tenant: str
    different: dict[str, Json | None] = field(default_factory=dict)
    """By the service's own id of a person: what differs from an ordinary member; None for who is no member."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Conversation and person of each question."""
    seconds: float = 0.0
    """How long each answer takes."""

    async def on_get(self, request: web.Request) -> web.Response:
        conversation, person = (unquote(request.match_info[name]) for name in ("conversation", "person"))
        self.asked.append((conversation, person))
        await asyncio.sleep(self.seconds)
        different = self.different.get(person, {})
        if different is None:
            return web.json_response({"error": {"code": "MemberNotFoundInConversation"}}, status=404)
        name = person.removeprefix("29:")
        said = {
            "id": person,
            "objectId": f"aad-{name}",
            "name": name.title(),
            "userPrincipalName": f"{name}@shop.example",
        }
        return web.json_response({**said, "tenantId": self.tenant, "userRole": "user", **different})
