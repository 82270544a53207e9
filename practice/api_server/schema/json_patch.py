"""JSON patches (RFC 6902) with the words and the leniences of the library that the API server uses.

That library (evanphx/json-patch 4) replaces a key of an object that is not there as if it were, and takes negative
places in lists; Python's jsonpatch does neither and explains itself in other words.
"""

import re
from collections.abc import Callable
from typing import Any

from practice.api_server.schema.patch_errors import bad_request, unprocessable
from practice.api_server.schema.schemas import Json
from practice.api_server.schema.strategic_merge import copied

_MOST_OPERATIONS = 10_000
_MISSING = "missing value"


class _Stumbled(Exception):
    """An operation that cannot be done; the text is the library's."""


def json_patched(current: Json, operations: Any) -> Json:
    """The object after all operations, or PatchRefused and nothing done."""
    if not isinstance(operations, list) or not all(isinstance(each, dict) for each in operations):
        given = "object" if isinstance(operations, dict) else "array" if isinstance(operations, list) else "string"
        wanted = "[]handlers.jsonPatchOp" if not isinstance(operations, list) else "handlers.jsonPatchOp"
        raise bad_request(f"error decoding patch: json: cannot unmarshal {given} into Go value of type {wanted}")
    if len(operations) > _MOST_OPERATIONS:
        raise bad_request(
            f"The allowed maximum operations in a JSON patch is {_MOST_OPERATIONS}, got {len(operations)}"
        )
    root = {"": copied(current)}
    try:
        for operation in operations:
            _apply(root, operation)
    except _Stumbled as stumbled:
        raise unprocessable(str(stumbled)) from None
    found: Json = root[""]
    return found


def _apply(root: Json, operation: Json) -> None:
    kind = str(operation.get("op", "unknown"))
    if kind not in _OPERATIONS:
        raise _Stumbled(f"Unexpected kind: {kind}")
    _OPERATIONS[kind](root, operation, _path(operation, kind))


def _path(operation: Json, kind: str, name: str = "path") -> str:
    path = operation.get(name)
    if not isinstance(path, str):
        raise _Stumbled(f"{kind} operation failed to decode {name}: {_MISSING}")
    return path


def _add(root: Json, operation: Json, path: str) -> None:
    holder, key = _holder(root, path, f'add operation does not apply: doc is missing path: "{path}": {_MISSING}')
    _put(holder, key, copied(operation.get("value")), f"error in add for path: '{path}'")


def _remove(root: Json, _: Json, path: str) -> None:
    holder, key = _holder(root, path, f'remove operation does not apply: doc is missing path: "{path}": {_MISSING}')
    _drop(holder, key, f"error in remove for path: '{path}'")


def _replace(root: Json, operation: Json, path: str) -> None:
    value = copied(operation.get("value"))
    if path == "":
        if not isinstance(value, dict):
            raise _Stumbled("replace operation value must be object or array: %!w(<nil>)")
        root[""] = value
        return
    holder, key = _holder(root, path, f"replace operation does not apply: doc is missing path: {path}: {_MISSING}")
    if isinstance(holder, dict):
        holder[key] = value
        return
    try:
        place = _place(key, len(holder))
    except _Stumbled:
        raise _Stumbled(f"replace operation does not apply: doc is missing key: {path}: {_MISSING}") from None
    holder[place] = value


def _move(root: Json, operation: Json, path: str) -> None:
    source = _path(operation, "move", "from")
    holder, key = _holder(
        root, source, f"move operation does not apply: doc is missing from path: {source}: {_MISSING}"
    )
    value = _get(holder, key, f"error in move for path: '{key}'")
    _drop(holder, key, f"error in move for path: '{key}'")
    words = f"move operation does not apply: doc is missing destination path: {path}: {_MISSING}"
    holder, key = _holder(root, path, words)
    _put(holder, key, value, f"error in move for path: '{path}'")


def _copy(root: Json, operation: Json, path: str) -> None:
    source = _path(operation, "copy", "from")
    holder, key = _holder(
        root, source, f"copy operation does not apply: doc is missing from path: {source}: {_MISSING}"
    )
    value = copied(_get(holder, key, f"error in copy for from: '{source}'"))
    words = f"copy operation does not apply: doc is missing destination path: {path}: {_MISSING}"
    holder, key = _holder(root, path, words)
    _put(holder, key, value, "error while adding value during copy")


def _test(root: Json, operation: Json, path: str) -> None:
    value = operation.get("value")
    found = root[""]
    if path:
        holder, key = _holder(root, path, f"test operation does not apply: is missing path: {path}: {_MISSING}")
        found = _get(holder, key, f"error in test for path: '{path}'")
    if found != value or isinstance(found, bool) != isinstance(value, bool):
        raise _Stumbled(f"testing value {path} failed: test failed")


_OPERATIONS: dict[str, Callable[[Json, Json, str], None]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _holder(root: Json, path: str, missing: str) -> tuple[Any, str]:
    """(the map or list that holds the last part of the path, that part)."""
    parts = path.split("/")
    if len(parts) < 2:
        raise _Stumbled(missing)
    here = root[""]
    for part in parts[1:-1]:
        try:
            here = _get(here, _decoded(part), "")
        except _Stumbled:
            here = None
        if not isinstance(here, dict | list):
            raise _Stumbled(missing)
    return here, _decoded(parts[-1])


def _decoded(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _get(holder: Any, key: str, words: str) -> Any:
    if isinstance(holder, dict):
        return holder.get(key)
    return holder[_place(key, len(holder), words)]


def _put(holder: Any, key: str, value: Any, words: str) -> None:
    if isinstance(holder, dict):
        holder[key] = value
    elif key == "-":
        holder.append(value)
    elif not re.fullmatch(r"[+-]?\d+", key):
        raise _Stumbled(f"{words}: value was not a proper array index: '{key}': {_not_a_number(key)}")
    else:
        holder.insert(_place(key, len(holder) + 1, words), value)


def _drop(holder: Any, key: str, words: str) -> None:
    if isinstance(holder, list):
        del holder[_place(key, len(holder), words)]
    elif key in holder:
        del holder[key]
    else:
        raise _Stumbled(f"{words}: Unable to remove nonexistent key: {key}: {_MISSING}")


def _place(key: str, length: int, words: str = "") -> int:
    if not re.fullmatch(r"[+-]?\d+", key):
        raise _Stumbled(f"{words}: {_not_a_number(key)}")
    place = int(key)
    if not -length <= place < length:
        raise _Stumbled(f"{words}: Unable to access invalid index: {place}: invalid index referenced")
    return place % length


def _not_a_number(key: str) -> str:
    return f'strconv.Atoi: parsing "{key}": invalid syntax'
