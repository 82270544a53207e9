"""Everything of the app beside conversations: commands, shortcuts, modals, the Home tab, the assistant, feedback."""

import re
from datetime import UTC, datetime

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.doors.slack.assistant import Assistant
from bot.doors.slack.calls import Calls
from bot.doors.slack.commands.command import Commands
from bot.doors.slack.feedback import Feedback
from bot.doors.slack.home import Home
from bot.doors.slack.listener import Listener
from bot.doors.slack.manifest import COMMAND
from bot.doors.slack.modals import Modals
from bot.doors.slack.people_modal import PeopleModal
from bot.doors.slack.reception import Reception
from bot.doors.slack.render.modals import message_view
from bot.doors.slack.shortcuts import Shortcuts
from bot.doors.slack.ticking import Ticking
from bot.doors.systems import systems
from domain.cards import Text, card
from graphs.desk import Desk


class Surfaces:
    def __init__(self, listener: Listener, desk: Desk, calls: Calls) -> None:
        self._reception = Reception(
            listener, calls, desk.label, desk.highest, lambda: systems(desk), lambda: datetime.now(UTC)
        )
        self._home = Home(self._reception)

    def register(self, app: AsyncApp) -> None:
        """Before the listener's own: what comes first, hears."""
        modals = Modals(self._reception, self._home)
        people = PeopleModal(self._reception)
        commands = Commands(self._reception, self._home, modals, people)
        for part in (commands, Shortcuts(self._reception), modals, people, self._home):
            part.register(app)
        Assistant(self._reception).register(app)
        Feedback(self._reception).register(app)
        Ticking(self._reception).register(app)
        unknown = re.compile(".*")
        app.view(unknown)(_no_such_window)
        app.view_closed(unknown)(_noted)
        app.shortcut(unknown)(_noted)
        app.command(unknown)(_no_such_command)

    async def follow(self) -> None:
        """Keep what people have open up to date, until cancelled."""
        await self._home.follow()

    async def close(self) -> None:
        await self._reception.close()


async def _no_such_window(ack: AsyncAck) -> None:
    """Of another release: closed with a word rather than with Slack's own error."""
    told = Text("It was opened by another release of mine. Nothing was done; please begin again.")
    await ack(response_action="update", view=message_view(card("This no longer works", told, tone="warning")))


async def _no_such_command(ack: AsyncAck) -> None:
    await ack(f"I know `{COMMAND}` only: `{COMMAND} help` says what it can do.")


async def _noted(ack: AsyncAck) -> None:
    await ack()
