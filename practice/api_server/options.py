"""The options of requests: which values they may have, and which together."""

from collections.abc import Iterator
from typing import Any

from practice.api import Json
from practice.api_server.asked import Asked
from practice.api_server.refusals import invalid
from practice.api_server.schema import faults
from practice.api_server.schema.faults import Fault

_GROUP = "meta.k8s.io"
_MATCH = "resourceVersionMatch"
_INITIAL = "sendInitialEvents"
_NOT_OLDER = "NotOlderThan"
_LONGEST_MANAGER = 128


def check_write(asked: Asked, kind: str) -> None:
    """`kind` is CreateOptions, UpdateOptions or PatchOptions."""
    _refuse(kind, [*_manager_faults(asked), *_dry_run_faults(_dry_run(asked)), *_field_validation_faults(asked)])


def check_delete(asked: Asked, options: Json) -> None:
    """`options` are those of the body."""
    policy, orphans = options.get("propagationPolicy"), options.get("orphanDependents")
    policy = policy if policy is not None else asked.query.get("propagationPolicy")
    found = []
    if policy is not None and orphans is not None:
        why = "orphanDependents and deletionPropagation cannot be both set"
        found.append(faults.invalid("propagationPolicy", policy, why))
    if policy not in (None, "Foreground", "Background", "Orphan"):
        allowed = ["Foreground", "Background", "Orphan", "nil"]
        found.append(faults.unsupported("propagationPolicy", policy, allowed))
    _refuse("DeleteOptions", [*found, *_dry_run_faults(_dry_run(asked) or options.get("dryRun") or [])])


def check_list(asked: Asked) -> None:
    """Of a list and of a watch."""
    _refuse("ListOptions", list(_watch_faults(asked) if asked.verb == "watch" else _list_faults(asked)))


def _refuse(kind: str, found: list[Fault]) -> None:
    if found:
        raise invalid(_GROUP, kind, "", found)


def _dry_run(asked: Asked) -> list[str]:
    return [asked.query["dryRun"]] if asked.query.get("dryRun") else []


def _manager_faults(asked: Asked) -> Iterator[Fault]:
    if len(asked.query.get("fieldManager", "").encode()) > _LONGEST_MANAGER:
        yield faults.too_long("fieldManager", _LONGEST_MANAGER)


def _dry_run_faults(given: Any) -> Iterator[Fault]:
    if given not in ([], ["All"]):
        yield faults.unsupported("dryRun", given, ["All"])


def _field_validation_faults(asked: Asked) -> Iterator[Fault]:
    given = asked.query.get("fieldValidation", "")
    if given not in ("", "Ignore", "Warn", "Strict"):
        yield faults.unsupported("fieldValidation", given, ["", "Ignore", "Strict", "Warn"])


def _list_faults(asked: Asked) -> Iterator[Fault]:
    match, version = asked.query.get(_MATCH, ""), asked.query.get("resourceVersion", "")
    if match and not version:
        yield faults.forbidden(_MATCH, f"{_MATCH} is forbidden unless resourceVersion is provided")
    if match and asked.query.get("continue"):
        yield faults.forbidden(_MATCH, f"{_MATCH} is forbidden when continue is provided")
    if match not in ("", "Exact", _NOT_OLDER):
        yield faults.unsupported(_MATCH, match, ["Exact", _NOT_OLDER, ""])
    if match == "Exact" and version == "0":
        yield faults.forbidden(_MATCH, f'{_MATCH} "exact" is forbidden for resourceVersion "0"')
    if _INITIAL in asked.query:
        yield faults.forbidden(_INITIAL, f"{_INITIAL} is forbidden for list")


def _watch_faults(asked: Asked) -> Iterator[Fault]:
    match = asked.query.get(_MATCH, "")
    if _INITIAL in asked.query and match != _NOT_OLDER:
        yield faults.forbidden(_MATCH, f"{_INITIAL} requires setting {_MATCH} to {_NOT_OLDER}")
    if match and _INITIAL not in asked.query:
        yield faults.forbidden(_MATCH, f"{_MATCH} is forbidden for watch unless {_INITIAL} is provided")
    if match not in ("", _NOT_OLDER):
        yield faults.unsupported(_MATCH, match, [_NOT_OLDER])
    if match and asked.query.get("continue"):
        yield faults.forbidden(_MATCH, f"{_MATCH} is forbidden when continue is provided")
