"""Protobuf bodies: whatever somebody sends, it is an object or it is refused."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.api_server.protobuf import MAGIC, NotProtobuf, decoded


def varint(value: int) -> bytes:
    value &= 2**64 - 1
    head = bytearray()
    while value > 0x7F:
        head.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*head, value])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def envelope(api_version: str, kind: str, body: bytes) -> bytes:
    return MAGIC + field(1, field(1, api_version.encode()) + field(2, kind.encode())) + field(2, body)


def test_an_object_is_read_with_all_sorts_of_fields() -> None:
    """Numbers below zero, maps, lists, embedded structs, quantities, ports by number and by name."""
    labels = field(11, field(1, b"app") + field(2, b"web"))
    limits = field(1, field(1, b"memory") + field(2, field(1, b"64Mi")))
    by_name = field(1, field(2, field(1, b"/ready") + field(2, field(1, 1) + field(3, b"http"))))
    container = field(1, b"main") + field(8, limits) + field(11, by_name + field(2, 5))
    configured = field(1, b"settings") + field(2, field(19, field(1, field(1, b"cart"))))
    spec = field(1, configured) + field(2, container) + field(4, -7)
    pod: Any = decoded(envelope("v1", "Pod", field(1, field(1, b"web") + labels) + field(2, spec)))

    assert pod["metadata"] == {"name": "web", "labels": {"app": "web"}}
    assert pod["spec"]["terminationGracePeriodSeconds"] == -7
    assert pod["spec"]["volumes"] == [{"name": "settings", "configMap": {"name": "cart"}}]
    (main,) = pod["spec"]["containers"]
    assert main["resources"] == {"limits": {"memory": "64Mi"}}
    assert main["readinessProbe"] == {"httpGet": {"path": "/ready", "port": "http"}, "initialDelaySeconds": 5}


@pytest.mark.parametrize("raw", [b"", b"{}", MAGIC, MAGIC + b"\x0a", envelope("v1", "Nothing", b"")])
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    """Too short, something else, a kind that is not known."""
    with pytest.raises(NotProtobuf):
        decoded(raw)


@given(
    body=st.one_of(
        st.binary(max_size=80), st.lists(st.builds(field, st.integers(1, 40), st.binary(max_size=9))).map(b"".join)
    )
)
def test_garbage_is_refused_and_nothing_else(body: bytes) -> None:
    """Never another error than the one that becomes a 400."""
    for kind in ("Pod", "Deployment", "ConfigMap"):
        with contextlib.suppress(NotProtobuf):
            decoded(envelope("apps/v1" if kind == "Deployment" else "v1", kind, body))
