"""What is wrong with an object, as the API server says it: a list of faults becomes one Status 422 Invalid."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from practice.api_server.schema.schemas import Json


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the field's path, the machine's reason (`FieldValueInvalid`) and the words after the path."""

    field: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def invalid(field: str, value: Any, why: str) -> Fault:
    return Fault(field, "FieldValueInvalid", f"Invalid value: {shown(value)}" + (f": {why}" if why else ""))


def required(field: str, why: str = "") -> Fault:
    return Fault(field, "FieldValueRequired", "Required value" + (f": {why}" if why else ""))


def duplicate(field: str, value: Any) -> Fault:
    return Fault(field, "FieldValueDuplicate", f"Duplicate value: {shown(value)}")


def forbidden(field: str, why: str) -> Fault:
    return Fault(field, "FieldValueForbidden", f"Forbidden: {why}")


def not_found(field: str, value: Any) -> Fault:
    return Fault(field, "FieldValueNotFound", f"Not found: {shown(value)}")


def too_long(field: str, most: int) -> Fault:
    return Fault(field, "FieldValueTooLong", f"Too long: may not be more than {most} byte{'s' * (most != 1)}")


def unsupported(field: str, value: Any, allowed: Iterable[str]) -> Fault:
    options = ", ".join(map(_quoted, allowed))
    return Fault(
        field,
        "FieldValueNotSupported",
        f"Unsupported value: {shown(value)}" + (f": supported values: {options}" if options else ""),
    )


def shown(value: Any) -> str:
    """A value inside a fault, as Go prints it."""
    if isinstance(value, str):
        return _quoted(value)
    if value is None:
        return "null"
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\\u001b", "\\x1b")


def summary(faults: Iterable[Fault]) -> str:
    """All faults in one line, each once."""
    said = list(dict.fromkeys(map(str, faults)))
    return said[0] if len(said) == 1 else f"[{', '.join(said)}]"


def invalid_status(group: str, kind: str, name: str, faults: list[Fault]) -> Json:
    """The Status that refuses an object for its faults."""
    qualified = f"{kind}.{group}" if group else kind
    about = {"name": name, "group": group, "kind": kind}
    causes = [{"reason": each.reason, "message": each.message, "field": each.field} for each in faults]
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"{qualified} {json.dumps(name)} is invalid: {summary(faults)}",
        "reason": "Invalid",
        "details": {key: value for key, value in about.items() if value} | {"causes": causes},
        "code": 422,
    }
