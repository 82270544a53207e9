"""Logs of many containers at once, current and previous: cleaned, redacted, newest lines kept."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from domain.cluster_state import ClusterState, LogKey
from domain.errors import ToolFailed
from domain.evidence import Evidence, observed
from domain.look import Look
from domain.objects import ObjectRef
from domain.plain_json import Json, dig
from policy.redaction import redact
from policy.untrusted import clean
from tools.kubernetes.client import KubeClient
from tools.kubernetes.kinds import KINDS
from tools.kubernetes.moments import ago, created
from tools.kubernetes.pods import Container, containers_of, is_ready, phase
from tools.kubernetes.relations import Relations
from tools.kubernetes.seen import kubectl

TROUBLED_AT_MOST = 24
_PER_WORKLOAD = 2
_KEPT = 8_000
_RECENT = timedelta(minutes=10)


async def read_logs(
    client: KubeClient,
    look: Look,
    namespace: str,
    pods: Sequence[str],
    *,
    container: str = "",
    previous: bool = False,
    lines: int = 0,
) -> list[Evidence]:
    """The last lines of each pod's log, as evidence; pods that have none are left out.

    Without `container` it is the pod's only or first one. Raises ToolFailed when not a single log could be read.
    """
    cluster = await client.cluster_id(seconds=look.seconds)
    tail = lines or look.budget.log_lines
    answers = await asyncio.gather(
        *(_tail(client, LogKey(namespace, pod, container, previous), tail, look.seconds) for pod in pods),
        return_exceptions=True,
    )
    found: list[Evidence] = []
    failures: list[BaseException] = []
    for pod, answer in zip(pods, answers, strict=True):
        if isinstance(answer, BaseException):
            failures.append(answer)
            continue
        words = ["logs", pod, *(["-c", container] if container else []), *(["--previous"] if previous else [])]
        found.append(
            observed(
                "logs",
                f"{pod}/{container or 'default container'}{' previous' if previous else ''} last {tail} lines",
                f"{len(answer.splitlines())} lines of {pod}" if answer.strip() else f"The log of {pod} is empty",
                sample=answer,
                check=kubectl(client.context, namespace, *words, f"--tail={tail}"),
                trust="untrusted",
                objects=(ObjectRef(cluster, namespace, "Pod", pod),),
            )
        )
    for failure in failures:
        if not isinstance(failure, ToolFailed) or not found:
            raise failure
    return found


async def read_troubled(client: KubeClient, look: Look, pods: Iterable[Json]) -> dict[LogKey, str]:
    """What containers in trouble said last: two pods per workload and container, under one deadline together."""
    # A container that never started has no log; the pod's status says so already.
    return await read_few(client, look, troubled(pods, look.now))


async def read_few(client: KubeClient, look: Look, keys: Collection[LogKey]) -> dict[LogKey, str]:
    """The ends of some logs, under one deadline together; what cannot be read, or not in time, is left out."""
    found: dict[LogKey, str] = {}

    async def read(key: LogKey) -> None:
        with suppress(ToolFailed):
            if (text := await _tail(client, key, 60, look.seconds)).strip():
                found[key] = text

    with suppress(TimeoutError):
        async with asyncio.timeout(look.seconds):
            await asyncio.gather(*map(read, keys))
    return found


def troubled(pods: Iterable[Json], now: datetime) -> list[LogKey]:
    """Whose logs are worth reading, worst first: representatives, since a thousand equal crashes say one thing."""
    seen: dict[tuple[str, str, str], int] = defaultdict(int)
    ranked: list[tuple[int, LogKey]] = []
    for pod in pods:
        if is_ready(pod) and not any(_restarted_lately(c, now) for c in containers_of(pod)):
            continue
        if phase(pod) == "Succeeded" or dig(pod, "metadata", "deletionTimestamp") is not None:
            continue
        namespace, name = pod["metadata"].get("namespace", ""), pod["metadata"]["name"]
        owner = str(dig(pod, "metadata", "ownerReferences", 0, "uid", default=name))
        for container in containers_of(pod):
            if not _in_trouble(container, now):
                continue
            group = (namespace, owner, container.name)
            seen[group] += 1
            if seen[group] > _PER_WORKLOAD:
                continue
            if container.restarts:
                ranked.append((container.restarts + 1000, LogKey(namespace, name, container.name, previous=True)))
            ranked.append((container.restarts, LogKey(namespace, name, container.name, previous=False)))
    ranked.sort(key=lambda pair: -pair[0])
    return [key for _, key in ranked[:TROUBLED_AT_MOST]]


def _in_trouble(container: Container, now: datetime) -> bool:
    if container.terminated:
        return container.exit_code != 0
    if container.restarts and (not container.ready or _restarted_lately(container, now)):
        return True
    old = ago(container.running_since, now) > timedelta(seconds=20) and ago(created(container.pod), now) < timedelta(
        days=3650
    )
    return container.is_running and not container.ready and old


def _restarted_lately(container: Container, now: datetime) -> bool:
    newest = min(ago(container.last_end_at, now), ago(container.running_since, now))
    return container.restarts > 0 and newest < _RECENT


async def _tail(client: KubeClient, key: LogKey, lines: int, seconds: float) -> str:
    path = KINDS["Pod"].path(key.namespace, key.pod) + "/log"
    limit = 256 * 1024
    params = {"tailLines": str(lines), "limitBytes": str(limit)}
    if key.container:
        params["container"] = key.container
    if key.previous:
        params["previous"] = "true"
    text = await client.text(path, params, seconds=seconds)
    if len(text) >= limit - 4 and lines > 3:
        # The limit cuts the newest end off, which is the part that matters; fewer lines fit.
        text = await client.text(path, {**params, "tailLines": "3"}, seconds=seconds)
    return clean(redact(text[-4 * _KEPT :]), cap=5 * _KEPT)[-_KEPT:]


def with_logs(state: ClusterState, logs: Mapping[LogKey, str]) -> ClusterState:
    """The same state with more logs; what was worked out about who belongs to whom is kept."""
    return Relations.over(state).carried_to(replace(state, logs={**state.logs, **logs})) if logs else state
