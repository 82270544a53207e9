"""One request on the objects of a kind, as its handlers see it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from practice.api import Json
from practice.api_server.asked import Asked
from practice.api_server.identity import User
from practice.api_server.resources import Resource
from practice.api_server.schema.managed_fields import manager_of
from practice.api_server.times import now


@dataclass
class Call:
    asked: Asked
    resource: Resource
    user: User
    """For whom it acts: the impersonated user if there is one."""
    raw: bytes = b""
    body: Any = None
    """The decoded body, or None when there is none."""
    content_type: str = ""
    accept: str = ""
    user_agent: str = ""
    at: datetime = field(default_factory=now)
    warnings: list[str] = field(default_factory=list)

    @property
    def namespace(self) -> str:
        """Of the objects; a namespace itself lies in none, though its path names one."""
        return self.asked.namespace if self.resource.namespaced else ""

    @property
    def body_kind(self) -> tuple[str, str]:
        """(apiVersion, kind) of what is to be sent here: a Scale to a scale, the object itself otherwise."""
        told = self.resource.subresources.get(self.asked.subresource, {}).get("responseKind", {})
        if not told.get("version"):
            return self.resource.api_version, told.get("kind") or self.resource.kind
        return f"{told['group']}/{told['version']}" if told["group"] else told["version"], told["kind"]

    @property
    def manager(self) -> str:
        """Who is to be told of as having written: `fieldManager`, or the program of the user agent."""
        return manager_of(self.asked.query.get("fieldManager", ""), self.user_agent)

    @property
    def options(self) -> Json:
        """DeleteOptions of the body."""
        return self.body if isinstance(self.body, dict) else {}

    @property
    def dry_run(self) -> bool:
        return self.asked.dry_run or (self.asked.verb.startswith("delete") and self.options.get("dryRun") == ["All"])


@dataclass(frozen=True)
class Answer:
    """What goes back: an object, or a Status that tells of one."""

    item: Json
    code: int = 200
