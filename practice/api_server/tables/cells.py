"""What the printers of several kinds share: one cell from a part of an object."""

from collections.abc import Callable, Sequence
from datetime import datetime

from practice.api import Json

Cell = str | int | bool
Printer = Callable[[Json, datetime], list[Cell]]
"""All cells of an object's row, the wide ones too."""

NONE = "<none>"
UNSET = "<unset>"


def labels(given: Json | None) -> str:
    """`app=web,tier=front`, or `<none>`."""
    return ",".join(f"{key}={value}" for key, value in sorted((given or {}).items())) or NONE


def selector(given: Json | None) -> str:
    """A label selector as kubectl's -l takes it, or "" for one that selects everything."""
    given = given or {}
    wanted = [(key, f"{key}={value}") for key, value in given.get("matchLabels", {}).items()]
    wanted += [(each["key"], _requirement(each)) for each in given.get("matchExpressions", ())]
    return ",".join(text for _, text in sorted(wanted, key=lambda each: each[0]))


def containers(template: Json) -> tuple[str, str]:
    """The names and the images of a pod template's containers."""
    listed = template["spec"].get("containers", ())
    return ",".join(each["name"] for each in listed), ",".join(each.get("image", "") for each in listed)


def first_few(entries: Sequence[str], most: int = 3) -> str:
    """The first three, and how many more there are."""
    text = ",".join(entries[:most])
    return f"{text} + {len(entries) - most} more..." if len(entries) > most else text


def condition(item: Json, kind: str) -> Json | None:
    """The condition of that type in an object's status."""
    return next((each for each in item.get("status", {}).get("conditions", ()) if each["type"] == kind), None)


def _requirement(expression: Json) -> str:
    key, values = str(expression["key"]), ",".join(sorted(expression.get("values", ())))
    words = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key, "DoesNotExist": f"!{key}"}
    return words[expression["operator"]]
