"""Lets a model say it better, and believes nothing that the evidence does not hold.

What is cited must exist, objects must have been observed, numbers must occur in the evidence; no commands, no links.
One sentence that breaks a rule costs the whole answer: half a lie reads like the truth.
"""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.evidence import Evidence
from domain.findings import Cause
from domain.plain_json import Json
from graphs.chat_model import ChatModel, ModelFailed
from policy.redaction import redact
from policy.untrusted import clean, has_deceptive_characters
from prompts import templates

_MOST_EVIDENCE = 24
_MOST_SAMPLE = 400


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelWords:
    """What a model said and the evidence bears out."""

    sentences: tuple[Sentence, ...]
    next_question: str
    model: str


async def words_for(
    model: ChatModel,
    question: str,
    causes: Sequence[Cause],
    evidence: Sequence[Evidence],
    notes: Sequence[str],
    now: datetime,
    *,
    on_words: Callable[[int], None] = lambda _: None,
) -> ModelWords:
    """The model's answer to `question` over what was observed; ModelFailed when none of it may be shown."""
    pack = evidence_pack(causes, evidence, notes)
    marker = f"<<{secrets.token_hex(8)}>>"
    asked = templates.fill(
        "question", question=redact(clean(question, cap=2000)), now=now.isoformat(), marker=marker, pack=pack
    )
    answer = await model.ask(templates.fill("explain", marker=marker), asked, on_words=on_words)
    return believed(answer, pack, {item.id for item in evidence}, model.name)


def evidence_pack(causes: Sequence[Cause], evidence: Sequence[Evidence], notes: Sequence[str]) -> str:
    """The compact text that a model reads: causes, then evidence with ids, then what could not be seen."""
    lines = [
        f"cause {number} ({cause.confidence:.0%} sure): {cause.finding.title} [{cause.finding.object}]"
        + (f" since {cause.finding.since.isoformat()}" if cause.finding.since else "")
        + "".join(f"\n  consequence: {finding.title}" for finding in cause.consequences[:6])
        + "".join(f"\n  {name}: {value}" for name, value in sorted(cause.finding.facts.items()))
        for number, cause in enumerate(causes, 1)
    ] or ["no cause was found: nothing is wrong that can be seen"]
    for item in evidence[:_MOST_EVIDENCE]:
        sample = clean(item.sample, cap=_MOST_SAMPLE).replace("\n", "\n    ")
        lines.append(f"evidence {item.id} ({item.source}, {item.trust}): {item.summary}\n    {sample}".rstrip())
    lines += [f"not seen: {note}" for note in notes]
    return redact("\n".join(lines))


def believed(answer: Json, pack: str, ids: set[str], model: str) -> ModelWords:
    """The sentences of `answer`, all of them; ModelFailed names the first rule that one of them breaks."""
    raw = answer.get("sentences")
    if not isinstance(raw, list) or not raw or len(raw) > 8:
        raise ModelFailed("the model's answer was not in the agreed form")
    sentences = tuple(_sentence(item, pack, ids) for item in raw)
    following = answer.get("next_question", "")
    follow = following if isinstance(following, str) and len(following) < 200 else ""
    if follow and _fault(follow, pack):
        follow = ""
    return ModelWords(sentences, follow.strip(), model)


def _sentence(item: object, pack: str, ids: set[str]) -> Sentence:
    if (
        not isinstance(item, dict)
        or not isinstance(item.get("text"), str)
        or not isinstance(item.get("evidence"), list)
    ):
        raise ModelFailed("the model's answer was not in the agreed form")
    text, cited = " ".join(item["text"].split()), tuple(map(str, item["evidence"]))
    if not cited or not set(cited) <= ids:
        raise ModelFailed("the model cited evidence that does not exist")
    if not text or len(text) > 600:
        raise ModelFailed("the model's answer was not in the agreed form")
    if fault := _fault(text, pack):
        raise ModelFailed(f"the model {fault}")
    return Sentence(text, cited)


_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,:]\d+)*")
_QUOTED = re.compile(r"`([^`]+)`")
_KIND_AND_NAME = re.compile(
    r"\b(?:deployment|pod|service|statefulset|daemonset|configmap|node|namespace|container|job|replicaset)s?[ /]"
    r"(?:named |called )?[`'\"]?([a-z0-9][-a-z0-9.]*)",
    re.IGNORECASE,
)
_HYPHENATED = re.compile(r"\b[a-z0-9]+(?:-[a-z0-9]+)+\b")
_TELLING = frozenset(
    "api app cache config controller cluster daemon db frontend backend gateway job operator pod postgres prod proxy "
    "queue redis mysql secret server service staging svc web worker".split()
)
_COMMAND = re.compile(
    r"\b(kubectl|helm|curl|wget|bash|sh -c|rm -|sudo|docker|eval)\b|https?://|www\.|\$\(", re.IGNORECASE
)
_ORDINARY = frozenset(
    "is was are were has and or in of the that which to on for with could may will itself failed crashed restarted "
    "keeps cannot does did exists that's template templates spec image images logs log ready status name names account "
    "have been being from at by started starts became".split()
)


def _fault(text: str, pack: str) -> str:
    """Why `text` may not be shown; "" when it may."""
    if has_deceptive_characters(text):
        return "used characters that deceive"
    if _COMMAND.search(text):
        return "wrote a command or a link"
    numbers = set(_NUMBER.findall(pack))
    if any(number not in numbers for number in _NUMBER.findall(text)):
        return "used a number that is not in the evidence"
    known = pack.lower()
    names = {
        *(quoted for quoted in _QUOTED.findall(text)),
        *(name for name in _KIND_AND_NAME.findall(text) if name.lower() not in _ORDINARY),
        *(word for word in _HYPHENATED.findall(text.lower()) if _looks_like_a_name(word, known)),
    }
    if any(name.lower().strip(".") not in known for name in names):
        return "named something that was not observed"
    return ""


def _looks_like_a_name(word: str, known: str) -> bool:
    """Whether a hyphenated word means an object rather than being ordinary English."""
    parts = word.split("-")
    return any(part in _TELLING or any(c.isdigit() for c in part) for part in parts) or (
        len(parts) == 2 and re.search(rf"\b{re.escape(parts[0])}-", known) is not None
    )
