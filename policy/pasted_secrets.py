"""The values of a Kubernetes Secret that somebody pasted or printed, as YAML or JSON, also inside an annotation."""

import re
from collections.abc import Iterator

from policy.secret_values import MARK

Span = tuple[int, int]

_OPEN = r"\\{0,6}[\"']?"
_IS_A_SECRET = re.compile(rf"{_OPEN}kind{_OPEN}\s{{0,4}}:\s{{0,4}}{_OPEN}Secret\b(?! \w)")
_JSON_DATA = re.compile(
    r"(?P<slashes>\\{0,6})\"(?:data|stringData)(?P=slashes)\"\s{0,4}:\s{0,10}\{(?P<body>[^{}]{1,200000})\}"
)
_JSON_VALUE = re.compile(r":\s{0,10}\\{0,6}\"(?P<secret>(?:[^\"\\]|\\[nrt/u])+)\\{0,6}\"")
_YAML_DATA = re.compile(
    r"(?m)^(?P<indent>[ \t]*)(?:- )?(?:data|stringData):[ \t]*\r?\n"
    r"(?P<body>(?:(?P=indent)[ \t]+\S[^\n]*\n?|[ \t]*\n)+)"
)
_YAML_VALUE = re.compile(
    r"(?m)^[ \t]+[\w.\-\"']+:[ \t]+(?![|>][+\-]?[ \t]*$)(?P<secret>\S[^\n]*?)[ \t\r]*$"
    r"|^[ \t]+(?P<line>(?![\w.\-\"']+:(?:[ \t]|$))\S[^\n]*)$"
)


def pasted_spans(text: str) -> Iterator[Span]:
    """Where values of pasted Secrets stand in `text`; the names of their keys stay."""
    if "Secret" not in text or not _IS_A_SECRET.search(text):
        return
    for block in _JSON_DATA.finditer(text):
        for entry in _JSON_VALUE.finditer(text, *block.span("body")):
            if entry["secret"] != MARK:
                yield entry.span("secret")
    for block in _YAML_DATA.finditer(text):
        for entry in _YAML_VALUE.finditer(text, *block.span("body")):
            group = "secret" if entry["secret"] else "line"
            if entry[group].strip("\"'") != MARK:
                yield entry.span(group)
