"""Label selectors: `app=web,tier in (a,b),!canary,size>3`, parsed and refused as k8s.io/apimachinery does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from practice.api_server.refusals import bad_request
from practice.api_server.schema import faults
from practice.api_server.schema.rules import names

_OPERATORS = {"=": "in", "==": "in", "!=": "notin", "in": "in", "notin": "notin", ">": "gt", "<": "lt"}
_SIGNS = frozenset(["=", "==", "!=", "!", "(", ")", ",", ">", "<"])
_TOKEN = re.compile(r"\s*(?:(==|!=|[=!(),><])|([^=!(),><\s]+)|$)")
_EXPECTED_OPERATORS = "in, notin, =, ==, !=, gt, lt"


@dataclass(frozen=True)
class Requirement:
    """`operator` is in, notin, exists, missing, gt or lt."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case "in":
                return value is not None and value in self.values
            case "notin":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "missing":
                return value is None
        return value is not None and self._compares(value)

    def _compares(self, value: str) -> bool:
        try:
            mine, bound = int(value), int(next(iter(self.values)))
        except ValueError:
            return False
        return mine > bound if self.operator == "gt" else mine < bound


@dataclass(frozen=True)
class LabelSelector:
    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        return all(each.matches(labels) for each in self.requirements)

    def __bool__(self) -> bool:
        return bool(self.requirements)


def parse_label_selector(text: str) -> LabelSelector:
    """The selector; a 400 Status when it cannot be understood.

    >>> parse_label_selector("app in (web, api),!canary").matches({"app": "api"})
    True
    """
    return LabelSelector(tuple(_Parser(text).requirements()))


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        position = 0
        while position < len(text):
            found = _TOKEN.match(text, position)
            assert found
            self._tokens.append(found[1] or found[2] or "")
            position = found.end()
        self._tokens.append("")
        self._at = 0

    def requirements(self) -> list[Requirement]:
        found: list[Requirement] = []
        while self._next:
            if self._next in _SIGNS - {"!"}:
                raise _refused(f"found '{self._next}', expected: !, identifier, or 'end of string'")
            found.append(self._requirement())
            separator = self._take()
            if not separator:
                return found
            if separator != ",":
                raise _refused(f"found '{separator}', expected: ',' or 'end of string'")
            if not self._next or (self._next in _SIGNS - {"!"}):
                raise _refused(f"found '{self._next}', expected: identifier after ','")
        return found

    @property
    def _next(self) -> str:
        return self._tokens[min(self._at, len(self._tokens) - 1)]

    def _take(self) -> str:
        token = self._next
        self._at += 1
        return token

    def _requirement(self) -> Requirement:
        missing = self._next == "!"
        if missing:
            self._take()
        key = self._identifier()
        _check_key(key)
        if missing:
            return Requirement(key, "missing")
        if self._next in ("", ","):
            return Requirement(key, "exists")
        operator = self._take()
        if operator not in _OPERATORS:
            raise _in_requirement(f"found '{operator}', expected: {_EXPECTED_OPERATORS}")
        values = self._values() if operator in ("in", "notin") else self._exact_value()
        _check_values(key, operator, values)
        return Requirement(key, _OPERATORS[operator], values)

    def _identifier(self) -> str:
        token = self._take()
        if not token or token in _SIGNS:
            raise _in_requirement(f"found '{token}', expected: identifier")
        return token

    def _exact_value(self) -> frozenset[str]:
        return frozenset([""] if self._next in ("", ",") else [self._identifier()])

    def _values(self) -> frozenset[str]:
        opening = self._take()
        if opening != "(":
            raise _in_requirement(f"found '{opening}' expected: '('")
        values: list[str] = []
        expects_value = True
        while True:
            found = self._take()
            if found == ")":
                return frozenset([*values, ""] if expects_value else values)
            if found == "," and expects_value:
                values.append("")
            elif found == ",":
                expects_value = True
            elif found and found not in _SIGNS and expects_value:
                values.append(found)
                expects_value = False
            elif expects_value:
                others = "',', or" if values else "',', ')' or"
                raise _in_requirement(f"found '{found}', expected: {others} identifier")
            else:
                raise _in_requirement(f"found '{found}', expected: ',' or ')'")


def _check_key(key: str) -> None:
    if wrong := names.label_key(key):
        # The path that the server has at this place is none, and it prints it.
        raise _in_requirement(str(faults.invalid("<nil>", key, "; ".join(wrong))))


def _check_values(key: str, operator: str, values: frozenset[str]) -> None:
    found = [
        faults.invalid(f"values[{number}]", value, "for 'Gt', 'Lt' operators, the value must be an integer")
        for number, value in enumerate(sorted(values))
        if operator in "<>" and not re.fullmatch(r"[-+]?\d+", value)
    ]
    found += [
        faults.invalid(f"values[{number}][{key}]", value, "; ".join(wrong))
        for number, value in enumerate(sorted(values))
        if (wrong := names.label_value(value))
    ]
    if found:
        raise _in_requirement(faults.summary(found))


def _refused(message: str) -> Exception:
    return bad_request(message)


def _in_requirement(message: str) -> Exception:
    return bad_request(f"unable to parse requirement: {message}")
