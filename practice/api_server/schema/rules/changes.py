"""How the API server shows values that may not change: as it works with them itself, not as they were sent.

Its own types have every field, in an order of their own (practice/api_server/recorded/internal.json).
"""

import difflib
import json
from functools import cache
from typing import Any

from practice.api_server.schema.schemas import RECORDED, Json

_ZERO: dict[str, Any] = {"string": "", "bool": False, "int32": 0, "int64": 0, "types.UID": ""}
_ZERO |= {"intstr.IntOrString": 0, "resource.Quantity": "0"}
_OF_POD_SECURITY = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers")


def shown_change(kind: str, old: Json, new: Json) -> str:
    """The lines that differ, each with three around it."""
    before, after = (_lines(internal(kind, each)) for each in (old, new))
    difference = list(difflib.unified_diff(before, after, lineterm=""))[2:]
    return "\n".join(difference) + "\n"


def internal(kind: str, item: Json) -> Json:
    """A value of one of the API's types (`PodSpec`) as the server's own type of that name.

    >>> internal("ExecAction", {"command": ["sh"]}), internal("KeyToPath", {"key": "k"})
    ({'Command': ['sh']}, {'Key': 'k', 'Path': '', 'Mode': None})
    """
    given = {name.lower(): value for name, value in item.items()}
    if kind == "PodSpec":
        moved = {name: item[name] for name in _OF_POD_SECURITY if name in item}
        given["securitycontext"] = item.get("securityContext", {}) | moved
    found: Json = {}
    for name, go_type in _types()[kind].items():
        if go_type == "metav1.ObjectMeta":
            found |= item.get("metadata", {})
        else:
            found[name] = _internal(go_type, given.get(name.lower()))
    return found


def _internal(go_type: str, value: Any) -> Any:
    plain = go_type.lstrip("*")
    if value is None:
        return internal(plain, {}) if go_type in _types() else _ZERO.get(go_type)
    if plain.startswith("[]"):
        return [_internal(plain[2:], each) for each in value]
    if plain.startswith("map["):
        return dict(sorted(value.items()))
    if plain == "metav1.LabelSelector":
        return {name: value[name] for name in ("matchLabels", "matchExpressions") if name in value}
    return internal(plain, value) if plain in _types() else value


@cache
def _types() -> dict[str, dict[str, str]]:
    return dict(json.loads((RECORDED / "internal.json").read_bytes()))


def _lines(item: Json) -> list[str]:
    text = json.dumps(item, indent=1, ensure_ascii=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text.splitlines()
