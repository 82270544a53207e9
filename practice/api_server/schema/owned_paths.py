"""Paths of an object's fields as managedFields write them, and which of them differ between two objects.

A path is a tuple such as `("f:spec", "f:containers", 'k:{"name":"main"}', "f:image")`. As structured-merge-diff.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from practice.api_server.schema.schemas import Field, Json, Schema

Path: TypeAlias = tuple[str, ...]
_ABSENT: Any = object()


@dataclass(slots=True)
class Differences:
    added: set[Path] = field(default_factory=set)
    modified: set[Path] = field(default_factory=set)
    removed: set[Path] = field(default_factory=set)


def differences(old: Json, new: Json, schema: Schema) -> Differences:
    """Which fields of `new` are not in `old`, are different, or are gone."""
    found = Differences()
    _struct(old, new, schema, (), found)
    return found


def from_fields_v1(fields: Json) -> set[Path]:
    """
    >>> sorted(from_fields_v1({"f:spec": {"f:a": {}, "f:b": {".": {}, "f:c": {}}}}))
    [('f:spec', 'f:a'), ('f:spec', 'f:b'), ('f:spec', 'f:b', 'f:c')]
    """
    found: set[Path] = set()
    waiting: list[tuple[Path, Json]] = [((), fields)]
    while waiting:
        path, below = waiting.pop()
        if path and (not below or "." in below):
            found.add(path)
        waiting += [((*path, name), inner) for name, inner in below.items() if name != "."]
    return found


def owns_any(fields: Json, paths: Iterable[Path]) -> bool:
    """Whether any of the paths is among those that fieldsV1 names."""
    for path in paths:
        here: Json | None = fields
        for name in path:
            here = here.get(name) if here is not None else None
        if here is not None and (not here or "." in here):
            return True
    return False


def to_fields_v1(paths: Iterable[Path]) -> Json:
    """The other way; paths that have others below them carry a dot."""
    root: Json = {}
    for path in sorted(paths):
        here = root
        for place, name in enumerate(path):
            if name not in here:
                here[name] = {}
            elif not here[name] and place < len(path) - 1:
                here[name]["."] = {}
            here = here[name]
    return root


def _struct(old: Json, new: Json, schema: Schema, path: Path, found: Differences) -> None:
    for name in old.keys() | new.keys():
        known = schema.fields.get(name)
        if known:
            _compare(old.get(name, _ABSENT), new.get(name, _ABSENT), known, (*path, f"f:{name}"), found)


def _compare(old: Any, new: Any, known: Field, path: Path, found: Differences) -> None:
    if old is new or old == new:
        return
    if _is_leaf(old, new, known):
        _differ(old, new, path, found)
        return
    if known.schema.form == "list":
        _list(old, new, known, path, found)
    elif known.schema.form == "struct":
        _struct(_map(old), _map(new), known.schema, path, found)
    elif known.schema.element:
        before, after = _map(old), _map(new)
        for key in before.keys() | after.keys():
            inner = (*path, f"f:{key}")
            _compare(before.get(key, _ABSENT), after.get(key, _ABSENT), known.schema.element, inner, found)
    if old is _ABSENT or new is _ABSENT:
        _differ(old, new, path, found)


def _is_leaf(old: Any, new: Any, known: Field) -> bool:
    form = known.schema.form
    if form == "list":
        return known.list_type in ("", "atomic") or not (_given(old) or _given(new))
    if form in ("struct", "map"):
        return known.schema.atomic or not (_given(old) or _given(new))
    return True


def _given(value: Any) -> bool:
    return value is not _ABSENT and bool(value)


def _map(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _differ(old: Any, new: Any, path: Path, found: Differences) -> None:
    if old is _ABSENT:
        found.added.add(path)
    elif new is _ABSENT:
        found.removed.add(path)
    else:
        found.modified.add(path)


def _list(old: Any, new: Any, known: Field, path: Path, found: Differences) -> None:
    item = known.schema.element
    assert item, "a list's schema has an element"
    before, after = _by_element(old, known, item), _by_element(new, known, item)
    for element in before.keys() | after.keys():
        here, there = before.get(element, []), after.get(element, [])
        inner = (*path, element)
        if len(here) <= 1 and len(there) <= 1:
            _compare(here[0] if here else _ABSENT, there[0] if there else _ABSENT, item, inner, found)
        elif len(here) > 1 and len(there) > 1:
            if here != there:
                found.modified.add(inner)
        elif len(here) > 1:
            if there:
                _compare(_ABSENT, there[0], item, inner, found)
            found.removed.add(inner)
        else:
            if here:
                _compare(here[0], _ABSENT, item, inner, found)
            found.added.add(inner)


def _by_element(items: Any, known: Field, item: Field) -> dict[str, list[Any]]:
    """A list's items by what tells them apart: their keys, or themselves in a set."""
    found: dict[str, list[Any]] = {}
    for each in items if isinstance(items, list) else []:
        if known.list_type == "set":
            element = f"v:{json.dumps(each, separators=(',', ':'), ensure_ascii=False)}"
        else:
            keys = {key: each.get(key, item.schema.fields[key].default) for key in sorted(known.list_keys)}
            if None in keys.values():
                continue
            element = f"k:{json.dumps(keys, separators=(',', ':'), ensure_ascii=False)}"
        found.setdefault(element, []).append(each)
    return found
