"""What is wrong with a text that should be JSON, in the words of Go's decoder."""

import json
import re

_LITERALS = {"t": "true", "f": "false", "n": "null"}


def syntax_error(text: str, error: json.JSONDecodeError) -> str:
    """`invalid character 'b' looking for beginning of value`, from what Python's decoder found and where."""
    place = error.pos
    match error.msg:
        case "Expecting value":
            return _value(text, place)
        case "Expecting property name enclosed in double quotes":
            return _at(text, place, "looking for beginning of object key string")
        case "Expecting ':' delimiter":
            return _at(text, place, "after object key")
        case "Expecting ',' delimiter":
            if text[place : place + 1] == ".":
                return _at(text, place + 1, "after decimal point in numeric literal")
            inside = "array element" if _opened(text[:place]) == "[" else "object key:value pair"
            return _at(text, place, f"after {inside}")
        case "Extra data":
            return _at(text, place, "after top-level value")
        case "Invalid control character at":
            return _at(text, place, "in string literal")
        case message if message.startswith("Invalid \\"):
            return _at(text, place + 1, "in string escape code")
    return "unexpected end of JSON input"


def unknown_constant(name: str) -> None:
    """Python's decoder takes NaN and Infinity; Go's does not."""
    why = "in numeric literal" if name.startswith("-") else "looking for beginning of value"
    raise ValueError(f"invalid character {_quoted(name.lstrip('-')[0])} {why}")


def _value(text: str, place: int) -> str:
    literal = _LITERALS.get(text[place : place + 1])
    if literal:
        at = next(at for at, letter in enumerate(literal) if text[place + at : place + at + 1] != letter)
        return _at(text, place + at, f"in literal {literal} (expecting {_quoted(literal[at])})")
    if text[place : place + 1] == "-":
        return _at(text, place + 1, "in numeric literal")
    return _at(text, place, "looking for beginning of value")


def _at(text: str, place: int, why: str) -> str:
    return f"invalid character {_quoted(text[place])} {why}" if place < len(text) else "unexpected end of JSON input"


def _opened(text: str) -> str:
    """The bracket that the end of the text is in."""
    opened = []
    for letter in re.sub(r'"(?:[^"\\]|\\.)*"', "", text):
        if letter in "[{":
            opened.append(letter)
        elif letter in "]}":
            opened.pop()
    return opened[-1] if opened else ""


def _quoted(letter: str) -> str:
    if letter == "'":
        return "'\\''"
    return "'\"'" if letter == '"' else f"'{json.dumps(letter, ensure_ascii=False)[1:-1]}'"
