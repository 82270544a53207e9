"""Signed requests: https://docs.slack.dev/authentication/verifying-requests-from-slack."""

import hashlib
import hmac
import time


def headers(
    secret: str, body: bytes, *, at: float | None = None, content_type: str = "application/json"
) -> dict[str, str]:
    """What Slack sends with a body. `at` is real time, since the receiver's clock is not moved by tests."""
    stamp = str(int(time.time() if at is None else at))
    return {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature(secret, stamp, body),
    }


def signature(secret: str, stamp: str, body: bytes) -> str:
    return "v0=" + hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
