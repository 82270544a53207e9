"""`/hilda`: the table of its words, help, and did-you-mean. What is no word is a question."""

from difflib import get_close_matches

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.doors.slack.commands.asked import Asked, Word
from bot.doors.slack.commands.deciding import Deciding
from bot.doors.slack.commands.questions import Questions
from bot.doors.slack.commands.quiet import mute, stop
from bot.doors.slack.commands.report import Reporting
from bot.doors.slack.commands.standing import Standing
from bot.doors.slack.home import Home
from bot.doors.slack.manifest import COMMAND
from bot.doors.slack.modals import Modals
from bot.doors.slack.people_modal import PeopleModal
from bot.doors.slack.reception import Reception
from bot.doors.slack.spoken import plain
from domain.cards import Facts, Text, card
from domain.plain_json import Json
from domain.visible import one_line
from policy.roles import Act

_FOR_EVERYBODY = frozenset({"help", "who"})
"""Words that also those hear an answer to whom nobody gave a role."""


class Commands:
    def __init__(self, reception: Reception, home: Home, modals: Modals, people: PeopleModal) -> None:
        self._reception = reception
        self._questions = questions = Questions()
        reporting = Reporting(questions)
        deciding, standing = Deciding(home, modals), Standing(home, people, questions)
        self._words = (
            Word("help", "", "this list", self._help),
            Word("ask", "why is checkout slow?", "a question, answered here in a thread", questions.ask),
            Word("check", "[namespace]", "what is wrong, here or in one namespace", questions.check),
            Word("status", "[service]", "how a service is, or how my own connections are", standing.status),
            Word("incidents", "[acknowledge id]", "what is open, or a word about one", standing.incidents),
            Word("report", "[every day at 9]", "the day as it was: now, or daily in this channel", reporting.report),
            Word("runbook", "words", "the runbook that fits", questions.runbook),
            Word("proposals", "", "scripts that wait for a decision", deciding.proposals),
            Word("approve", "[id]", "read one whole, then approve it", deciding.approve),
            Word("reject", "[id] [why]", "say no; that is final", deciding.reject),
            Word("level", "[1-4]", "how high I climb here, and how to climb", standing.level),
            Word("who", "[@somebody]", "who you are to me, and what you may do", standing.who),
            Word("mute", "[2h, off]", "nothing unasked here for a while", mute),
            Word("stop", "", "stop what I am doing for you here", stop),
            Word("settings", "", "how I am set; administrators give roles", standing.settings),
        )

    def register(self, app: AsyncApp) -> None:
        app.command(COMMAND)(self.on_command)

    async def on_command(self, body: Json, ack: AsyncAck) -> None:
        word, _, rest = str(body.get("text") or "").strip().partition(" ")
        who = await self._reception.who(body)
        asked = Asked(self._reception, body, ack, who, word.lower().strip("?!., "), rest.strip())
        known = {one.name: one for one in self._words}
        if not asked.word:
            await self._help(asked)
        elif asked.word not in _FOR_EVERYBODY and not await self._reception.may(asked.person, Act.ask):
            how = f"You are {asked.person}. An administrator can bind you to a role."
            await asked.say("I do not know you", how)
        elif asked.word in known:
            await known[asked.word].do(asked)
        else:
            await self._unknown(asked)

    async def _unknown(self, asked: Asked) -> None:
        """A slip gets the word that was meant; anything else is a question."""
        near = get_close_matches(asked.word, [one.name for one in self._words], n=2, cutoff=0.75)
        whole = plain(str(asked.body.get("text") or "").strip())
        if not near:
            await self._questions.question(asked, whole)
            return
        meant = " or ".join(f"`{COMMAND} {name}{' ' + asked.words if asked.words else ''}`" for name in near)
        said = Text(f"There is no `{one_line(asked.word)}`. Did you mean {meant}?")
        how = Text(f"To ask it as a question: `{COMMAND} ask {one_line(whole)}`")
        await asked.answer(card("Did you mean…", said, how, cluster=self._reception.label))

    async def _help(self, asked: Asked) -> None:
        rows = tuple((f"{COMMAND} {one.name} {one.usage}".strip(), one.summary) for one in self._words)
        places = Text("Mention me in a channel, write to me directly, or press **Investigate this** on any message.")
        more = (
            f"Anything else after `{COMMAND}` is taken as a question. In a thread, just write: no command works there."
        )
        await asked.answer(card("What I can do", places, Facts(rows), Text(more), cluster=self._reception.label))
