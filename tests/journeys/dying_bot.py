"""A bot process that stops dead at a named point, to be killed there: `python -m tests.journeys.dying_bot JSON`.

The points are around calls of the store, so the product needs no switch for them.
"""

import asyncio
import json
import sys
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.app import App, open_app
from bot.settings import load_settings
from domain import job_kinds
from domain.messages import ButtonPressed, Incoming, Message
from domain.people import Person
from domain.wire import incoming_as_json


async def main(given: dict[str, str]) -> None:
    settings = load_settings(
        kubeconfig=given["kubeconfig"], context=given["context"], state_dir=Path(given["folder"]), environments={}
    )
    async with open_app(settings, lease_seconds=2.0) as app:
        _stop_at(given["barrier"], app, Path(given["reached"]))
        incoming = _incoming(given, app)
        await app.store.jobs.put(
            incoming.id, job_kinds.incoming(app.desk.cluster), incoming_as_json(incoming), incoming.conversation
        )
        await app.worker.run()


def _incoming(given: dict[str, str], app: App) -> Incoming:
    person = Person("practice", app.desk.cluster, given["person"])
    if given["barrier"].endswith("approval"):
        return ButtonPressed(
            uuid.uuid4().hex,
            person,
            given["conversation"],
            "approve",
            given["proposal"],
            given["prefix"],
            datetime.now(UTC),
        )
    return Message(uuid.uuid4().hex, person, given["conversation"], "script", datetime.now(UTC))


def _stop_at(barrier: str, app: App, reached: Path) -> None:
    when, _, what = barrier.partition(" ")
    part, name = {"proposal": (app.store.proposals, "propose"), "approval": (app.store.decisions, "decide")}[what]
    original: Callable[..., Awaitable[Any]] = getattr(part, name)

    async def stopping(*args: Any, **kwargs: Any) -> Any:
        if when == "after":
            await original(*args, **kwargs)
        reached.touch()  # noqa: ASYNC240 - the process has nothing else to do
        await asyncio.sleep(3600)

    setattr(part, name, stopping)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
