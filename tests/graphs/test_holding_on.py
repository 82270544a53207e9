"""A conversation keeps hold of what it was told, for as long as a fresh look does not show better."""

from tests.graphs.drawn_up import Conversation, conversation, many_without_a_node
from tests.tools.detectors import things as k
from tests.tools.detectors.test_held import CRASHED, STARTING, WELL, web

__all__ = ["conversation"]


async def test_the_checklist_is_of_the_cause_that_was_told(conversation: Conversation) -> None:
    """A look between two crashes sees a stuck rollout only, and must not make that the thing to mend."""
    conversation.shows(web(CRASHED))
    await conversation.says("why does web crash?")
    conversation.shows(web(STARTING, stuck=True))

    assert "Give CACHE the value it had" in await conversation.says("checklist")
    why = await conversation.says("why do you think so?")
    assert "crashes since CACHE was changed" in why
    assert "(seen 0 s ago)" in why


async def test_what_is_healed_by_now_is_said_to_be(conversation: Conversation) -> None:
    conversation.shows(web(CRASHED))
    await conversation.says("why does web crash?")
    conversation.shows(web(WELL))

    climbed = await conversation.says("checklist")

    assert "Nothing to mend" in climbed
    assert "no longer shows: web crashes since CACHE was changed" in climbed
    assert "This is what is wrong now" not in climbed


async def test_nobody_climbs_for_another_cause_unawares(conversation: Conversation) -> None:
    """A deeper one is told first, as an answer; the next step is then about that one."""
    conversation.shows(web(CRASHED))
    await conversation.says("why does web crash?")
    conversation.shows(web(k.status(**k.waiting("CreateContainerConfigError", 'configmap "web-config" not found'))))

    told = await conversation.says("checklist")
    climbed = await conversation.says("checklist")

    assert "I see further now than before: web crashes since CACHE was changed" in told
    assert "web needs ConfigMap web-config" in told
    assert "- [ ] " not in told
    assert "- [ ] " in climbed
    assert "web-config" in climbed


async def test_heavier_trouble_elsewhere_does_not_take_over_a_climb(conversation: Conversation) -> None:
    """It is there for the next question."""
    conversation.shows(web(CRASHED))
    await conversation.says("what is wrong?")
    conversation.shows(web(CRASHED), *many_without_a_node())

    climbed = await conversation.says("checklist")
    asked = await conversation.says("what is wrong?")

    assert "Give CACHE the value it had" in climbed
    assert "batch" in asked.splitlines()[0]
