"""Values as Go prints them with %v, in errors that quote what was sent."""

from typing import Any


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
