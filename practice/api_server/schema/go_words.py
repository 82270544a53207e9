"""Values and their kinds as Go names them in errors about what was sent."""

import json
from typing import Any

from practice.api_server.schema.schemas import Field


def go_format(value: Any) -> str:
    """`map[a:1 b:[x y]]`; keys in order, strings bare.

    >>> go_format({"b": [True, None], "a": "x"})
    'map[a:x b:[true <nil>]]'
    """
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_format(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_format, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def kind_of_number(value: Any) -> str:
    """As `kind_of`, where Go also says which number."""
    return f"number {json.dumps(value)}" if kind_of(value) == "number" else kind_of(value)


def kind_of(value: Any) -> str:
    """As Go's JSON decoder calls it."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


_GO_KINDS = {str: "string", bool: "bool", int: "int64", float: "float64", list: "slice"}


def cannot_restore(value: Any, known: Field) -> str:
    """What is said of a wrong value in the outcome of a strategic merge patch, which is not read from JSON."""
    given = _GO_KINDS.get(type(value), "map")
    match known.schema.form:
        case "struct":
            return f"cannot restore struct from: {given}"
        case "map":
            return f"cannot restore map from {given}"
        case "list" | "bytes":
            return f"cannot restore slice from {given}"
        case "string" as form:
            return f"cannot convert int64 to {known.go_type}" if given == "int64" else f"unrecognized type: {form}"
        case "bool" as form:
            return f"unrecognized type: {form}"
        case form:
            return f"cannot convert float64 to {known.go_type}" if given == "float64" else f"unrecognized type: {form}"


def wrong_byte(text: str) -> int:
    """Where Go's decoder stumbles."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for place, letter in enumerate(text):
        if letter not in alphabet:
            return place
    return len(text) - len(text) % 4 if len(text) % 4 else len(text)
