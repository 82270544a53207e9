"""Whether a program's last words name what a setting was changed to: a host that refuses, a value it cannot read."""

import re
from collections.abc import Iterable

_LONG_ENOUGH = 4
_TELLING = 8
"""A plain word that is shorter than this may stand in any log by chance."""
_HOST = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://)?(?:[^@/\s]*@)?([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d+)?(?:/.*)?"
)


def blamed(said: str, changes: Iterable[tuple[str, str, str]]) -> str:
    """The name of the one setting (name, value before, value now) that the words speak of; "" for none or several."""
    named = [
        name for name, old, new in changes if any(_stands_in(token, said) for token in _tokens(new) - _tokens(old))
    ]
    return named[0] if len(named) == 1 else ""


def _tokens(value: str) -> set[str]:
    """The value, and the host in it."""
    found = _HOST.fullmatch(value.strip())
    tokens = {value.strip(), *([found[1]] if found else [])}
    return {
        token
        for token in tokens
        if len(token) >= _TELLING or (len(token) >= _LONG_ENOUGH and not token.isalpha() and not token.isdigit())
    }


def _stands_in(token: str, text: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(token)}(?![\w-])", text) is not None
