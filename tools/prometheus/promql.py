"""Writing PromQL so that a value can never become syntax."""

import re
from collections.abc import Iterable

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_REGEX_SPECIAL = re.compile(r"([\\.+*?()|\[\]{}^$])")


def quoted(value: str) -> str:
    """`value` as a PromQL string."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def equals(label: str, value: str) -> str:
    return f"{name(label)}={quoted(value)}"


def one_of(label: str, values: Iterable[str]) -> str:
    """A matcher for exactly these values."""
    wanted = sorted(set(values))
    if len(wanted) == 1:
        return equals(label, wanted[0])
    return f"{name(label)}=~{quoted('|'.join(map(_literal, wanted)))}"


def _literal(value: str) -> str:
    return _REGEX_SPECIAL.sub(r"\\\1", value)


def name(text: str) -> str:
    """`text`, which is the name of a metric or a label; anything else is a bug of ours."""
    if not _NAME.fullmatch(text):
        raise ValueError(f"not a name in PromQL: {text!r}")
    return text


def selector(metric: str, *matchers: str) -> str:
    inner = ",".join(matcher for matcher in matchers if matcher)
    return f"{name(metric)}{{{inner}}}" if inner else name(metric)


def duration(seconds: float) -> str:
    return f"{max(1, round(seconds))}s"
