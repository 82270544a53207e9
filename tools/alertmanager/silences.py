"""Silences as Alertmanager has them, which alerts one would silence, and what a command about them would change."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import rfc8785

from domain.errors import ToolFailed
from domain.plain_json import Json, dig
from domain.scripts import ApiRequest, Effect, ShellCommand
from domain.silences import where
from policy import amtool
from policy.shell import NotUnderstood
from policy.untrusted import clean
from tools.alertmanager.connection import Alertmanager

SILENCES = "/api/v2/silences"
_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class KnownSilence:
    """One that is there."""

    id: str
    state: str
    """`active`, `pending`, `expired`."""
    author: str
    ends: datetime
    updated: str
    """As Alertmanager writes it: another text is another state of the silence."""


@dataclass(frozen=True, slots=True)
class FiringAlert:
    """One alert that Alertmanager holds now."""

    fingerprint: str
    labels: Mapping[str, str]
    silenced_by: tuple[str, ...]


async def silence(alertmanager: Alertmanager, silence_id: str) -> KnownSilence | None:
    """The silence of that id; None where there is none."""
    try:
        told = await alertmanager.get(f"/api/v2/silence/{silence_id}")
    except ToolFailed as failed:
        if failed.status == 404:
            return None
        raise
    return _known(told)


async def silences_by(alertmanager: Alertmanager, author: str) -> tuple[KnownSilence, ...]:
    """All that this author made, expired ones too."""
    found = map(_known, _listed(await alertmanager.get(SILENCES)))
    return tuple(one for one in found if one.author == author)


async def alerts_with(alertmanager: Alertmanager, labels: Iterable[tuple[str, str]]) -> tuple[FiringAlert, ...]:
    """The alerts that carry all these labels now, silenced or not."""
    wanted = [("filter", f'{name}="{_escaped(value)}"') for name, value in labels]
    told = _listed(await alertmanager.get("/api/v2/alerts", wanted))
    return tuple(
        FiringAlert(
            str(each.get("fingerprint", "")),
            {str(name): str(value) for name, value in (each.get("labels") or {}).items()},
            tuple(dig(each, "status", "silencedBy", default=[]) or ()),
        )
        for each in told
    )


def grouped(alerts: Iterable[FiringAlert]) -> list[list[FiringAlert]]:
    """Alerts of one name and namespace belong together."""
    groups: dict[tuple[str, str], list[FiringAlert]] = {}
    for alert in alerts:
        groups.setdefault((alert.labels.get("alertname", ""), alert.labels.get("namespace", "")), []).append(alert)
    return [groups[key] for key in sorted(groups)]


async def rehearse(alertmanager: Alertmanager | None, command: ShellCommand) -> Effect:
    """What a command about silences would change. Alertmanager has no dry run: a silence is what the command says.

    The digest is that of the request; the diff shows the alerts it holds for now, which come and go.
    """
    if alertmanager is None:
        return Effect("failed", why="No Alertmanager is set: set ALERTMANAGER_URL.")
    try:
        call = amtool.understand(command)
    except NotUnderstood as reason:
        return Effect("not possible", why=str(reason))
    digest = hashlib.sha256(rfc8785.dumps([request.as_json() for request in call.requests])).hexdigest()
    for request in call.requests:
        if where(request) != alertmanager.url:
            return Effect("failed", why=f"It is for the Alertmanager at {where(request)}, not at {alertmanager.url}.")
    match call.verb:
        case "silence add":
            (request,) = call.requests
            return await _would_silence(alertmanager, request, digest)
        case "silence expire":
            (target,) = call.targets
            return await _would_expire(alertmanager, target.name, digest)
        case _:
            return Effect("passed", digest=digest, why="It only reads.")


async def _would_silence(alertmanager: Alertmanager, request: ApiRequest, digest: str) -> Effect:
    body: Json = orjson.loads(request.content)["body"]
    found = await alerts_with(alertmanager, [(each["name"], each["value"]) for each in body["matchers"]])
    lines = [f"+ silenced until {body['endsAt']}: {_told(alert)}\n" for alert in found[:_MOST_SHOWN]]
    if len(found) > _MOST_SHOWN:
        lines.append(f"+ and {len(found) - _MOST_SHOWN} more\n")
    count = f"{len(found)} alert{'' if len(found) == 1 else 's'}" if found else "no alert"
    return Effect("passed", "".join(lines), digest, f"It would silence {count} that Alertmanager holds now.")


async def _would_expire(alertmanager: Alertmanager, silence_id: str, digest: str) -> Effect:
    found = await silence(alertmanager, silence_id)
    if found is None or found.state == "expired":
        return Effect("failed", why=f"There is no silence {silence_id} any more: it has ended.")
    return Effect("passed", f"- silence {silence_id} of {clean(found.author, cap=200)}\n", digest, "It would end it.")


def _listed(told: Any) -> list[Json]:
    if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
        raise ToolFailed("Alertmanager answers with something else than a list. Is it an Alertmanager (0.16 or later)?")
    return told


def _told(alert: FiringAlert) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()))
    return clean(labels, cap=400).replace("\n", " ")


def _known(told: Any) -> KnownSilence:
    try:
        return KnownSilence(
            id=str(told["id"]),
            state=str(told["status"]["state"]),
            author=str(told["createdBy"]),
            ends=datetime.fromisoformat(told["endsAt"]),
            updated=str(told["updatedAt"]),
        )
    except (KeyError, TypeError, ValueError) as odd:
        raise ToolFailed(f"Alertmanager tells of a silence in a way that is not known: {odd!r}.") from odd


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
