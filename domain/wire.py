"""Our words as JSON and back: what jobs and the outbox keep between processes.

Every value carries the name of its class, since parts and messages are unions; pydantic checks what comes back.
"""

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from domain.cards import Card, Part
from domain.messages import Incoming, Reply
from domain.plain_json import Json

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_PARTS = {part.__name__: part for part in get_args(Part)}
_INCOMING = {kind.__name__: kind for kind in get_args(Incoming)}


def reply_as_json(reply: Reply) -> Json:
    """One reply with its card, as plain JSON."""
    card = _dump(Card, reply.card)
    card["parts"] = [{"part": type(part).__name__, **_dump(type(part), part)} for part in reply.card.parts]
    return {**_dump(Reply, reply), "card": card}


def reply_from_json(value: Json) -> Reply:
    """The inverse of `reply_as_json`; ValueError for anything it did not write."""
    parts = tuple(_named(part, "part", _PARTS) for part in value["card"]["parts"])
    card: Card = _adapter(Card).validate_python({**value["card"], "parts": ()})
    whole: Reply = _adapter(Reply).validate_python({**value, "card": card})
    return replace(whole, card=replace(card, parts=parts))


def incoming_as_json(incoming: Incoming) -> Json:
    """A message, a button, a form or an alert, as plain JSON."""
    return {"incoming": type(incoming).__name__, **_dump(type(incoming), incoming)}


def incoming_from_json(value: Json) -> Incoming:
    """The inverse of `incoming_as_json`; ValueError for anything it did not write."""
    found: Incoming = _named(value, "incoming", _INCOMING)
    return found


def _named(value: Json, tag: str, known: dict[str, Any]) -> Any:
    fields = dict(value)
    name = fields.pop(tag, None)
    if name not in known:
        raise ValueError(f"{name!r} is no {tag}")
    return _adapter(known[name]).validate_python(fields)


def _dump(kind: Any, value: Any) -> Json:
    dumped: Json = _adapter(kind).dump_python(value, mode="json")
    return dumped


@cache
def _adapter(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
