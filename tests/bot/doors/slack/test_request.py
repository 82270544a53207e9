"""Nobody but Slack gets in by HTTP, and whatever is sent, nothing breaks."""

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.doors.slack.request import refusal

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = 1_531_420_618.0


def signed(body: bytes, at: float = NOW, secret: str = SECRET, kind: str = "application/json") -> dict[str, str]:
    stamp = str(int(at))
    base = b"v0:" + stamp.encode() + b":" + body
    signature = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": signature, "content-type": kind}


BODY = json.dumps({"type": "event_callback"}).encode()


def status(body: bytes, headers: dict[str, str], secret: str = SECRET) -> int:
    refused = refusal(secret, body, headers, NOW)
    return refused.status if refused else 200


def test_slacks_own_example_passes() -> None:
    """Body, secret and signature of https://docs.slack.dev/authentication/verifying-requests-from-slack."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
        b"channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
        b"response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        "content-type": "application/x-www-form-urlencoded",
    }

    assert status(body, headers) == 200


@pytest.mark.parametrize("age", [-301, 301, 3600, -86400])
def test_what_is_old_or_ahead_is_refused(age: int) -> None:
    """Five minutes in both directions, although the signature is right."""
    assert status(BODY, signed(BODY, NOW - age)) == 401


@pytest.mark.parametrize("age", [-299, 0, 240])
def test_what_is_fresh_passes(age: int) -> None:
    assert status(BODY, signed(BODY, NOW - age)) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-slack-request-timestamp": "soon", "x-slack-signature": "v0=00"},
        {"x-slack-request-timestamp": "١٢٣", "x-slack-signature": "v0=00"},
        {"x-slack-request-timestamp": "9" * 400, "x-slack-signature": "v0=00"},
        {**signed(BODY), "x-slack-signature": "v0=ü"},
        {**signed(BODY), "x-slack-signature": ""},
        signed(BODY, secret="another"),
        signed(b"{}"),
    ],
    ids=["nothing", "words", "foreign-digits", "huge", "not-ascii", "empty", "another-secret", "another-body"],
)
def test_what_slack_did_not_sign_is_refused(headers: dict[str, str]) -> None:
    assert status(BODY, {"content-type": "application/json", **headers}) == 401


def test_without_a_secret_nobody_gets_in() -> None:
    """An empty secret is no secret: what is signed with it is refused."""
    assert status(BODY, signed(BODY, secret=""), secret="") == 401


def test_what_is_signed_and_cannot_be_read_is_a_bad_request() -> None:
    """Not an error of ours."""
    for body in (b"{", b"[]", b"\xff\xfe", b"null", b"[" * 100_000):
        assert status(body, signed(body)) == 400
    form = b"payload=%7Bnot+json"
    assert status(form, signed(form, kind="application/x-www-form-urlencoded")) == 400


def test_another_content_type_is_refused() -> None:
    assert status(BODY, signed(BODY, kind="text/xml")) == 415


@given(st.binary(max_size=200), st.dictionaries(st.text(max_size=30), st.text(max_size=60), max_size=4))
def test_nothing_that_is_sent_breaks_the_check(body: bytes, more: dict[str, str]) -> None:
    """Any body with any headers, the right signature beside them or not."""
    assert status(body, more) == 401
    assert status(body, {**more, **signed(body)}) in {200, 400}
