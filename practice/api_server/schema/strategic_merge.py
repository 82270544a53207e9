"""Strategic merge patches: maps merge, lists merge by a key that the schema names, `$patch` and its kin direct.

As apimachinery's strategicpatch: $patch (replace, delete), $setElementOrder/x, $deleteFromPrimitiveList/x, $retainKeys.
"""

from collections.abc import Callable, Sequence
from typing import Any

from practice.api_server.schema.go_words import go_format
from practice.api_server.schema.patch_errors import bad_request, failed, unprocessable
from practice.api_server.schema.schemas import Field, Json, Schema

_PATCH = "$patch"
_RETAIN = "$retainKeys"
_ORDER = "$setElementOrder/"
_DELETE = "$deleteFromPrimitiveList/"

BAD_RETAIN_KEYS = "invalid patch format of retainKeys"


def merged(current: Json, patch: Json, schema: Schema) -> Json:
    """The object after the patch, before it is read and defaulted; PatchRefused when the patch makes no sense.

    What the patch does not touch is shared with `current`. `patch` is used up: what is left of it is what the server
    quotes when the outcome cannot be read.
    """
    return _map(current, patch, schema)


def copied(value: Any) -> Any:
    """A deep copy of JSON."""
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    return [copied(each) for each in value] if isinstance(value, list) else value


def _map(current: Json, patch: Json, schema: Schema) -> Json:
    if _PATCH in patch:
        return _directed(patch)
    current = dict(current)
    _retain_keys(current, patch)
    _ordered_lists(current, patch, schema)
    for key, value in patch.items():
        deletes = key.startswith(_DELETE)
        name = key.removeprefix(_DELETE)
        if value is None:
            current.pop(name, None)
        elif name not in current or not _same_type(current[name], value):
            if not deletes:
                _take(current, name, value)
        elif isinstance(value, dict):
            known = _known(schema, name)
            replaces = "replace" in known.merge_strategy
            current[name] = value if replaces else _map(current[name], value, known.schema)
        elif isinstance(value, list):
            known = _known(schema, name)
            if deletes or "merge" in known.merge_strategy:
                current[name] = _list(current[name], value, known, deletes)
            else:
                current[name] = value
        else:
            current[name] = value
    return current


def _directed(patch: Json) -> Json:
    directive = patch[_PATCH]
    if directive == "replace":
        del patch[_PATCH]
        return patch
    if directive == "delete":
        return {}
    raise failed(f"unknown patch type: {go_format(directive)} in map: {go_format(patch)}")


def _take(current: Json, name: str, value: Any) -> None:
    """What the object does not have yet, without nulls and directives."""
    _drop_nulls(value)
    kept, keep = _undirected(value)
    if keep:
        current[name] = kept
    else:
        current.pop(name, None)


def _drop_nulls(value: Any) -> None:
    if isinstance(value, dict):
        for key in [key for key, each in value.items() if each is None]:
            del value[key]
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _drop_nulls(each)


def _undirected(value: Any) -> tuple[Any, bool]:
    """(the value without what is a directive in it, whether it is none itself)."""
    if isinstance(value, dict):
        if _PATCH in value:
            return None, False
        for key, (each, keep) in [(key, _undirected(each)) for key, each in value.items()]:
            if keep:
                value[key] = each
            else:
                del value[key]
        return value, True
    if isinstance(value, list):
        return [each for each, keep in map(_undirected, value) if keep], True
    return value, True


def _retain_keys(current: Json, patch: Json) -> None:
    if _RETAIN not in patch:
        return
    retained = patch.pop(_RETAIN)
    if not isinstance(retained, list):
        raise bad_request(BAD_RETAIN_KEYS)
    for key, value in patch.items():
        if value is not None and not key.startswith((_DELETE, _ORDER)) and key not in retained:
            raise bad_request(BAD_RETAIN_KEYS)
    for key in [key for key in current if key not in retained]:
        del current[key]


def _ordered_lists(current: Json, patch: Json, schema: Schema) -> None:
    """Merge the lists whose order the patch gives, and take them out of the patch."""
    for directive in [key for key in patch if key.startswith(_ORDER)]:
        order = patch.pop(directive)
        name = directive.removeprefix(_ORDER)
        here, new = current.get(name), patch.get(name)
        for each in (order, here, new):
            if each is not None and not isinstance(each, list):
                raise failed(f"expected a []interface {{}}, but received a {_go_type(each)}")
        known = _known(schema, name)
        _check_order(new or [], order, known.merge_key)
        if name in current and name not in patch:
            together = here or []
        elif name not in current and name in patch:
            together = _undirected(new)[0]
        elif name in current:
            together = _list(here or [], new or [], known, False) if "merge" in known.merge_strategy else new or []
        else:
            continue
        _check_elements(here or [], new or [])
        current[name] = _arranged(together, order, here or [], known.merge_key)
        patch.pop(name, None)


def _check_order(new: list[Any], order: list[Any], key: str) -> None:
    """Items of the patch must come in the order that it gives."""
    if not order or not new:
        return
    waiting = [each for each in new if not (isinstance(each, dict) and _PATCH in each)]
    places = iter(order)
    for each in waiting:
        if not any(_equal(_key_of(each, key), _key_of(place, key)) for place in places):
            said = f"The order in patch list:\n{go_format(new)}\n doesn't match $setElementOrder list:\n"
            raise failed(f"{said}{go_format(order)}\n")


def _list(current: list[Any], patch: list[Any], known: Field, deletes: bool) -> list[Any]:
    if not current and not patch:
        return current
    _check_elements(current, patch)
    if not isinstance((current or patch)[0], dict):
        if deletes:
            return [each for each in current if not _within(each, patch)]
        return _arranged(_distinct([*current, *patch]), patch, current, "")
    key = known.merge_key
    if not key:
        raise failed("cannot merge lists without merge key for struct")
    current, patch = _obey(current, patch, key)
    found = list(current)
    for each in patch:
        value = _key_of(each, key)
        place = next((place for place, old in enumerate(found) if key in old and _equal(old[key], value)), None)
        if place is None:
            found.append(each)
        else:
            found[place] = _map(
                found[place], each, known.schema.element.schema if known.schema.element else known.schema
            )
    return _arranged(found, patch, current, key)


def _check_elements(current: list[Any], patch: list[Any]) -> None:
    """All of one type, which is no list."""
    every = [*current, *patch]
    if not every:
        raise failed("no elements in any of the given slices")
    if isinstance(every[0], list):
        raise unprocessable()
    if any(not _same_type(each, every[0]) for each in every):
        raise failed(f"list element types are not identical: {go_format([current, patch])}")


def _obey(current: list[Json], patch: list[Json], key: str) -> tuple[list[Json], list[Json]]:
    """Carry out the items that are directives: (what is left of the list, the patch's other items)."""
    plain: list[Json] = []
    replaces = False
    for each in patch:
        match each.get(_PATCH):
            case None:
                plain.append(each)
            case "delete":
                value = _key_of(each, key)
                current = [old for old in current if not (key in old and _equal(old[key], value))]
            case "replace":
                replaces = True
            case "merge":
                raise failed("merging lists cannot yet be specified in the patch")
            case directive:
                raise failed(f"unknown patch type: {go_format(directive)} in map: {go_format(each)}")
    return (plain, []) if replaces else (current, plain)


def _arranged(items: list[Any], order: Sequence[Any], server_order: Sequence[Any], key: str) -> list[Any]:
    """Items that `order` names, in its order, and the others where they were among them."""
    of: Callable[[Any], Any] = (lambda each: each.get(key)) if key else (lambda each: each)
    for each in items if key else ():
        _key_of(each, key)
    wanted, was = list(map(of, order)), list(map(of, server_order))
    left = sorted((each for each in items if _place(of(each), wanted) < 0), key=lambda each: _last(of(each), was))
    right = sorted((each for each in items if _place(of(each), wanted) >= 0), key=lambda each: _place(of(each), wanted))
    found: list[Any] = []
    while left and right:
        first, second = _place(of(left[0]), was), _place(of(right[0]), was)
        found.append(left.pop(0) if 0 <= first < second else right.pop(0))
    return found + left + right


def _place(value: Any, among: Sequence[Any]) -> int:
    return next((place for place, each in enumerate(among) if _equal(each, value)), -1)


def _last(value: Any, among: Sequence[Any]) -> int:
    place = _place(value, among)
    return place if place >= 0 else len(among)


def _known(schema: Schema, name: str) -> Field:
    if schema.form == "struct":
        if name not in schema.fields:
            raise failed(f'unable to find api field in struct {schema.go_name} for the json field "{name}"')
        return schema.fields[name]
    return schema.element or Field(schema)


def _key_of(item: Any, key: str) -> Any:
    if not key:
        return item
    if not isinstance(item, dict) or key not in item:
        raise failed(f"map: {go_format(item)} does not contain declared merge key: {key}")
    return item[key]


def _equal(left: Any, right: Any) -> bool:
    """As in Go, where 1 is neither 1.0 nor true."""
    return type(left) is type(right) and bool(left == right)


def _within(value: Any, among: Sequence[Any]) -> bool:
    return _place(value, among) >= 0


def _distinct(items: list[Any]) -> list[Any]:
    found: list[Any] = []
    for each in items:
        if not _within(each, found):
            found.append(each)
    return found


def _same_type(left: Any, right: Any) -> bool:
    return type(left) is type(right) or (isinstance(left, dict) and isinstance(right, dict))


def _go_type(value: Any) -> str:
    kinds = {dict: "map[string]interface {}", str: "string", bool: "bool", int: "int64", float: "float64"}
    return kinds.get(type(value), "<nil>")
