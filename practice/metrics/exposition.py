"""Reading Prometheus' text format, as targets answer it and as OpenMetrics writes histories down."""

import re
from collections.abc import Iterator

from practice.promql.labels import NAME, Labels

_LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?[ \t]+([^ \t]+)(?:[ \t]+([^ \t#]+))?[ \t]*(?:#.*)?")
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')
_ESCAPE = re.compile(r"\\(.)")
_MOST_KNOWN = 100_000
"""Pods come and go, and their lines with them."""


class Unreadable(Exception):
    """A line that is no sample; the text names it."""


class Reader:
    """Remembers what labels a line's beginning stood for, since every scrape repeats them."""

    def __init__(self) -> None:
        self.types: dict[str, str] = {}
        """The types that the text gave metrics."""
        self._known: dict[str, Labels] = {}

    def samples(self, text: str) -> Iterator[tuple[Labels, float, float | None]]:
        """(labels with the name, value, seconds since the epoch where the line tells them)."""
        for line in text.splitlines():
            if not line or line[0] == "#":
                if line.startswith("# TYPE "):
                    _, _, name, kind = line.split()
                    self.types[name] = kind
                continue
            # Most lines end with a value and have no time of their own.
            series, _, value = line.rpartition(" ")
            if labels := self._known.get(series):
                yield labels, float(value), None
                continue
            found = _LINE.fullmatch(line)
            if not found:
                raise Unreadable(f"not a sample: {line[:200]!r}")
            name, inside, value, at = found.groups()
            labels = _labels(name, inside or "", line)
            if at is None:
                if len(self._known) >= _MOST_KNOWN:
                    self._known.clear()
                self._known[series] = labels
            yield labels, float(value), None if at is None else float(at)


def _labels(name: str, inside: str, line: str) -> Labels:
    labels = {NAME: name}
    end = 0
    while end < len(inside.rstrip()):
        found = _LABEL.match(inside, end)
        if not found:
            raise Unreadable(f"not a sample: {line[:200]!r}")
        labels[found[1]] = _ESCAPE.sub(lambda escape: "\n" if escape[1] == "n" else escape[1], found[2])
        end = found.end()
    return tuple(sorted((label, value) for label, value in labels.items() if value))
