"""Who is let in from Teams: real tokens over real keys from a local metadata server, checked by the real botbuilder.

The table of tokens is that of what botbuilder 4.17.1 alone answers wrongly (500, or lets in) and rightly.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from botbuilder.schema import Activity
from botframework.connector.auth import ChannelValidation, JwtTokenExtractor

from bot.doors.teams.tokens import Tokens, Unauthorized, Unverifiable
from tests.fakes.teams.keys import ISSUER, KeyServer, SigningKey, published

APP = "7b1e7b0e-0000-4000-8000-00000000a0a0"
TENANT = "c0ffee00-0000-4000-8000-000000000001"
SERVICE = "https://smba.trafficmanager.net/emea/"
GOOD, OTHER = SigningKey("good"), SigningKey("other", ("webchat",))


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServer]:
    with published(GOOD, OTHER) as server:
        monkeypatch.setattr(ChannelValidation, "open_id_metadata_endpoint", server.url)
        monkeypatch.setattr(JwtTokenExtractor, "metadataCache", {})
        yield server


def activity(**changes: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "id": "1",
        "channelId": "msteams",
        "serviceUrl": SERVICE,
        "from": {"id": "29:x", "aadObjectId": "person"},
        "recipient": {"id": f"28:{APP}"},
        "conversation": {"id": "a:1"},
        "channelData": {"tenant": {"id": TENANT}},
        "text": "hello",
    } | changes


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    found = {"iss": ISSUER, "aud": APP, "serviceurl": SERVICE, "nbf": now - 60, "exp": now + 600} | changes
    return {name: value for name, value in found.items() if value is not None}


def tokens(**changes: Any) -> Tokens:
    given: dict[str, Any] = {
        "app_id": APP,
        "password": "secret",
        "home": TENANT,
        "tenants": frozenset({TENANT}),
        "hosts": frozenset({"smba.trafficmanager.net"}),
    }
    return Tokens(**(given | changes))


async def checked(authorization: str, body: dict[str, Any] | None = None, **changes: Any) -> None:
    shown = body or activity()
    await tokens(**changes).check(authorization, Activity().deserialize(shown), shown)


def hs256_with_the_public_key() -> str:
    """The old trick: the public key taken for a shared secret."""
    head = {"alg": "HS256", "typ": "JWT", "kid": "good"}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims())]
    signature = hmac.new(GOOD.public_pem(), b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


BAD: dict[str, Callable[[], str]] = {
    "no header": lambda: "",
    "empty bearer": lambda: "Bearer ",
    "basic": lambda: "Basic dXNlcjpwYXNz",
    "garbage": lambda: "Bearer garbage",
    "not ascii": lambda: "Bearer gärbäge.a.b",
    "two tokens": lambda: f"Bearer {GOOD.sign(claims())} {GOOD.sign(claims())}",
    "wrong audience": lambda: f"Bearer {GOOD.sign(claims(aud='another-app'))}",
    "no audience": lambda: f"Bearer {GOOD.sign(claims(aud=None))}",
    "wrong issuer": lambda: f"Bearer {GOOD.sign(claims(iss='https://evil.example'))}",
    "no issuer": lambda: f"Bearer {GOOD.sign(claims(iss=None))}",
    "emulator issuer": lambda: (
        f"Bearer {GOOD.sign(claims(iss='https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/'))}"
    ),
    "another service url": lambda: f"Bearer {GOOD.sign(claims(serviceurl='https://evil.example/'))}",
    "no service url": lambda: f"Bearer {GOOD.sign(claims(serviceurl=None))}",
    "expired ten minutes ago": lambda: f"Bearer {GOOD.sign(claims(exp=int(time.time()) - 600))}",
    "never expires": lambda: f"Bearer {GOOD.sign(claims(exp=None))}",
    "not yet valid": lambda: f"Bearer {GOOD.sign(claims(nbf=int(time.time()) + 900))}",
    "unsigned": lambda: f"Bearer {jwt.encode(claims(), None, algorithm='none', headers={'kid': 'good'})}",
    "signed with the public key": lambda: f"Bearer {hs256_with_the_public_key()}",
    "another key under the same name": lambda: f"Bearer {SigningKey('good').sign(claims())}",
    "unknown key": lambda: f"Bearer {SigningKey('unknown').sign(claims())}",
    "key without a name": lambda: f"Bearer {jwt.encode(claims(), GOOD.private, algorithm='RS256')}",
    "key for another channel": lambda: f"Bearer {OTHER.sign(claims())}",
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_token_is_one_refusal(name: str, keys: KeyServer) -> None:
    """Whatever botbuilder makes of it, nobody with a bad token gets further."""
    with pytest.raises(Unauthorized):
        await checked(BAD[name]())


@pytest.mark.parametrize("expires", [600, -120], ids=["valid", "expired two minutes ago, within the skew"])
async def test_a_good_token_is_let_in(expires: int, keys: KeyServer) -> None:
    """A token of the Bot Framework for our app, our service and our tenant."""
    await checked(f"Bearer {GOOD.sign(claims(exp=int(time.time()) + expires))}")


OTHERS = {
    "another channel": activity(channelId="webchat"),
    "another tenant": activity(channelData={"tenant": {"id": "somebody-elses"}}),
    "no tenant": activity(channelData=None),
    "a tenant that is no name": activity(channelData={"tenant": "x"}),
    "another bot": activity(recipient={"id": "28:another"}),
    "no bot": activity(recipient=None),
    "another host": activity(serviceUrl="https://evil.example/"),
    "plain http": activity(serviceUrl="http://smba.trafficmanager.net/emea/"),
    "no service url": activity(serviceUrl=None),
}


@pytest.mark.parametrize("name", OTHERS)
async def test_a_good_token_is_good_for_our_people_and_our_service_only(name: str, keys: KeyServer) -> None:
    """The token vouches for the service URL in it; the rest is checked against what we were set up for."""
    body = OTHERS[name]
    token = GOOD.sign(claims(serviceurl=body["serviceUrl"]))

    with pytest.raises(Unauthorized):
        await checked(f"Bearer {token}", body)


async def test_a_key_that_is_new_is_looked_up_once_in_a_while(keys: KeyServer) -> None:
    """Microsoft exchanges keys without notice; who invents keys cannot make us ask each time."""
    now = [0.0]
    door = tokens(clock=lambda: now[0])
    body = activity()

    async def attempt(key: SigningKey) -> None:
        await door.check(f"Bearer {key.sign(claims())}", Activity().deserialize(body), body)

    await attempt(GOOD)
    fresh = SigningKey("fresh")
    keys.keys.append(fresh)
    await attempt(fresh)
    asked = keys.asked
    for _ in range(5):
        with pytest.raises(Unauthorized):
            await attempt(SigningKey("invented"))

    assert keys.asked == asked
    now[0] += 301
    with pytest.raises(Unauthorized):
        await attempt(SigningKey("invented"))
    assert keys.asked > asked


async def test_with_the_keys_at_hand_no_thread_is_needed(keys: KeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread is for fetching keys, which botbuilder does anew after a day: at first, and in good time before that."""
    in_threads = []

    async def to_thread(work: Callable[..., Any], *given: Any) -> Any:
        in_threads.append(work)
        return await real(work, *given)

    real = asyncio.to_thread
    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    token = f"Bearer {GOOD.sign(claims())}"

    await checked(token)
    assert len(in_threads) == 1
    await checked(token)
    assert len(in_threads) == 1

    known = JwtTokenExtractor.metadataCache[keys.url]
    known.last_updated -= timedelta(hours=23, minutes=1)
    await checked(token)
    assert len(in_threads) == 2


async def test_without_microsofts_keys_nobody_is_let_in_and_nothing_waits(keys: KeyServer) -> None:
    """A key server that is down is said as such, so that Teams tries again; meanwhile the loop goes on."""
    keys.broken, keys.seconds = True, 1.0
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.01)

    heart = asyncio.create_task(beat())
    with pytest.raises(Unverifiable):
        await checked(f"Bearer {GOOD.sign(claims())}")
    heart.cancel()

    assert beats > 10


async def test_in_development_a_program_on_this_machine_needs_no_token() -> None:
    """The Playground sends none; anything that is not on this machine stays out all the same."""
    local = activity(serviceUrl="http://localhost:56150/_connector", recipient={"id": "00000000"}, channelData={})

    await checked("", local, app_id="", anonymous=True)
    with pytest.raises(Unauthorized):
        await checked("", activity(serviceUrl="http://evil.example/"), app_id="", anonymous=True)
