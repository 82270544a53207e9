"""Label matchers as Alertmanager writes them: which alerts something is for."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

_WRITTEN = re.compile(r"\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(.*?)\s*", re.DOTALL)


@dataclass(frozen=True)
class Matcher:
    """A label that an alert lacks has the empty value, as everywhere in Prometheus."""

    name: str
    value: str
    negated: bool = False
    pattern: bool = False

    @classmethod
    def parse(cls, text: str) -> "Matcher":
        """ValueError with a sentence where it is none.

        >>> Matcher.parse('namespace=~"shop|cart"').holds({"namespace": "cart"})
        True
        """
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError(f'{text!r} is no matcher: write label="value", or with !=, =~ or !~.')
        name, sign, value = found.groups()
        if value[:1] == '"':
            if len(value) < 2 or value[-1] != '"':
                raise ValueError(f"{text!r} is no matcher: its value has no closing quote.")
            value = re.sub(r'\\(["\\])', r"\1", value[1:-1])
        matcher = cls(name, value, negated=sign[0] == "!", pattern="~" in sign)
        if matcher.pattern:
            try:
                _ = matcher._compiled
            except re.error as wrong:
                raise ValueError(f"{text!r} is no matcher: {wrong}.") from wrong
        return matcher

    def holds(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.name, "")
        same = self._compiled.fullmatch(value) is not None if self.pattern else value == self.value
        return same != self.negated

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.value, re.DOTALL)

    def __str__(self) -> str:
        sign = {(False, False): "=", (True, False): "!=", (False, True): "=~", (True, True): "!~"}
        return f'{self.name}{sign[self.negated, self.pattern]}"{self.value}"'


def all_hold(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether every one of them holds; none hold for everything."""
    return all(matcher.holds(labels) for matcher in matchers)
