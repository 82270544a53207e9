"""Reads a cluster's state: all kinds at once, each with its own deadline, and says how well each could be read."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from domain.cluster_state import ClusterState, Coverage
from domain.errors import ToolFailed
from domain.look import Look
from domain.plain_json import Json, dig
from tools.kubernetes.client import KubeClient
from tools.kubernetes.failures import TookTooLong
from tools.kubernetes.kinds import DEFAULT_KINDS, KINDS
from tools.kubernetes.logs import read_troubled

Progress = Callable[[str], None]
"""Told in plain words what has just been read."""

_CHATTER = ",".join(
    f"reason!={reason}" for reason in ("Scheduled", "Pulling", "Pulled", "Created", "Started", "SuccessfulCreate")
)
"""Events of every healthy start; the server leaves them out, since nothing is concluded from them."""

_WORST: tuple[Coverage, ...] = ("read", "absent", "slow", "forbidden")


@dataclass(frozen=True, slots=True)
class _Reading:
    kind: str
    items: tuple[Json, ...]
    coverage: Coverage
    note: str = ""


async def read_state(
    client: KubeClient,
    look: Look,
    *,
    kinds: Sequence[str] = DEFAULT_KINDS,
    on_progress: Progress | None = None,
) -> ClusterState:
    """The cluster as `look` may see it, with logs of containers in trouble.

    A kind that may not be read, is unknown to the server or takes too long is noted in `coverage`, and the rest
    goes on. Raises ToolFailed when the server cannot be reached, or a namespace asked for does not exist.
    """
    namespaces = look.scope.namespaces
    cluster, readings = await asyncio.gather(
        client.cluster_id(seconds=look.seconds),
        _read_all(client, look, kinds, namespaces, on_progress),
        return_exceptions=True,
    )
    if isinstance(readings, BaseException):
        raise readings
    if isinstance(cluster, BaseException):
        if not isinstance(cluster, TookTooLong):
            raise cluster
        cluster = client.context
    notes: list[str] = []
    if namespaces is not None:
        await _must_exist(client, look, namespaces, readings)
    elif readings.get("Pod", _Reading("Pod", (), "read")).coverage == "forbidden":
        narrowed = (client.namespace,)
        again = [kind for kind in kinds if KINDS[kind].namespaced]
        readings = {**readings, **await _read_all(client, look, again, narrowed, on_progress)}
        notes.append(f"Pods may not be listed in all namespaces, so only {client.namespace} was looked at.")
    notes += [reading.note for reading in readings.values() if reading.note]
    pods = readings["Pod"].items if "Pod" in readings else ()
    logs = await read_troubled(client, look, pods)
    if logs and on_progress:
        on_progress(f"read {len(logs)} logs")
    return ClusterState(
        cluster=cluster,
        context=client.context,
        now=look.now,
        objects={kind: reading.items for kind, reading in readings.items()},
        coverage={kind: reading.coverage for kind, reading in readings.items()},
        logs=logs,
        notes=tuple(notes),
    )


async def _read_all(
    client: KubeClient,
    look: Look,
    kinds: Sequence[str],
    namespaces: tuple[str, ...] | None,
    on_progress: Progress | None,
) -> dict[str, _Reading]:
    async def read(kind: str) -> _Reading:
        places = namespaces if namespaces is not None and KINDS[kind].namespaced else (None,)
        parts = await asyncio.gather(*(_read_kind(client, look, kind, place) for place in places))
        reading = _together(kind, parts)
        if on_progress and reading.coverage == "read" and reading.items and kind != "Event":
            on_progress(f"read {len(reading.items)} {KINDS[kind].plural}")
        return reading

    async with asyncio.TaskGroup() as group:
        tasks = {kind: group.create_task(_caught(read(kind))) for kind in kinds}
    readings: dict[str, _Reading] = {}
    for kind, task in tasks.items():
        result = task.result()
        if isinstance(result, ToolFailed):
            raise result
        readings[kind] = result
    return readings


async def _caught(reading: Coroutine[Any, Any, _Reading]) -> _Reading | ToolFailed:
    """A failure of one kind must not cancel its siblings before they can say more."""
    try:
        return await reading
    except ToolFailed as failed:
        return failed


async def _read_kind(client: KubeClient, look: Look, kind: str, namespace: str | None) -> _Reading:
    found: list[Json] = []
    try:
        async for page in client.pages(
            kind, namespace, field_selector=_CHATTER if kind == "Event" else "", seconds=look.seconds
        ):
            if page is None:
                found.clear()
                continue
            found += page
            if len(found) >= look.budget.objects:
                note = f"Only the first {len(found)} {KINDS[kind].plural} were read."
                return _Reading(kind, tuple(found), "slow", note)
    except TookTooLong as slow:
        return _Reading(kind, tuple(found), "slow", f"{KINDS[kind].plural}: {slow}")
    except ToolFailed as failed:
        match failed.status:
            case 403:
                where = f"in {namespace}" if namespace else "in all namespaces" if KINDS[kind].namespaced else ""
                note = f"{client.context} may not list {KINDS[kind].plural} {where}".rstrip()
                return _Reading(kind, (), "forbidden", f"{note}.")
            case 404:
                return _Reading(kind, (), "absent", f"This cluster does not serve {KINDS[kind].resource}.")
            case int(status) if status in {410, 429} or status >= 500:
                return _Reading(kind, tuple(found), "slow", f"{KINDS[kind].plural}: {failed}")
            case _:
                raise
    return _Reading(kind, tuple(found), "read")


def _together(kind: str, parts: Sequence[_Reading]) -> _Reading:
    if len(parts) == 1:
        return parts[0]
    worst: Coverage = max((part.coverage for part in parts), key=_WORST.index, default="read")
    notes = dict.fromkeys(part.note for part in parts if part.note)
    return _Reading(kind, tuple(item for part in parts for item in part.items), worst, " ".join(notes))


async def _must_exist(
    client: KubeClient, look: Look, namespaces: tuple[str, ...], readings: Mapping[str, _Reading]
) -> None:
    """A misspelt namespace looks empty and so healthy; say so instead."""
    known = readings.get("Namespace")
    if known is None or known.coverage != "read":
        for name in namespaces:
            try:
                await client.get(KINDS["Namespace"].path(None, name), seconds=look.seconds)
            except ToolFailed as failed:
                if failed.status == 404:
                    raise ToolFailed(f"There is no namespace {name!r} in {client.context}.", status=404) from failed
        return
    names = [str(dig(item, "metadata", "name")) for item in known.items]
    for name in namespaces:
        if name not in names:
            near = get_close_matches(name, names, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(names)[:12])}."
            raise ToolFailed(f"There is no namespace {name!r} in {client.context}. {hint}", status=404)


def within(state: ClusterState, namespaces: Sequence[str]) -> ClusterState:
    """The same state, narrowed to some namespaces; cluster-wide kinds stay."""
    kept = {
        kind: tuple(item for item in items if dig(item, "metadata", "namespace", default="") in {"", *namespaces})
        for kind, items in state.objects.items()
    }
    return replace(
        state, objects=kept, logs={key: text for key, text in state.logs.items() if key.namespace in namespaces}
    )
