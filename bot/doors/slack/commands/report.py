"""`/hilda report`: the day now, every day, only some of it, or no more of it; the words behind it say which."""

from bot.doors.slack.commands.asked import Asked
from bot.doors.slack.commands.questions import Questions


class Reporting:
    def __init__(self, questions: Questions) -> None:
        self._questions = questions

    async def report(self, asked: Asked) -> None:
        """As if it had been said here: what is daily afterwards, is so for this channel."""
        await self._questions.question(asked, f"report {asked.words}".strip())
