"""The audit log: one JSON line for each request that the policy wants remembered (audit.k8s.io/v1)."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from practice.api import Json
from practice.api_server.asked import Asked
from practice.api_server.authorization import Grant
from practice.api_server.identity import User
from practice.api_server.times import micro_stamp, now


@dataclass
class Entry:
    """One request as it goes through the server; parts become known on the way."""

    asked: Asked
    uri: str
    user: User
    user_agent: str
    address: str
    received: datetime = field(default_factory=now)
    impersonated: User | None = None
    body: Any = None
    grant: Grant | None = None
    """What allowed it, if anything did."""


class AuditLog:
    """Appends to a file; lines are there before the answer goes out."""

    def __init__(self, file: Path, policy: Json) -> None:
        self._file = file.open("ab", buffering=0)
        self._rules: list[Json] = policy["rules"]

    def write(self, entry: Entry, code: int, status: Json | None = None) -> None:
        """Note how a request ended, as fully as the first rule that speaks of it says."""
        level = self._level(entry)
        if level == "None":
            return
        asked = entry.asked
        line: Json = {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": level,
            "auditID": str(uuid.uuid4()),
            "stage": "ResponseComplete",
            "requestURI": entry.uri,
            "verb": asked.verb,
            "user": _user(entry.user),
        }
        if entry.impersonated:
            line["impersonatedUser"] = _user(entry.impersonated)
        line |= {"sourceIPs": [entry.address], "userAgent": entry.user_agent}
        if asked.resource:
            line["objectRef"] = _reference(asked, entry.body)
        line["responseStatus"] = {**_brief(status), "metadata": {}, "code": code}
        if level in ("Request", "RequestResponse") and entry.body is not None:
            line["requestObject"] = entry.body
        line |= {
            "requestReceivedTimestamp": micro_stamp(entry.received),
            "stageTimestamp": micro_stamp(now()),
            "annotations": {
                "authorization.k8s.io/decision": "allow" if entry.grant else "forbid",
                "authorization.k8s.io/reason": entry.grant.why if entry.grant else "",
            },
        }
        self._file.write(orjson.dumps(line) + b"\n")

    def close(self) -> None:
        self._file.close()

    def _level(self, entry: Entry) -> str:
        for rule in self._rules:
            verbs, users = rule.get("verbs"), rule.get("users")
            if (not verbs or entry.asked.verb in verbs) and (not users or entry.user.name in users):
                return str(rule["level"])
        return "None"


def _user(user: User) -> Json:
    uid = {"uid": user.uid} if user.uid else {}
    return {"username": user.name, **uid, "groups": list(user.groups)}


def _reference(asked: Asked, body: Any) -> Json:
    meta = body.get("metadata", {}) if isinstance(body, dict) else {}
    name = asked.name or (meta.get("name", "") if asked.verb == "create" and isinstance(meta, dict) else "")
    said = {
        "resource": asked.resource,
        "namespace": asked.namespace,
        "name": name,
        "apiGroup": asked.group,
        "apiVersion": asked.version,
        "subresource": asked.subresource,
    }
    return {key: value for key, value in said.items() if value}


def _brief(status: Json | None) -> Json:
    if not status:
        return {}
    return {key: status[key] for key in ("status", "message", "reason", "details") if key in status}
