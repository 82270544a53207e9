"""What botbuilder does around a turn, and what is spared."""

from pathlib import Path

import pytest
from msrest.universal_http.requests import ClientRetryPolicy

from tests.bot.doors.teams.made_up import open_office


async def test_to_hear_somebody_makes_no_client_to_speak_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """botbuilder would make two for each request, which takes longer than all the rest of it."""
    made = []
    real = ClientRetryPolicy.__init__

    def making(self: ClientRetryPolicy) -> None:
        made.append(self)
        real(self)

    monkeypatch.setattr(ClientRetryPolicy, "__init__", making)
    async with open_office(tmp_path) as office:
        ann = office.teams.person("ann")
        await ann.says(ann.own_chat, "what is wrong?")
        await office.settled()

        assert office.teams.in_thread(ann.own_chat)
        assert office.teams.answers == [(202, "")]
    assert not made
