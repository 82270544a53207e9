"""JSON patches (RFC 6902) with the leniences of the library that the API server uses.

That library (evanphx/json-patch 4) replaces a key of an object that is not there as if it were, and takes negative
places in lists; Python's jsonpatch does neither.
"""

import re
from collections.abc import Callable
from typing import Any

from practice.api_server.schema.patch_errors import PatchRefused, bad_request, unprocessable
from practice.api_server.schema.schemas import Json
from practice.api_server.schema.strategic_merge import copied

_MOST_OPERATIONS = 10_000


class _DoesNotApply(Exception):
    """An operation that cannot be done; the server does not say why."""


def json_patched(current: Json, operations: Any) -> Json:
    """The object after all operations, or PatchRefused and nothing done."""
    if not isinstance(operations, list) or not all(isinstance(each, dict) for each in operations):
        raise _not_operations(operations)
    if len(operations) > _MOST_OPERATIONS:
        why = f"The allowed maximum operations in a JSON patch is {_MOST_OPERATIONS}, got {len(operations)}"
        raise PatchRefused(413, "RequestEntityTooLarge", f"Request entity is too large: {why}")
    root = {"": copied(current)}
    try:
        for operation in operations:
            _apply(root, operation)
    except _DoesNotApply:
        raise unprocessable() from None
    found: Json = root[""]
    return found


def _not_operations(given: Any) -> PatchRefused:
    wanted = "handlers.jsonPatchOp"
    if not isinstance(given, list):
        return bad_request(
            f"error decoding patch: json: cannot unmarshal {_kind(given)} into Go value of type []{wanted}"
        )
    first = next(each for each in given if not isinstance(each, dict))
    return bad_request(f"error decoding patch: json: cannot unmarshal {_kind(first)} into Go value of type {wanted}")


def _kind(value: Any) -> str:
    kinds: dict[type, str] = {dict: "object", list: "array", str: "string", bool: "bool", type(None): "null"}
    return kinds.get(type(value), "number")


def _apply(root: Json, operation: Json) -> None:
    apply = _OPERATIONS.get(operation.get("op", ""))
    if apply is None:
        raise _DoesNotApply
    apply(root, operation)


def _add(root: Json, operation: Json) -> None:
    holder, key = _holder(root, operation.get("path"))
    _put(holder, key, copied(operation.get("value")))


def _remove(root: Json, operation: Json) -> None:
    _drop(*_holder(root, operation.get("path")))


def _replace(root: Json, operation: Json) -> None:
    value = copied(operation.get("value"))
    if operation.get("path") == "" and isinstance(value, dict):
        root[""] = value
        return
    holder, key = _holder(root, operation.get("path"))
    if isinstance(holder, dict):
        holder[key] = value
    else:
        holder[_place(key, len(holder))] = value


def _move(root: Json, operation: Json) -> None:
    source = _holder(root, operation.get("from"))
    value = _get(*source)
    _drop(*source)
    _put(*_holder(root, operation.get("path")), value)


def _copy(root: Json, operation: Json) -> None:
    value = copied(_get(*_holder(root, operation.get("from"))))
    _put(*_holder(root, operation.get("path")), value)


def _test(root: Json, operation: Json) -> None:
    value = operation.get("value")
    found = root[""] if operation.get("path") == "" else _get(*_holder(root, operation.get("path")))
    if found != value or isinstance(found, bool) != isinstance(value, bool):
        raise _DoesNotApply


_OPERATIONS: dict[str, Callable[[Json, Json], None]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _holder(root: Json, path: Any) -> tuple[Any, str]:
    """(the map or list that holds the last part of the path, that part)."""
    parts = path.split("/") if isinstance(path, str) else []
    if len(parts) < 2:
        raise _DoesNotApply
    here = root[""]
    for part in parts[1:-1]:
        here = _get(here, _decoded(part))
        if not isinstance(here, dict | list):
            raise _DoesNotApply
    return here, _decoded(parts[-1])


def _decoded(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _get(holder: Any, key: str) -> Any:
    return holder.get(key) if isinstance(holder, dict) else holder[_place(key, len(holder))]


def _put(holder: Any, key: str, value: Any) -> None:
    if isinstance(holder, dict):
        holder[key] = value
    elif key == "-":
        holder.append(value)
    else:
        holder.insert(_place(key, len(holder) + 1), value)


def _drop(holder: Any, key: str) -> None:
    if isinstance(holder, list):
        del holder[_place(key, len(holder))]
    elif key in holder:
        del holder[key]
    else:
        raise _DoesNotApply


def _place(key: str, length: int) -> int:
    if not re.fullmatch(r"[+-]?\d+", key) or not -length <= int(key) < length:
        raise _DoesNotApply
    return int(key) % length
