"""Prometheus' remote write, by hand: the way to give a real one exact values at exact times, stale markers included."""

import struct
import urllib.request
from collections.abc import Iterator, Sequence

import numpy as np

from practice.promql.labels import Labels
from practice.promql.memory import Moments, Table

_AT_ONCE = 100
"""Moments in one request: Prometheus takes what is at most an hour older than the newest."""


def write(url: str, table: Table) -> None:
    """Everything in the table, oldest first."""
    for start in range(0, len(table.moments), _AT_ONCE):
        body = b"".join(_series(table, table.moments[start : start + _AT_ONCE]))
        headers = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"}
        asked = urllib.request.Request(f"{url}/api/v1/write", _snappy(body), headers)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            assert answer.status == 204


def _series(table: Table, moments: Moments) -> Iterator[bytes]:
    found = table.read(range(len(table.series)), int(moments[0]), int(moments[-1]))
    for labels, values, absent in zip(found.labels, found.values, found.absent, strict=True):
        bits = values.view(np.uint64)[~absent].tolist()
        yield _field(1, _labels(labels) + _samples(found.moments[~absent].tolist(), bits))


def _labels(labels: Labels) -> bytes:
    return b"".join(_field(1, _field(1, name.encode()) + _field(2, value.encode())) for name, value in labels)


def _samples(moments: Sequence[int], bits: Sequence[int]) -> bytes:
    return b"".join(
        _field(2, b"\x09" + struct.pack("<Q", value) + b"\x10" + _number(at))
        for at, value in zip(moments, bits, strict=True)
    )


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _number(len(content)) + content


def _number(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _snappy(content: bytes) -> bytes:
    """Snappy's format without compressing: literals only."""
    pieces = [content[start : start + 65536] for start in range(0, len(content), 65536)]
    return _number(len(content)) + b"".join(b"\xf4" + struct.pack("<H", len(each) - 1) + each for each in pieces)
