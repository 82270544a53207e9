"""Kubernetes' protobuf, read only: some of kubectl's commands send their objects in it and take JSON for an answer."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson

from practice.api import Json
from practice.api_server import recordings
from practice.api_server.times import micro_stamp, stamp

MAGIC = b"k8s\0"

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_LISTS = ("ExtraValue", "Verbs")
"""Messages that stand for a list, as protobuf has no lists of lists."""


class NotProtobuf(ValueError):
    """Bytes that are no Kubernetes object in protobuf."""


def decoded(raw: bytes) -> Json:
    """The object in an envelope of apiVersion, kind and bytes; zero values are there, as protobuf writes them.

    >>> decoded(MAGIC + bytes([10, 15, 10, 2]) + b"v1" + bytes([18, 9]) + b"ConfigMap" + bytes([18, 2, 10, 0]))
    {'kind': 'ConfigMap', 'apiVersion': 'v1', 'metadata': {}}
    """
    if not raw.startswith(MAGIC):
        raise NotProtobuf(
            f"provided data does not appear to be a protobuf message, expected prefix [{' '.join(map(str, MAGIC))}]"
        )
    try:
        envelope = dict(_wire(raw[len(MAGIC) :]))
        type_ = dict(_wire(envelope[1]))
        api_version, kind = type_[1].decode(), type_[2].decode()
        return {"kind": kind, "apiVersion": api_version, **_message(_name(api_version, kind), envelope.get(2, b""))}
    except (LookupError, AttributeError, TypeError, ValueError, OverflowError) as error:
        raise NotProtobuf(str(error)) from None


@cache
def _messages() -> dict[str, dict[int, tuple[str, str, str]]]:
    """{message: {number: (name, type, label)}}"""
    recorded = recordings.protobuf()
    return {name: {int(key): tuple(field) for key, field in fields.items()} for name, fields in recorded.items()}


def _name(api_version: str, kind: str) -> str:
    if kind == "DeleteOptions":
        return _META + kind
    group, _, version = api_version.rpartition("/")
    return f"io.k8s.api.{group.partition('.')[0] or 'core'}.{version}.{kind}"


def _message(name: str, raw: bytes) -> Json:
    fields = _messages()[name]
    found: Json = {}
    for number, value in _wire(raw):
        if number not in fields:
            continue
        key, type_, label = fields[number]
        match label:
            case "inline":
                found |= _message(type_, value)
            case "map":
                entry = dict(_wire(value))
                found.setdefault(key, {})[entry.get(1, b"").decode()] = _value(type_, entry.get(2, _nothing(type_)))
            case "repeated" if isinstance(value, bytes) and type_ in ("int32", "int64", "bool"):
                found.setdefault(key, []).extend(_value(type_, each) for each in _packed(value))
            case "repeated":
                found.setdefault(key, []).append(_value(type_, value))
            case _:
                found[key] = _value(type_, value)
    return found


def _value(type_: str, value: Any) -> Any:
    match type_:
        case "string":
            return value.decode()
        case "bytes":
            return base64.b64encode(value).decode()
        case "bool":
            return bool(value)
        case "int32" | "int64":
            return value - 2**64 if value >= 2**63 else value
    short = type_.rpartition(".")[2]
    parts = dict(_wire(value)) if short in _SPECIAL else {}
    match short:
        case "Quantity":
            return parts.get(1, b"0").decode()
        case "IntOrString":
            return parts.get(3, b"").decode() if parts.get(1) else _value("int32", parts.get(2, 0))
        case "Time" | "MicroTime":
            return _time(parts, micro=short == "MicroTime")
        case "RawExtension" | "FieldsV1":
            return orjson.loads(parts[1]) if parts.get(1) else None
    if short in _LISTS:
        return [each.decode() for _, each in _wire(value)]
    return _message(type_, value)


_SPECIAL = frozenset("Quantity IntOrString Time MicroTime RawExtension FieldsV1".split())


def _time(parts: dict[int, Any], *, micro: bool) -> str | None:
    if not parts:
        return None
    at = datetime.fromtimestamp(_value("int64", parts.get(1, 0)), UTC)
    return micro_stamp(at.replace(microsecond=parts.get(2, 0) // 1000)) if micro else stamp(at)


def _nothing(type_: str) -> Any:
    return 0 if type_ in ("int32", "int64", "bool") else b""


def _wire(raw: bytes) -> Iterator[tuple[int, Any]]:
    """(field number, number or bytes) pairs."""
    at = 0
    while at < len(raw):
        key, at = _varint(raw, at)
        match key & 7:
            case 0:
                value, at = _varint(raw, at)
                yield key >> 3, value
            case 2:
                length, at = _varint(raw, at)
                if at + length > len(raw):
                    raise NotProtobuf("unexpected EOF")
                yield key >> 3, raw[at : at + length]
                at += length
            case 1 | 5 as width:
                at += 8 if width == 1 else 4
            case other:
                raise NotProtobuf(f"wrong wireType = {other}")


def _packed(raw: bytes) -> Iterator[int]:
    at = 0
    while at < len(raw):
        value, at = _varint(raw, at)
        yield value


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**64 - 1), at
        shift += 7
