"""Rules for metadata, labels, selectors and numbers that many kinds share."""

from collections.abc import Callable, Iterator
from typing import Any

from practice.api_server.schema.faults import Fault, forbidden, invalid, required, too_long, unsupported
from practice.api_server.schema.quantities import value_of
from practice.api_server.schema.rules import names
from practice.api_server.schema.schemas import Json

IMMUTABLE = "field is immutable"
NEGATIVE = "must be greater than or equal to 0"
_MOST_ANNOTATIONS = 256 * 1024
_UNCHANGED = "name namespace uid creationTimestamp deletionTimestamp deletionGracePeriodSeconds".split()

_STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")

NameRule = Callable[[str], list[str]]


def new_metadata(metadata: Json, namespaced: bool, name_rule: NameRule) -> Iterator[Fault]:
    if prefix := metadata.get("generateName"):
        masked = f"{prefix[:-2]}a" if len(prefix) > 1 and prefix.endswith("-") else prefix
        yield from (invalid("metadata.generateName", prefix, why) for why in name_rule(masked))
    if name := metadata.get("name"):
        yield from (invalid("metadata.name", name, why) for why in name_rule(name))
    else:
        yield required("metadata.name", "name or generateName is required")
    if not namespaced and metadata.get("namespace"):
        yield forbidden("metadata.namespace", "not allowed on this type")
    yield from _common(metadata)
    for place, finalizer in enumerate(metadata.get("finalizers", [])):
        yield from (invalid("metadata.finalizers", finalizer, why) for why in names.label_key(finalizer))
        if "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
            why = "name is neither a standard finalizer name nor is it fully qualified"
            yield invalid(f"metadata.finalizers[{place}]", finalizer, why)


def changed_metadata(metadata: Json, old: Json) -> Iterator[Fault]:
    if old.get("deletionTimestamp"):
        extra = sorted(set(metadata.get("finalizers", [])) - set(old.get("finalizers", [])))
        if extra:
            listed = ", ".join(f'"{each}"' for each in extra)
            yield forbidden(
                "metadata.finalizers",
                "no new finalizers can be added if the object is being deleted, found new finalizers "
                f"[]string{{{listed}}}",
            )
    for name in _UNCHANGED:
        if metadata.get(name) != old.get(name):
            yield invalid(
                f"metadata.{name}", metadata.get(name, "" if name in ("name", "namespace", "uid") else None), IMMUTABLE
            )
    yield from _common(metadata)


def _common(metadata: Json) -> Iterator[Fault]:
    yield from labels(metadata.get("labels"), "metadata.labels")
    yield from annotations(metadata.get("annotations"), "metadata.annotations")
    yield from _owners(metadata.get("ownerReferences", []))


def _owners(owners: list[Json]) -> Iterator[Fault]:
    path, controller = "metadata.ownerReferences", ""
    for owner in owners:
        if not owner.get("apiVersion"):
            yield invalid(f"{path}.apiVersion", "", "version must not be empty")
        for name in ("kind", "name", "uid"):
            if not owner.get(name):
                yield invalid(f"{path}.{name}", "", "must not be empty")
        if owner.get("controller"):
            this = f"{owner.get('kind', '')}/{owner.get('name', '')}"
            if controller:
                yield invalid(
                    path,
                    owners,
                    'Only one reference can have Controller set to true. Found "true" in references for '
                    f"{controller} and {this}",
                )
            controller = controller or this


def labels(found: dict[str, str] | None, path: str) -> Iterator[Fault]:
    for key, value in (found or {}).items():
        yield from (invalid(path, key, why) for why in names.label_key(key))
        yield from (invalid(path, value, why) for why in names.label_value(value))


def annotations(found: dict[str, str] | None, path: str) -> Iterator[Fault]:
    if not found:
        return
    for key in found:
        yield from (invalid(path, key, why) for why in names.label_key(key.lower()))
    if sum(len(key.encode()) + len(value.encode()) for key, value in found.items()) > _MOST_ANNOTATIONS:
        yield too_long(path, _MOST_ANNOTATIONS)


def selector(found: Json | None, path: str) -> Iterator[Fault]:
    if not found:
        return
    yield from labels(found.get("matchLabels"), f"{path}.matchLabels")
    for place, each in enumerate(found.get("matchExpressions", [])):
        yield from _expression(each, f"{path}.matchExpressions[{place}]")


def _expression(found: Json, path: str) -> Iterator[Fault]:
    values = found.get("values", [])
    match found.get("operator"):
        case "In" | "NotIn":
            if not values:
                yield required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        case "Exists" | "DoesNotExist":
            if values:
                yield forbidden(f"{path}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
        case operator:
            yield invalid(f"{path}.operator", operator, "not a valid selector operator")
    key = found.get("key", "")
    yield from (invalid(f"{path}.key", key, why) for why in names.label_key(key))
    for place, value in enumerate(values):
        yield from (invalid(f"{path}.values[{place}]", value, why) for why in names.label_value(value))


def is_usable(found: Json | None) -> bool:
    """Whether the selector can be evaluated at all."""
    return not any(selector(found, ""))


def matches(found: Json | None, given: dict[str, str] | None) -> bool:
    """Whether labels fit a selector; an absent selector fits nothing, an empty one everything."""
    if found is None:
        return False
    given = given or {}
    if any(given.get(key) != value for key, value in found.get("matchLabels", {}).items()):
        return False
    return all(_fits(each, given) for each in found.get("matchExpressions", []))


def _fits(expression: Json, given: dict[str, str]) -> bool:
    key, values = expression["key"], expression.get("values", [])
    return {
        "In": given.get(key) in values,
        "NotIn": given.get(key) not in values,
        "Exists": key in given,
        "DoesNotExist": key not in given,
    }[expression["operator"]]


def not_negative(holder: Json, *fields: str, path: str) -> Iterator[Fault]:
    for name in fields:
        value = holder.get(name)
        if value is not None and value < 0:
            yield invalid(f"{path}.{name}".removeprefix("."), value, NEGATIVE)


def unchanged(holder: Json, old: Json, name: str, path: str) -> Iterator[Fault]:
    value = holder.get(name)
    if value != old.get(name):
        shown = shown_selector(value) if name == "selector" else value
        yield invalid(f"{path}.{name}" if path else name, shown, IMMUTABLE)


def shown_selector(found: Json | None) -> Json | None:
    """In the order in which Go writes it."""
    if found is None:
        return None
    by_label = {"matchLabels": dict(sorted(found["matchLabels"].items()))} if "matchLabels" in found else {}
    return by_label | {key: value for key, value in found.items() if key != "matchLabels"}


def one_of(holder: Json, name: str, allowed: tuple[str, ...], path: str) -> Iterator[Fault]:
    """A field that must be one of those, and must be there."""
    value, here = holder.get(name), f"{path}.{name}".removeprefix(".")
    if not value:
        yield required(here)
    elif value not in allowed:
        yield unsupported(here, value, allowed)


def amount_or_percent(value: Any, path: str) -> Iterator[Fault]:
    if isinstance(value, str):
        yield from (invalid(path, value, why) for why in names.percent(value))
    elif value is not None and value < 0:
        yield invalid(path, value, NEGATIVE)


def at_most_all(value: Any, path: str) -> Iterator[Fault]:
    if isinstance(value, str) and not names.percent(value) and int(value[:-1]) > 100:
        yield invalid(path, value, "must not be greater than 100%")


def number_of(value: Any) -> int:
    """`25%` is 25, as only being zero matters."""
    if isinstance(value, str):
        return int(value[:-1]) if not names.percent(value) else 0
    return value or 0


def not_less_than_nothing(amount: str, path: str) -> Iterator[Fault]:
    if value_of(amount) < 0:
        yield invalid(path, amount, NEGATIVE)


def more_than_nothing(amount: str, path: str) -> Iterator[Fault]:
    if value_of(amount) <= 0:
        yield invalid(path, amount, "must be greater than zero")
