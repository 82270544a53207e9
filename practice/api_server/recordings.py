"""What was recorded from a real kube-apiserver (scripts/record_api.py), read when first asked for."""

from functools import cache
from importlib import resources
from typing import Any

import orjson

from practice.api import Json


@cache
def recorded_bytes(name: str) -> bytes | None:
    """A recorded file as it is, or None when there is none of that name."""
    file = resources.files("practice.api_server") / "recorded" / name
    return file.read_bytes() if file.is_file() else None


@cache
def _parsed(name: str) -> Any:
    found = recorded_bytes(name)
    assert found is not None, f"practice/api_server/recorded/{name} is missing"
    return orjson.loads(found)


def aggregated() -> Json:
    """{"/api": APIGroupDiscoveryList, "/apis": APIGroupDiscoveryList}"""
    return dict(_parsed("aggregated.json"))


def discovery() -> Json:
    """{path: document} of /api, /apis, each group and each group version."""
    return dict(_parsed("discovery.json"))


def columns() -> Json:
    """{list path: [columnDefinition]}"""
    return dict(_parsed("columns.json"))


def bootstrap() -> list[Json]:
    """The objects a new cluster has: its roles, their bindings, the priority classes."""
    return list(_parsed("bootstrap.json"))


def protobuf() -> Json:
    """{message: {field number: [name, type, "optional" | "repeated" | "map" | "inline"]}}"""
    return dict(_parsed("protobuf.json"))


def version() -> Json:
    """The body of /version."""
    return dict(_parsed("version.json"))
