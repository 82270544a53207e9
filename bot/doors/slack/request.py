"""A request that says it comes from Slack: is it signed, fresh, and something that can be read at all?

https://docs.slack.dev/authentication/verifying-requests-from-slack. Before the signature holds nothing is believed, and
whatever is wrong with it is a refusal, never an error of ours.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

FRESH_SECONDS = 300
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller gets."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


UNSIGNED = Answer(401, json.dumps({"error": "invalid request"}), {"content-type": _JSON})


def refusal(secret: str, body: bytes, headers: Mapping[str, str], now: float) -> Answer | None:
    """Why a request goes no further, None for one that Slack signed and we can read; headers' names in lower case."""
    if not genuine(secret, body, headers, now):
        return UNSIGNED
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {_JSON, _FORM}:
        return Answer(415, "JSON or a form, please")
    if not _readable(body, kind):
        return Answer(400, "this cannot be read")
    return None


def genuine(secret: str, body: bytes, headers: Mapping[str, str], now: float) -> bool:
    """Whether the signature is Slack's, of this body, and of the last five minutes (or the next)."""
    stamp, signature = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
    if not secret or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 15 and signature.isascii()):
        return False
    if abs(now - int(stamp)) > FRESH_SECONDS:
        return False
    expected = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={expected}".encode(), signature.encode())


def _readable(body: bytes, kind: str) -> bool:
    try:
        text = body.decode()
        if kind == _JSON:
            return isinstance(json.loads(text), dict)
        payload = parse_qs(text).get("payload")
        return payload is None or _is_interaction(json.loads(payload[0]))
    except (ValueError, RecursionError):
        return False


def _is_interaction(payload: object) -> bool:
    """Bolt takes it for granted that something was pressed where something is said to have been."""
    if not isinstance(payload, dict):
        return False
    actions = payload.get("actions")
    return payload.get("type") != "block_actions" or (isinstance(actions, list) and bool(actions))
