"""A model may say it better; it can never say what was not observed, and never cost the answer."""

from datetime import UTC, datetime

import pytest

from domain.evidence import Evidence, observed
from domain.findings import Cause, Finding, Severity
from domain.model_use import ModelPrice
from domain.objects import ObjectRef
from graphs.chat_model import ChatModel, ModelFailed
from graphs.model_words import believed, evidence_pack, words_for
from tests.fakes.model_server import BEHAVIOURS, evidence_in, model_server

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
WEB = ObjectRef("c1", "shop", "Deployment", "web-front")


def _evidence() -> Evidence:
    return observed(
        "kubernetes",
        "pods",
        "3 pods of web-front cannot pull their image",
        sample="manifest unknown\ntoken=ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        check="kubectl get pods",
        trust="untrusted",
        objects=(WEB,),
    )


def _cause() -> Cause:
    return Cause(Finding("image-pull", Severity.critical, WEB, "web-front cannot pull its image", (_evidence(),)), 0.9)


def _model(url: str, seconds: float = 1.5) -> ChatModel:
    return ChatModel(model="scripted", api_key="k", base_url=url, seconds=seconds)


async def test_a_good_model_answers_the_question_in_words_that_cite_evidence() -> None:
    """The question itself is answered, which a template cannot do, and every sentence cites what was seen."""
    async with model_server("good") as server, _model(server.url, seconds=20) as model:
        words = await words_for(model, "is the new image to blame?", [_cause()], [_evidence()], [], NOW)

    assert "is the new image to blame" in words.sentences[0].text
    assert words.sentences[0].evidence == (_evidence().id,)
    assert words.next_question == "Who changed it?"


@pytest.mark.parametrize("behaviour", sorted(set(BEHAVIOURS) - {"good"}))
async def test_a_bad_model_is_not_believed(behaviour: str) -> None:
    """Slow, broken, lying or hostile: one short reason, and none of its words."""
    async with model_server(behaviour) as server, _model(server.url) as model:
        with pytest.raises(ModelFailed) as refused:
            await words_for(model, "what is wrong?", [_cause()], [_evidence()], [], NOW)

    assert len(str(refused.value)) < 120
    assert "sk-verysecret" not in str(refused.value)


async def test_what_was_asked_is_counted_until_it_is_taken() -> None:
    """Endpoints that count nothing are guessed at; what was asked in vain was asked all the same."""
    async with model_server("good") as server, _model(server.url, seconds=20) as model:
        await words_for(model, "is the new image to blame?", [_cause()], [_evidence()], [], NOW)
        used, again = model.take_used(), model.take_used()
    async with model_server("garbage") as server, _model(server.url) as model:
        with pytest.raises(ModelFailed):
            await words_for(model, "what is wrong?", [_cause()], [_evidence()], [], NOW)
        in_vain = model.take_used()

    assert (used.asked, again.asked, in_vain.asked) == (1, 0, 1)
    assert used.tokens_read > 100
    assert used.tokens_written > 10
    assert used.at(ModelPrice.parse("2.50/10 USD")).cost == pytest.approx(
        (used.tokens_read * 2.5 + used.tokens_written * 10) / 1e6
    )


async def test_nobody_listening_costs_nothing_but_the_words() -> None:
    """A wrong address is a reason, not an error."""
    async with _model("http://127.0.0.1:9/v1") as model:
        with pytest.raises(ModelFailed, match="endpoint failed"):
            await words_for(model, "what is wrong?", [_cause()], [_evidence()], [], NOW)


async def test_secrets_in_evidence_never_reach_the_model() -> None:
    """What is sent is redacted, the question included."""
    async with model_server("good") as server, _model(server.url, seconds=20) as model:
        await words_for(model, "why? password=hunter2hunter2", [_cause()], [_evidence()], [], NOW)

    assert "ghp_0123" not in str(server.asked)
    assert "hunter2hunter2" not in str(server.asked)


async def test_evidence_is_data_behind_a_marker_that_nobody_can_guess() -> None:
    """Two questions have two markers, and evidence is never in the system prompt."""
    async with model_server("good") as server, _model(server.url, seconds=20) as model:
        for _ in range(2):
            await words_for(model, "what is wrong?", [_cause()], [_evidence()], [], NOW)

    systems = [asked["messages"][0]["content"] for asked in server.asked]  # type: ignore[index]
    assert systems[0] != systems[1]
    assert all("web-front" not in system for system in systems)


def test_one_false_sentence_costs_the_whole_answer() -> None:
    """Half a lie reads like the truth."""
    pack = evidence_pack([_cause()], [_evidence()], [])
    identity = evidence_in(pack)[0][0]
    true = {"text": "web-front cannot pull its image.", "evidence": [identity]}
    false = {"text": "It began 17 days ago.", "evidence": [identity]}

    assert believed({"sentences": [true]}, pack, {identity}, "m").sentences
    with pytest.raises(ModelFailed, match="number"):
        believed({"sentences": [true, false]}, pack, {identity}, "m")
