"""The part of Go's templates that annotations of alerts use: labels, the value, and how to write a number."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from practice.metrics import humane
from practice.metrics.numbers import general
from practice.promql.labels import Labels

Piece: TypeAlias = str | float
Function: TypeAlias = Callable[[list[Piece]], Piece]

_ACTION = re.compile(r"(?:\s*\{\{-\s|\{\{)\s*(.*?)\s*(?:\s-\}\}\s*|\}\})", re.DOTALL)
_TOKEN = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"|(?P<bar>\|)|(?P<word>[^\s|"]+)')
_VERB = re.compile(r"%([-+ 0]*\d*(?:\.\d+)?)([fegs%])")


class Unknown(Exception):
    """Something that these templates cannot do; the text names it."""


def expanded(template: str, labels: Labels, value: float) -> str:
    """The template's text; what is wrong with it stands in its place, as in Prometheus."""
    known = dict(labels)
    try:
        return _ACTION.sub(lambda action: _written(_piped(action[1], known, value)), template)
    except Unknown as wrong:
        return f"<error expanding template: {wrong}>"


def _piped(text: str, labels: Mapping[str, str], value: float) -> Piece:
    """`a | b c`: what a stage comes to is the last word of the next."""
    found: list[Piece] = []
    for stage in _stages(text):
        first, *rest = [*(_meant(token, labels, value) for token in stage), *found] or [""]
        arguments = [piece for piece in rest if isinstance(piece, str | float)]
        if callable(first):
            found = [first(arguments)]
        elif rest:
            raise Unknown(f"{first!r} is no function")
        else:
            found = [first]
    return found[0]


def _stages(text: str) -> Iterator[list[re.Match[str]]]:
    stage: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text):
        if token["bar"]:
            yield stage
            stage = []
        else:
            stage.append(token)
    yield stage


def _meant(token: re.Match[str], labels: Mapping[str, str], value: float) -> Piece | Function:
    word = token["word"]
    if word is None:
        return token["text"].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
    for prefix in ("$labels.", ".Labels."):
        if word.startswith(prefix):
            return labels.get(word.removeprefix(prefix), "")
    if word in ("$value", ".Value"):
        return value
    if word not in _FUNCTIONS:
        raise Unknown(f"{word!r} is not known here")
    return _FUNCTIONS[word]


def _of_a_number(write: Callable[[float], str]) -> Function:
    def function(arguments: list[Piece]) -> Piece:
        if len(arguments) != 1:
            raise Unknown(f"{len(arguments)} arguments where one belongs")
        return write(_number(arguments[0]))

    return function


def _formatted(arguments: list[Piece]) -> Piece:
    template, *rest = arguments or [""]
    values = iter(rest)

    def write(verb: re.Match[str]) -> str:
        if verb[2] == "%":
            return "%"
        piece = next(values, "")
        return verb[0] % (_written(piece) if verb[2] == "s" else _number(piece))

    return _VERB.sub(write, _written(template))


_FUNCTIONS: Mapping[str, Function] = {
    "humanize": _of_a_number(humane.with_prefix),
    "humanize1024": _of_a_number(humane.with_binary_prefix),
    "humanizeDuration": _of_a_number(humane.duration),
    "humanizePercentage": _of_a_number(humane.percentage),
    "printf": _formatted,
}


def _number(piece: Piece) -> float:
    try:
        return float(piece)
    except ValueError:
        raise Unknown(f"{piece!r} is not a number") from None


def _written(piece: Piece) -> str:
    return general(piece) if isinstance(piece, float) else piece
