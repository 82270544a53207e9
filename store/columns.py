"""Column types that hold the same on SQLite and PostgreSQL: text that always fits, JSON as text, growing numbers."""

import json
import re
from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with what PostgreSQL or UTF-8 cannot hold (NUL, half a surrogate pair) shown as U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


class Words(TypeDecorator[str]):
    """Any text a person or a log may contain."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class JsonText(TypeDecorator[Any]):
    """One JSON value as ASCII text, so that no character in it can be refused."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


Number = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits on both; SQLite counts rows by itself only in a column that is called INTEGER."""


def growing(name: str = "id") -> Column[int]:
    """A primary key that only ever grows, also after the newest rows were deleted."""
    return Column(name, Number, primary_key=True, autoincrement=True)


def words(name: str, *, default: str | None = "") -> Column[str]:
    """A text column that is never null; `default=None` makes giving a value a duty."""
    return Column(name, Words, nullable=False, default=default)


def moment(name: str) -> Column[int]:
    """Microseconds since the epoch, or null for "not yet"."""
    return Column(name, BigInteger, nullable=True)
