"""The real API server to ask beside ours, and how two answers differ."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from practice.api import Api, Json
from practice.control_plane import ControlPlane

HERE = Path(__file__).parent
DISCOVERY: dict[str, Json] = json.loads(
    (HERE.parents[2] / "practice" / "api_server" / "recorded" / "discovery.json").read_text()
)
STRATEGIC, MERGE, JSON_PATCH = (f"application/{kind}-patch+json" for kind in ("strategic-merge", "merge", "json"))


def objects() -> list[Json]:
    """Objects of every kind, as people write them."""
    text = (HERE / "objects.yaml").read_text().replace("NAMESPACE", "default")
    return list(yaml.safe_load_all(text))


def name_of(item: Json) -> str:
    return f"{item['kind']}/{item['metadata']['name']}"


def path_of(item: Json, namespace: str = "default") -> str:
    """Where objects of that kind are made."""
    version = item["apiVersion"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    kinds = [each for each in DISCOVERY[root]["resources"] if "/" not in each["name"] and each["kind"] == item["kind"]]
    where = f"/namespaces/{namespace}" if kinds[0]["namespaced"] else ""
    return f"{root}{where}/{kinds[0]['name']}"


def ask_all(plane: ControlPlane, requests: list[tuple[str, str, Any, str]]) -> list[tuple[int, Json]]:
    """(status, answer) to each (method, path with query, body, content type), asked at the same time."""

    async def all_answers() -> list[tuple[int, Json]]:
        async with _StatusApi(plane.kubeconfig) as api:
            return list(await asyncio.gather(*(api.whatever(*each) for each in requests)))

    return asyncio.run(all_answers())


def created(plane: ControlPlane, items: list[Json], query: str = "") -> list[tuple[int, Json]]:
    """What the real server would make of new objects; nothing is kept."""
    query = f"?dryRun=All&fieldValidation=Strict{query}"
    return ask_all(plane, [("POST", path_of(item) + query, item, "application/json") for item in items])


def warnings_of(plane: ControlPlane, items: list[Json]) -> list[list[str]]:
    """What the real server warns of when each is made, which it is not."""

    async def all_warnings() -> list[list[str]]:
        async with _StatusApi(plane.kubeconfig) as api:
            return list(await asyncio.gather(*(api.warnings(path_of(item) + "?dryRun=All", item) for item in items)))

    return asyncio.run(all_warnings())


class _StatusApi(Api):
    async def warnings(self, path: str, item: Json) -> list[str]:
        assert self._session
        async with self._session.post(path, json=item) as answer:
            return [json.loads(each.removeprefix("299 - ")) for each in answer.headers.getall("Warning", [])]

    async def whatever(self, method: str, path: str, body: Any, content_type: str) -> tuple[int, Json]:
        assert self._session
        data = json.dumps(body) if not isinstance(body, bytes) else body
        async with self._session.request(method, path, data=data, headers={"Content-Type": content_type}) as answer:
            return answer.status, await answer.json()


def differences(real: Any, ours: Any, path: str = "") -> Iterator[str]:
    """Where two JSON values are not the same."""
    if isinstance(real, dict) and isinstance(ours, dict):
        for key in sorted(real.keys() | ours.keys()):
            if key not in ours:
                yield f"{path}.{key}: only the real one has {real[key]!r}"
            elif key not in real:
                yield f"{path}.{key}: only ours has {ours[key]!r}"
            else:
                yield from differences(real[key], ours[key], f"{path}.{key}")
    elif isinstance(real, list) and isinstance(ours, list) and len(real) == len(ours):
        for place, (one, other) in enumerate(zip(real, ours, strict=True)):
            yield from differences(one, other, f"{path}[{place}]")
    elif real != ours or type(real) is not type(ours):
        yield f"{path}: real {real!r}, ours {ours!r}"
