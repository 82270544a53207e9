"""A look that nobody asked for: as for a question, with the same deadlines, shared by alerts that come at once.

A storm of alerts must not become a storm of requests: one look serves everything about its namespace for a few seconds,
and a few looks at a time are enough for anybody.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from domain.alerts import Alert
from domain.errors import ToolFailed
from domain.findings import Cause, Finding
from domain.messages import Message
from domain.people import Person
from graphs.desk import Desk
from graphs.diagnosis import Seen, explain, look_around, recall
from graphs.focus import Focus
from graphs.replying import Replies
from graphs.words.answer import Answer, named
from policy.untrusted import clean

KEPT_SECONDS = 10.0
AT_ONCE = 2
PATIENCE = 45.0
"""Seconds after which an incident is announced without having been looked into."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a look found about some alerts; `blind` says in a sentence why it could not look."""

    cause: Cause | None = None
    answer: Answer | None = None
    blind: str = ""


@dataclass
class UnaskedLooks:
    desk: Desk
    _looks: dict[str, tuple[float, "asyncio.Task[Seen]"]] = field(default_factory=dict)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def look(self, alerts: Sequence[Alert], focus: Focus) -> Found:
        """What is behind these alerts, and everything that its answer is written from."""
        message = self._message(alerts)
        try:
            async with asyncio.timeout(PATIENCE):
                seen = await self._seen(message, focus)
                return await self._understood(message, seen, alerts, focus)
        except ToolFailed as failed:
            return Found(blind=str(failed))
        except TimeoutError:
            return Found(blind=f"I found no time to look within {PATIENCE:.0f} s: too much happens at once.")

    async def close(self) -> None:
        """End what nobody waits for any more."""
        tasks = [task for _, task in self._looks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _understood(self, message: Message, seen: Seen, alerts: Sequence[Alert], focus: Focus) -> Found:
        cause = cause_of(seen, alerts, focus)
        others = tuple(c for c in seen.causes if c is not cause and c.finding.code != "alert-firing")
        mine = replace(seen, causes=(cause, *others) if cause else others)
        recalled = await recall(self.desk, cause) if cause else None
        silent = Replies(message, lambda _: None, self.desk.label)
        answer = await explain(self.desk, message, mine, recalled, focus, silent)
        return Found(cause, answer)

    async def _seen(self, message: Message, focus: Focus) -> Seen:
        """One look for everything that asks about the same namespace at about the same time."""
        begun, task = self._looks.get(focus.namespace, (0.0, None))
        if task is None or time.monotonic() - begun > KEPT_SECONDS or _failed(task):
            task = asyncio.create_task(self._in_turn(message, Focus(namespace=focus.namespace)))
            self._looks[focus.namespace] = (time.monotonic(), task)
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        # Others may wait for the same look: who gives up does not end it for them.
        return await asyncio.shield(task)

    async def _in_turn(self, message: Message, focus: Focus) -> Seen:
        async with self._turns:
            return await look_around(self.desk, message, focus)

    def _message(self, alerts: Sequence[Alert]) -> Message:
        """What somebody would have asked. Labels and annotations are strangers' words and no part of it."""
        names = ", ".join(dict.fromkeys(clean(alert.name, cap=60) for alert in alerts[:3]))
        author = Person("alertmanager", "", "")
        return Message(f"alerts:{alerts[0].id}", author, "", f"Why does the alert {names} fire?", self.desk.clock())


def cause_of(seen: Seen, alerts: Sequence[Alert], focus: Focus) -> Cause | None:
    """The cause of these alerts: one that explains them, else one of what they are about.

    Alerts that name no more than a namespace are taken to be about what is most wrong in it; those that name not even
    that, only about what their labels name.
    """
    causes = [cause for cause in seen.causes if cause.finding.code != "alert-firing"]
    fired = {clean(alert.name, cap=120) for alert in alerts}
    values = {value for alert in alerts for value in alert.labels.values() if value}
    explains = (c for c in causes if any(_is_alert(f, fired, focus) for f in c.consequences))
    concerns = (c for c in causes if focus.service and Seen.concerns(c, focus.service))
    names = (c for c in causes if values & {name for name in named(c.finding) if name})
    anywhere = (c for c in causes if focus.namespace and not focus.service)
    return next(explains, None) or next(concerns, None) or next(names, None) or next(anywhere, None)


def _is_alert(finding: Finding, names: set[str], focus: Focus) -> bool:
    if finding.code != "alert-firing" or finding.facts.get("alert") not in names:
        return False
    return not focus.service or focus.service in named(finding)


def _failed(task: "asyncio.Task[Seen]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
