"""JSON merge patches (RFC 7386): maps merge, null deletes, anything else replaces."""

from typing import Any

from practice.api_server.schema.schemas import Json


def merge_patched(current: Json, patch: Json) -> Json:
    """The object after the patch.

    >>> merge_patched({"a": 1, "b": {"c": 1}}, {"a": None, "b": {"d": [None]}})
    {'b': {'c': 1, 'd': [None]}}
    """
    found = dict(current)
    for key, value in patch.items():
        here = found.get(key)
        if value is None:
            found.pop(key, None)
        elif isinstance(here, dict) and isinstance(value, dict):
            found[key] = merge_patched(here, value)
        else:
            found[key] = _pruned(value)
    return found


def _pruned(value: Any) -> Any:
    """What is new comes without its nulls; in a list they stay."""
    if isinstance(value, dict):
        return {key: _pruned(each) for key, each in value.items() if each is not None}
    return [_pruned(each) for each in value] if isinstance(value, list) else value
