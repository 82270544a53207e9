"""Is Slack set up right? Each gap with what to do about it; nothing is posted, nothing changed.

Slack tells a bot its scopes, but neither its events nor its signing secret: the first are read with a configuration
token (https://docs.slack.dev/reference/methods/apps.manifest.export), the second is tried against our own URL.
"""

import asyncio
import hashlib
import hmac
import json
import re
import secrets
import time
from dataclasses import dataclass, field
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from bot.doors.checked import Checked, State
from bot.doors.slack.calls import Away, Busy, Calls, Refused
from bot.doors.slack.manifest import APP_SCOPES, COMMAND, EVENTS, SCOPES, manifest
from bot.settings import Settings
from domain.plain_json import Json, dig

SECONDS = 10
_SECRET = re.compile(r"[0-9a-f]{32}")
_TELL = {
    "invalid_auth": "it is not the token of this app, or was cut when it was copied",
    "account_inactive": "the app was removed from the workspace, or its bot was switched off",
    "token_revoked": "it was revoked",
    "not_authed": "it is empty",
}
_REINSTALL = "Install the app again (Settings → Install App), and set SLACK_BOT_TOKEN to the token shown there."


@dataclass
class Check:
    settings: Settings
    url: str = ""
    """Where Slack sends requests to, for HTTP."""
    config_token: str = ""
    """An app configuration token (xoxe.xoxp-), to read what the app is set to."""
    found: list[Checked] = field(default_factory=list)

    async def run(self) -> tuple[Checked, ...]:
        app_id = await self._bot_token()
        await self._app_token(app_id)
        await self._signing_secret()
        self._a_way_in()
        await self._events(app_id)
        return tuple(self.found)

    async def _bot_token(self) -> str:
        """The app's id, "" where it is not told."""
        token = self.settings.slack_bot_token.get_secret_value()
        if not token.startswith("xoxb-"):
            wrong = "does not begin with xoxb-" if token else "not set"
            self._say(
                "bot token", "broken", wrong, "Set SLACK_BOT_TOKEN: Settings → Install App → Bot User OAuth Token."
            )
            return ""
        said = await self._ask(token, "auth.test")
        if isinstance(said, str):
            self._say("bot token", "broken", _TELL.get(said, said), _fix_of(said, _REINSTALL))
            return ""
        self._say("bot token", "fine", f"{said.get('user')} in {said.get('team')} ({said.get('team_id')})")
        self._scopes(await self._granted(token))
        bot = await self._ask(token, "bots.info", bot=str(said.get("bot_id") or ""))
        return "" if isinstance(bot, str) else str(dig(bot, "bot", "app_id", default=""))

    def _scopes(self, given: frozenset[str]) -> None:
        missing = [scope for scope in SCOPES if scope not in given]
        if not given:
            self._say("scopes", "absent", "Slack does not say which the token has")
        elif missing:
            why = "; ".join(f"{scope}: {SCOPES[scope]}" for scope in missing)
            fix = f"Add them under OAuth & Permissions → Bot Token Scopes, then install the app again. {why}"
            self._say("scopes", "broken", f"missing: {', '.join(missing)}", fix)
        else:
            extra = sorted(given - set(SCOPES))
            more = f"; not needed: {', '.join(extra)}" if extra else ""
            self._say("scopes", "fine", f"all {len(SCOPES)} that are needed{more}")

    async def _app_token(self, app_id: str) -> None:
        token = self.settings.slack_app_token.get_secret_value()
        if not token:
            self._say("app token", "absent", "not set; Slack comes by HTTP", "For Socket Mode set SLACK_APP_TOKEN.")
            return
        fix = f"Basic Information → App-Level Tokens → Generate, with the scope {APP_SCOPES[0]}."
        if not token.startswith("xapp-"):
            self._say("app token", "broken", "does not begin with xapp-", fix)
            return
        of = token.split("-")[2] if token.count("-") > 2 else ""
        if app_id and of.startswith("A") and of != app_id:
            self._say(
                "app token", "broken", f"is of the app {of}, the bot token of {app_id}", f"Take both of one app. {fix}"
            )
            return
        said = await self._ask(token, "apps.connections.open")
        if isinstance(said, str):
            off = "Socket Mode is off: switch it on under Settings → Socket Mode, or take SLACK_APP_TOKEN away."
            self._say(
                "app token",
                "broken",
                _TELL.get(said, said),
                off if said.startswith("forbidden") else _fix_of(said, fix),
            )
            return
        self._say("app token", "fine", "Socket Mode opens")

    async def _signing_secret(self) -> None:
        secret = self.settings.slack_signing_secret.get_secret_value()
        where = "Basic Information → App Credentials → Signing Secret"
        if not secret:
            self._say("signing secret", "absent", "not set; Slack comes by Socket Mode", f"For HTTP: {where}.")
        elif not _SECRET.fullmatch(secret):
            found = "does not look like one: 32 digits 0-9 a-f are expected"
            self._say("signing secret", "broken", found, f"Copy it again: {where}. The client secret is another.")
        elif not self.url:
            hint = "Add --url https://…/slack/events to try it against what answers there."
            self._say("signing secret", "absent", "looks like one; only a request proves it", hint)
        else:
            await self._answers(secret)

    async def _answers(self, secret: str) -> None:
        """Whether our URL answers Slack's challenge when it is signed, and refuses it when it is not."""
        try:
            good, bad = await asyncio.gather(_challenge(self.url, secret), _challenge(self.url, "0" * 32))
        except (OSError, ValueError) as why:
            self._say(
                "request URL",
                "broken",
                f"{self.url}: {why or type(why).__name__}",
                "Is `hilda serve` up and reachable?",
            )
            return
        if not good:
            fix = "Does `hilda serve` there have the same SLACK_SIGNING_SECRET? Is its clock right to five minutes?"
            self._say("request URL", "broken", "does not answer a signed challenge", fix)
        elif bad:
            self._say("request URL", "broken", "believes a wrong signature", "Something else answers there: not Hilda.")
        else:
            self._say("request URL", "fine", "answers what is signed and refuses what is not")

    def _a_way_in(self) -> None:
        if not (
            self.settings.slack_app_token.get_secret_value() or self.settings.slack_signing_secret.get_secret_value()
        ):
            fix = "Set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP."
            self._say("way in", "broken", "neither Socket Mode nor HTTP is set up", fix)

    async def _events(self, app_id: str) -> None:
        if not self.config_token or not app_id:
            hint = (
                "Set SLACK_CONFIG_TOKEN (api.slack.com/apps → Your App Configuration Tokens) to have them read, or "
                "mention the bot in a channel: an answer shows that events come."
            )
            self._say("events and commands", "absent", "Slack does not tell a bot what it is sent", hint)
            return
        said = await self._ask(self.config_token, "apps.manifest.export", app_id=app_id)
        if isinstance(said, str):
            fix = "Configuration tokens live 12 hours: make a new one, or leave SLACK_CONFIG_TOKEN out."
            self._say("events and commands", "broken", said, fix)
            return
        wrong = differences(said.get("manifest") or {}, by_http=bool(self.url))
        fix = "Paste what `hilda slack manifest` prints under App Manifest, and install the app again."
        if wrong:
            self._say("events and commands", "broken", "; ".join(wrong), fix)
        else:
            self._say("events and commands", "fine", "as `hilda slack manifest` says")

    async def _ask(self, token: str, method: str, **arguments: str) -> Json | str:
        """What Slack answers, or its word for why not."""
        try:
            return await self._calls(token).read(method, **arguments)
        except Refused as refused:
            return f"{refused.error}: {refused.needed}" if refused.needed else refused.error
        except (Busy, Away) as away:
            return f"Slack cannot be reached: {away}"

    async def _granted(self, token: str) -> frozenset[str]:
        try:
            return await self._calls(token).scopes()
        except Away:
            return frozenset()

    def _calls(self, token: str) -> Calls:
        return Calls(token, self.settings.slack_api_url)

    def _say(self, what: str, state: State, found: str, fix: str = "") -> None:
        self.found.append(Checked(what, state, found, fix))


def differences(app: Json, *, by_http: bool) -> list[str]:
    """What an app's manifest lacks of ours, each in a few words."""
    ours = manifest(request_url="https://example.invalid/" if by_http else "")
    events = set(dig(app, "settings", "event_subscriptions", "bot_events", default=[]))
    commands = {one.get("command") for one in dig(app, "features", "slash_commands", default=[])}
    shortcuts = {one.get("callback_id") for one in dig(app, "features", "shortcuts", default=[])}
    wanted = {one["callback_id"] for one in ours["features"]["shortcuts"]}
    wrong = [f"no event {event}" for event in sorted(set(EVENTS) - events)]
    wrong += [] if COMMAND in commands else [f"no command {COMMAND}"]
    wrong += [f"no shortcut {shortcut}" for shortcut in sorted(wanted - shortcuts)]
    if not dig(app, "settings", "interactivity", "is_enabled"):
        wrong.append("interactivity is off, so no button works")
    if bool(dig(app, "settings", "socket_mode_enabled")) is by_http:
        wrong.append(f"Socket Mode is {'on' if by_http else 'off'}")
    if not dig(app, "features", "app_home", "messages_tab_enabled"):
        wrong.append("nobody can write to it directly (App Home → Messages Tab)")
    return wrong


async def _challenge(url: str, secret: str) -> bool:
    """https://docs.slack.dev/reference/events/url_verification, signed with `secret`."""
    challenge, stamp = secrets.token_hex(16), str(int(time.time()))
    body = json.dumps({"type": "url_verification", "token": "check", "challenge": challenge})
    signed = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/json",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={signed}",
    }
    request = Request(url, body.encode(), headers)  # noqa: S310 - whoever checks names the URL
    return await asyncio.to_thread(_answered, request, challenge)


def _answered(request: Request, challenge: str) -> bool:
    try:
        with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return answer.status == 200 and challenge in answer.read(10_000).decode(errors="replace")
    except HTTPError:
        return False


def _fix_of(said: str, otherwise: str) -> str:
    return "Look whether this machine reaches slack.com, through a proxy perhaps." if "reached" in said else otherwise
