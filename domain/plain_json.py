"""Plain JSON, as Kubernetes, Prometheus and our own records speak it."""

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""One JSON object, as parsed: never mutated by whoever reads it."""


def dig(value: Any, *path: str | int, default: Any = None) -> Any:
    """The value at `path` below `value`, or `default` where any step is missing or null.

    >>> dig({"spec": {"containers": [{"name": "web"}]}}, "spec", "containers", 0, "name")
    'web'
    """
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list | tuple) or not -len(value) <= step < len(value):
                return default
            value = value[step]
        else:
            if not isinstance(value, dict) or step not in value:
                return default
            value = value[step]
    return default if value is None else value
