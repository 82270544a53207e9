"""The part of Go's templates that annotations of alerts use: labels, the value, and how to write a number."""

import re
from collections.abc import Callable, Mapping

from practice.metrics.numbers import general, rounded
from practice.promql.labels import Labels

_ACTION = re.compile(r"(?:\s*\{\{-\s|\{\{)\s*(.*?)\s*(?:\s-\}\}\s*|\}\})", re.DOTALL)
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s|"]+)|(\|)')
_FORMAT = re.compile(r"%([-+ 0]*\d*(?:\.\d+)?)([fegs%])")

Piece = str | float


class Unknown(Exception):
    """Something that these templates do not know; the text names it."""


def expanded(template: str, labels: Labels, value: float) -> str:
    """The template's text; what is wrong with it stands in its place, as in Prometheus."""
    known = dict(labels)
    try:
        return _ACTION.sub(lambda action: _written(_pipeline(action[1], known, value)), template)
    except Unknown as wrong:
        return f"<error expanding template: {wrong}>"


def _pipeline(text: str, labels: Mapping[str, str], value: float) -> Piece:
    words = [(quoted if sign == "" and not plain else plain or sign) for quoted, plain, sign in _WORD.findall(text)]
    quoted = [match[0].startswith('"') for match in _WORD.finditer(text)]
    stages: list[list[Piece]] = [[]]
    for word, is_text in zip(words, quoted, strict=True):
        if word == "|" and not is_text:
            stages.append([])
        else:
            stages[-1].append(word if is_text else _meant(word, labels, value))
    found: Piece | None = None
    for stage in stages:
        found = _called(stage if found is None else [*stage, found])
    assert found is not None
    return found


def _meant(word: str, labels: Mapping[str, str], value: float) -> Piece:
    for prefix in ("$labels.", ".Labels."):
        if word.startswith(prefix):
            return labels.get(word.removeprefix(prefix), "")
    if word in ("$value", ".Value"):
        return value
    if word in _FUNCTIONS or word == "printf":
        return _FUNCTION_MARK + word
    raise Unknown(f"{word!r} is not known here")


_FUNCTION_MARK = "\0"


def _called(stage: list[Piece]) -> Piece:
    match stage:
        case [str(name), *arguments] if name.startswith(_FUNCTION_MARK):
            if name == f"{_FUNCTION_MARK}printf":
                return _formatted(arguments)
            (number,) = arguments
            return _FUNCTIONS[name.removeprefix(_FUNCTION_MARK)](_number(number))
        case [piece]:
            return piece
    raise Unknown("a value that is called like a function")


def _formatted(arguments: list[Piece]) -> str:
    template, *rest = arguments
    values = iter(rest)

    def write(verb: re.Match[str]) -> str:
        if verb[2] == "%":
            return "%"
        piece = next(values, "")
        return verb[0] % (_written(piece) if verb[2] == "s" else _number(piece))

    return _FORMAT.sub(write, _written(template))


def _humanized(value: float) -> str:
    return _with_prefix(value, 1000.0, ("", "k", "M", "G", "T", "P", "E", "Z", "Y"))


def _humanized_1024(value: float) -> str:
    return _with_prefix(value, 1024.0, ("", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"))


def _with_prefix(value: float, step: float, prefixes: tuple[str, ...]) -> str:
    if value and abs(value) < 1 and step == 1000:
        prefixes, step = ("", "m", "u", "n", "p", "f", "a", "z", "y"), 1 / step
    elif not value or abs(value) < 1:
        return rounded(value)
    power = 0
    while power < len(prefixes) - 1 and (abs(value) >= step if step > 1 else abs(value) < 1):
        value /= step
        power += 1
    return f"{rounded(value)}{prefixes[power]}"


def _duration(value: float) -> str:
    if not abs(value) >= 1 or value in (float("inf"), float("-inf")):
        return f"{_humanized(value)}s" if value == value and abs(value) < 1 else rounded(value)
    sign, size = ("-" if value < 0 else ""), abs(value)
    days, rest = divmod(int(size), 86_400)
    hours, minutes, seconds = rest // 3600, rest // 60 % 60, rest % 60
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    if minutes:
        return f"{sign}{minutes}m {seconds}s"
    return f"{sign}{rounded(size)}s"


_FUNCTIONS: Mapping[str, Callable[[float], str]] = {
    "humanize": _humanized,
    "humanize1024": _humanized_1024,
    "humanizeDuration": _duration,
    "humanizePercentage": lambda value: f"{rounded(value * 100)}%",
}


def _number(piece: Piece) -> float:
    try:
        return float(piece)
    except ValueError:
        raise Unknown(f"{piece!r} is not a number") from None


def _written(piece: Piece) -> str:
    return general(piece) if isinstance(piece, float) else piece
