"""Making every character of somebody else's text visible: nothing that reaches a screen may steer it."""

import unicodedata

_JOINERS = "\u200c\u200d"
"""Zero-width (non-)joiners: emoji families and Persian words need them; in code they only deceive."""


def prose(text: str) -> str:
    """`text` for reading: newlines stay, whatever steers a terminal or reorders a line is shown as an escape."""
    return _escaped(text.replace("\r\n", "\n").replace("\t", "    "), keep="\n" + _JOINERS)


def one_line(text: str) -> str:
    """`text` on a single line, for titles, labels and cells."""
    return " ".join(prose(text).split())


def exact(text: str) -> str:
    """`text` for copying: the same characters, or, where one cannot be seen, its escape (see `is_exact`)."""
    return _escaped(text, keep="\n\t")


def is_exact(text: str) -> bool:
    """Whether what `exact` shows is, character for character, what was meant."""
    return exact(text) == text


def _escaped(text: str, keep: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in keep or not _hidden(c) else _escape(c) for c in text)


def _hidden(character: str) -> bool:
    """Control, format (bidi marks, zero-width), surrogate, and the two line separators."""
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
