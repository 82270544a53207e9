"""Which app this is, in which workspace: what Slack says of the bot token."""

from dataclasses import dataclass

from bot.doors.slack.calls import Calls


@dataclass(frozen=True, slots=True)
class Installation:
    team: str
    enterprise: str
    bot_user: str
    bot: str
    url: str = ""

    @property
    def tenant(self) -> str:
        """The home of its people: ids of people are unique in an enterprise, or else in a workspace."""
        return self.enterprise or self.team

    @classmethod
    async def ask(cls, calls: Calls) -> "Installation":
        """What `auth.test` says; the errors are those of a call."""
        said = await calls("auth.test")
        return cls(
            team=str(said.get("team_id") or ""),
            enterprise=str(said.get("enterprise_id") or ""),
            bot_user=str(said.get("user_id") or ""),
            bot=str(said.get("bot_id") or ""),
            url=str(said.get("url") or ""),
        )
