"""Text that anybody may have written (logs, labels, alerts, pastes): made safe to show, and searched for tricks."""

import re
import unicodedata

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movement
    r"|\x1b[\]PX^_][^\x07\x1b\x9c\n]{0,2048}(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, SOS, PM, APC: titles, links, uploads
    r"|\x9b[0-?]*[ -/]*[@-~]"  # CSI as one C1 character
    r"|\x1b[ -/]*[0-~]?"
)
_LINE_ENDS = re.compile(r"\r\n?|[\u0085\u2028\u2029\x0b\x0c]")

_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Bidi controls, zero-width characters, fillers, tags and variation selectors: what a reader does not see."""

_UNSEEN = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff{_INVISIBLE}]")
_DECEPTIVE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_INVISIBLE}]")
_ODD_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]")
_ODD_DASH = re.compile("(?<!\\S)[\u2010-\u2015\u2212\ufe58\ufe63\uff0d](?=[\\w\u2010-\u2015-])")
_WORD = re.compile(r"[^\W\d_]+(?:[\w.-]*[^\W\d_]+)?")

_LOOK_ALIKES = frozenset(
    "асеорхуіјһԁԛԝѕӏ"  # Cyrillic
    "АВЕКМНОРСТХУІЈЅԌԚԜӀ"
    "ανορυχικ"  # Greek
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
    "օսոհցզյ"  # Armenian
    "ıɡɑ"
)
"""Letters that most fonts draw like ASCII ones."""


def clean(text: str, *, cap: int = 4000) -> str:
    """`text` without terminal escapes, control, bidi and invisible characters, at most `cap` long with a visible cut.

    Line breaks of every kind become a newline; tabs stay. Cleaning twice changes nothing.
    """
    if not (text.isascii() and text.isprintable()):
        text = _ESCAPES.sub("", text)
        text = _LINE_ENDS.sub("\n", text)
        text = _UNSEEN.sub("", text)
    return cut(text, cap)


def cut(text: str, cap: int) -> str:
    """The beginning of `text`, at most `cap` characters with the sentence that says how much is missing."""
    if len(text) <= cap:
        return text
    room = max(0, cap - len(_cut_mark(len(text))))
    return (text[:room] + _cut_mark(len(text) - room))[:cap]


def has_deceptive_characters(text: str) -> list[str]:
    """What in `text` could make a reader see something else than what runs; empty when nothing does.

    Line breaks and tabs are fine, so are words wholly in another script; a word that mixes scripts, or that
    is spelled only with look-alikes of ASCII letters, is not.
    """
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return []
    found = [f"{_named(m.group())} at character {m.start()}" for m in _DECEPTIVE.finditer(text)]
    found += [
        f"{_named(m.group())}, which is no plain space, at character {m.start()}" for m in _ODD_SPACE.finditer(text)
    ]
    found += [
        f"{_named(m.group())}, which is no plain hyphen, at character {m.start()}" for m in _ODD_DASH.finditer(text)
    ]
    for word in _WORD.finditer(text):
        if odd := _foreign_letters(word.group()):
            found.append(f"{', '.join(map(_named, odd))} in the word {word.group()!r}")
    return found


def _foreign_letters(word: str) -> list[str]:
    """Letters of `word` that pass for ASCII ones."""
    if word.isascii():
        return []
    disguised = [c for c in word if not c.isascii() and unicodedata.normalize("NFKC", c).isascii()]
    if disguised:
        return disguised
    letters = [c for c in word if c.isalpha()]
    strangers = [c for c in letters if not c.isascii() and not _is_latin(c)]
    mixed = bool(strangers) and any(_is_latin(c) for c in letters)
    lookalikes = [c for c in letters if c in _LOOK_ALIKES]
    if mixed:
        return strangers
    return lookalikes if len(lookalikes) == len(letters) else [c for c in lookalikes if _is_latin(c)]


def _is_latin(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "").startswith("LATIN ")


def _named(character: str) -> str:
    name = unicodedata.name(character, "") or "a control character"
    return f"U+{ord(character):04X} {name}"


def _cut_mark(missing: int) -> str:
    return f"\n[... {missing} more characters cut]"
