"""A server that is slow with one kind: the question is answered all the same."""

import pytest

from domain.errors import ToolFailed
from tests.graphs.drawn_up import Conversation, conversation
from tests.tools.detectors.test_held import CRASHED, web
from tests.tools.kubernetes.api_server import after

__all__ = ["conversation"]


async def test_a_kind_that_is_slow_keeps_nobody_from_an_answer(conversation: Conversation) -> None:
    """Nothing is said not to exist because it could not be read."""
    conversation.shows(web(CRASHED))
    conversation.server.odd["/apis/apps/v1/daemonsets"] = after(5)
    conversation.server.odd["/apis/apps/v1/namespaces/shop/daemonsets"] = after(5)
    conversation.app.desk.look_seconds = 0.5

    assert "crashes since CACHE was changed" in await conversation.says("why does web crash?")
    assert "There is no" not in await conversation.says("what is wrong with web-agent?")


async def test_a_server_that_answers_nothing_in_time_is_said_to_be_slow(conversation: Conversation) -> None:
    desk = conversation.app.desk
    desk.look_seconds = 0.2
    for path in ("/api/v1/namespaces", "/api/v1/pods", "/api/v1/services"):
        conversation.server.odd[path] = after(5)
    for plural in ("deployments", "statefulsets", "daemonsets"):
        conversation.server.odd[f"/apis/apps/v1/{plural}"] = after(5)

    with pytest.raises(ToolFailed, match="slow or out of reach"):
        await desk.names()
