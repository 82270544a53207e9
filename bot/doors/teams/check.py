"""Is Teams set up right? Each gap with what to do about it; nothing is posted, nothing changed."""

import asyncio
import uuid
from dataclasses import dataclass, field

import aiohttp

from bot.doors.checked import Checked, State
from bot.doors.failures import Away, Halted
from bot.doors.teams.calls import SECONDS, Calls, Token, microsofts
from bot.doors.teams.door import PATH, checked, is_anonymous, tenants_of
from bot.doors.teams.tokens import keys_url
from bot.settings import Settings
from domain.errors import Misconfigured


@dataclass
class Check:
    settings: Settings
    url: str = ""
    """Where Azure's registration sends to: the messaging endpoint."""
    token: Token | None = None
    """In place of Microsoft's."""
    found: list[Checked] = field(default_factory=list)

    async def run(self) -> tuple[Checked, ...]:
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            if self._settings():
                await self._secret(session)
            self._tenants()
            await self._keys(session)
            await self._endpoint(session)
        return tuple(self.found)

    def _settings(self) -> bool:
        try:
            checked(self.settings)
        except Misconfigured as wrong:
            self._say("settings", "broken", str(wrong), "docs/teams.md says where each comes from.")
            return False
        if is_anonymous(self.settings):
            self._say("settings", "absent", "development: the Playground on this machine, nobody else")
            return False
        try:
            uuid.UUID(self.settings.teams_app_id)
        except ValueError:
            fix = "Azure portal → your bot → Configuration → Microsoft App ID."
            self._say("app id", "broken", f"{self.settings.teams_app_id!r} is no GUID", fix)
            return False
        self._say("app id", "fine", self.settings.teams_app_id)
        return True

    async def _secret(self, session: aiohttp.ClientSession) -> None:
        """Whether Microsoft gives us a token for what we say."""
        try:
            token = self.token
            if token is None:
                password = self.settings.teams_app_password.get_secret_value()
                token = await asyncio.to_thread(
                    microsofts, self.settings.teams_app_id, password, self.settings.teams_tenant_id
                )
            await Calls(session, token).check()
        except Halted as refused:
            fix = "Entra → App registrations → Certificates & secrets: make a new secret, set TEAMS_APP_PASSWORD."
            self._say("app password", "broken", refused.error.partition("\r")[0][:200], fix)
        except (Away, OSError, ValueError) as away:
            fix = "Let this machine reach https://login.microsoftonline.com."
            self._say("app password", "absent", f"Microsoft cannot be asked: {type(away).__name__}", fix)
        else:
            self._say("app password", "fine", "Microsoft gives us a token")

    def _tenants(self) -> None:
        tenants = sorted(tenants_of(self.settings))
        if tenants:
            self._say("tenants", "fine", ", ".join(tenants))

    async def _keys(self, session: aiohttp.ClientSession) -> None:
        """Without Microsoft's keys nobody can be let in."""
        url = keys_url()
        try:
            async with session.get(url) as response:
                reachable = response.status == 200
                found = f"{url} answers {response.status}"
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            reachable, found = False, f"{url}: {type(error).__name__}"
        fix = "" if reachable else f"Let this machine reach {url.partition('/v1')[0]}."
        self._say("Microsoft's keys", "fine" if reachable else "broken", found, fix)

    async def _endpoint(self, session: aiohttp.ClientSession) -> None:
        """Our own URL as the world sees it: it must answer, and refuse whoever brings no token."""
        if not self.url:
            self._say(
                "endpoint", "absent", "not tried", "Give --url, the messaging endpoint of the bot's registration."
            )
            return
        activity = {"type": "message", "channelId": "msteams", "serviceUrl": "https://smba.trafficmanager.net/"}
        try:
            async with session.post(self.url, json=activity) as response:
                status = response.status
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            self._say(
                "endpoint", "broken", f"{type(error).__name__}: {error}", "Is `hilda serve` reachable from there?"
            )
            return
        match status:
            case 401:
                self._say("endpoint", "fine", "answers, and lets nobody in without a token")
            case 404 | 405:
                self._say("endpoint", "broken", f"answers {status}", f"The path is {PATH}.")
            case _:
                self._say("endpoint", "broken", f"answers {status} where 401 is right", "Is that Hilda?")

    def _say(self, what: str, state: State, found: str, fix: str = "") -> None:
        self.found.append(Checked(what, state, found, fix))
