"""Secrets out of text, before a model, a chat or the audit sees it.

Five looks at the same text: private keys (key_blocks.py), pasted Secrets (pasted_secrets.py), credentials in
addresses, headers and command lines (credential_places.py), values beside names that announce them
(named_secrets.py), and tokens known by their shape (token_shapes.py). What is found is replaced by a mark that names
nothing; the rest of the text stays as it is.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from domain.plain_json import Json
from policy.credential_places import place_spans
from policy.key_blocks import key_spans
from policy.named_secrets import named_spans
from policy.pasted_secrets import pasted_spans
from policy.secret_names import Announces, announces
from policy.secret_values import MARK, is_secret_value
from policy.token_shapes import token_spans

Span = tuple[int, int]
_LOOKS: tuple[Callable[[str], Iterable[Span]], ...] = (
    key_spans,
    pasted_spans,
    place_spans,
    named_spans,
    token_spans,
)


_LONG = 256 * 1024
"""Above this, one look has to do: a second one finds next to nothing, and takes as long."""


def redact(text: str) -> str:
    """`text` with every secret we can tell replaced by `[redacted]`.

    Redacting twice changes nothing, in texts under 256 KB.
    """
    for _ in range(1 if len(text) > _LONG else 4):
        shorter = _redacted_once(text)
        if shorter == text:
            break
        text = shorter
    return text


def secret_spans(text: str) -> list[Span]:
    """Where secrets stand in `text`, in order and without overlap."""
    merged: list[Span] = []
    for start, end in sorted([*_marks(text), *(span for look in _LOOKS for span in look(text))]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return [(start, end) for start, end in merged if text[start:end] != MARK]


def _marks(text: str) -> Iterator[Span]:
    """What was redacted before: it joins whatever touches it, so that no mark is redacted in part."""
    return (match.span() for match in re.finditer(re.escape(MARK), text))


def redact_json(value: Any, *, name: str = "") -> Any:
    """A copy of plain JSON with secrets redacted in every string, keys' names taken into account."""
    match value:
        case dict():
            named = value.get("name") or value.get("key")
            return {
                key: redact_json(item, name=named if key == "value" and isinstance(named, str) else key)
                for key, item in value.items()
            }
        case list() | tuple():
            return [redact_json(item, name=name) for item in value]
        case str():
            return _redacted_value(value, name)
        case int() | float() if not isinstance(value, bool) and announces(name) is Announces.password:
            return MARK
        case _:
            return value


def strip_secret(obj: Json) -> Json:
    """A copy of a Kubernetes object that cannot leak: a Secret keeps the names of its keys and loses their values."""
    if obj.get("kind") == "SecretList" or (obj.get("kind") == "List" and isinstance(obj.get("items"), list)):
        return {**obj, "items": [strip_secret(_typed(item, obj)) for item in obj.get("items") or ()]}
    if obj.get("kind") != "Secret":
        return obj
    stripped = {key: value for key, value in obj.items() if key not in ("data", "stringData")}
    for part in ("data", "stringData"):
        if isinstance(obj.get(part), dict):
            stripped[part] = dict.fromkeys(obj[part], MARK)
    metadata = dict(obj.get("metadata") or {})
    metadata.pop("managedFields", None)
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict):
        metadata["annotations"] = {
            key: MARK if key.endswith("last-applied-configuration") else redact(str(value))
            for key, value in annotations.items()
        }
    stripped["metadata"] = metadata
    return stripped


def _typed(item: Json, parent: Json) -> Json:
    """Items of a SecretList carry no kind of their own."""
    return {"kind": "Secret", **item} if parent.get("kind") == "SecretList" else item


def _redacted_once(text: str) -> str:
    spans = secret_spans(text)
    return "".join(_pieces(text, spans)) if spans else text


def _pieces(text: str, spans: list[Span]) -> Iterator[str]:
    at = 0
    for start, end in spans:
        yield text[at:start]
        yield MARK
        at = end
    yield text[at:]


def _redacted_value(value: str, name: str) -> str:
    if is_secret_value(value, announces(name), name):
        return MARK
    return redact(value)
