"""Values that stand beside a name which announces a secret: `DB_PASSWORD=…`, `"token": "…"`, `--password …`.

The text is searched for names with a separator behind them, the name decides how sure we are (secret_names.py),
the place decides where the value ends, and the value decides the rest (secret_values.py).
"""

import re
from collections.abc import Iterator

from policy.secret_names import Announces, announces
from policy.secret_values import MARK, is_plain_word, is_secret_value, looks_drawn

Span = tuple[int, int]

_NAME = r"(?<![\w.\-])(?<!\d{12}:)(?P<name>[\w.\-$@/]{2,120}+)"
_BINDING = re.compile(
    _NAME + r"(?P<close>\\*+[\"'`]?+\]?+)(?P<separator>\s{0,4}+(?::=|=>|={1,3}|(?<![=!<>])!==?|"
    r":(?::(?=[ \t]))?(?!/{2}|:))"
    r"(?:[ \t]{0,40}+(?:\r?\n[ \t]{2,40}+(?![\w.\-]+:\s))?+))"
)
_FLAG = re.compile(
    r"(?<![\w\-])--?(?P<name>[A-Za-z][\w\-]{1,60}+)(?P<close>[\"']?)"
    r"(?P<separator>(?:,\s{0,40}|[ \t]{1,4}|[ \t]{0,4}\r?\n[ \t]{0,40}-[ \t]{1,4})(?!-))"
)
_CALL = re.compile(_NAME + r"(?P<close>)(?P<separator>[ \t]?\([ \t]?(?=\\*[\"']))")
_ARGUMENTS = re.compile(
    r"\([ \t]?\\{0,2}[\"'](?P<name>[\w.\-]{2,100}+)(?P<close>\\{0,2}[\"'])(?P<separator>,[ \t]?(?=\\{0,2}[\"']))"
)
_SPOKEN = re.compile(
    r"(?i)(?<![\w.\-])(?P<name>(?:pass(?:word|wd|phrase|code)|pwd|secret|token|api[ _-]?key|access[ _-]?key|pin|otp))"
    r"(?P<close>)(?P<separator>[ \t]{1,4}(?:(?:is|was|are|to|of|now|set to|changed to)(?::|[ \t])[ \t]{0,4})?"
    r"(?=[\"'`]?\S{0,80}?(?:[\d!@#$%^&*+]|[a-z]-[a-z]\S*-|(?-i:[a-z][A-Z])))(?=\S{4})(?!-))"
)
_COLUMN = re.compile(
    r"(?m)^[ \t]*(?:(?:ENV|SET|setenv)[ \t]+)?"
    r"(?P<name>[A-Za-z][A-Za-z0-9]*[_.\-][\w.\-]{1,80}|requirepass|masterauth|password)"
    r"(?P<close>)(?P<separator>[ \t]+)(?=\S+[ \t]*\r?$)"
)
_ELEMENT = re.compile(r"<(?P<name>[A-Za-z][\w.:\-]{2,60})(?:\s[^<>]{0,200})?>(?P<value>[^<>]{1,4000})</")
_PAIR_NAME = re.compile(
    r"(?i)(?<![\w.\-])(?:name|key|header|variable|parameter|field|option|setting)"
    r"\\{0,6}[\"']?\s{0,4}[:=]\s{0,4}\\{0,6}[\"']?(?P<name>[\w.\-]{3,120}+)\\{0,6}[\"']?[\s,;]{1,60}+"
    r"\\{0,6}[\"']?value\\{0,6}[\"']?(?P<separator>\s{0,4}[:=]\s{0,4})"
)
_BLOCK = re.compile(r"[|>][+\-]?\d?[ \t]*(?:#[^\n]*)?\r?\n")
_ENDS_UNQUOTED = re.compile(
    r"[\s\"'`<>]|[,;&|)\]}]+(?=[\s\"'`\\<>]|$|\\n)|[,;&|](?=\s*[\w.\-]{1,60}\s?[=:])|\\[nrt](?![\w])|\\[\"']"
)
_LINE_VALUE = re.compile(r"[^\n\r]*?(?=[ \t]+#|[ \t]*\r?$)", re.MULTILINE)
_NEXT_KEY = re.compile(r"\n[ \t]*(?:- )?[\"']?[\w.\-]+[\"']?[ \t]*[:=]")
_MORE_WORDS = re.compile(r"[ \t]+(?!#)[A-Za-z]")
_WORDS_BEFORE = re.compile(r"(?:[A-Za-z]{2,20}[ \t]){1,2}$")
_QUOTE = re.compile(r"[@bruBRU]?(\\*)([\"'`])")
_PLACEHOLDER = re.compile(r"\$\{[^{}\n]{0,200}\}|\$\([^()\n]{0,200}\)|\{\{[^{}\n]{0,200}\}\}|<[^<>\n]{0,200}>|\[[{\]]")
_LIST = re.compile(r"\[\s*(?=[\"'])")
_LONGEST = 4096
_LONGEST_WORD = 200
"""A rejected value without spaces that is longer than this is not searched again for names inside."""


def named_spans(text: str) -> Iterator[Span]:
    """Where values beside announcing names stand in `text`."""
    called = '("' in text or "('" in text or "(\\" in text
    for pattern in (_BINDING, _FLAG, _SPOKEN, _COLUMN, *((_CALL, _ARGUMENTS) if called else ())):
        done = 0
        for match in pattern.finditer(text):
            if match.start() < done:
                continue
            name = match["name"]
            sure = announces(_whole_name(text, match.start("name"), name))
            if not sure:
                continue
            start, end = _value_at(text, match.end(), match.start(), sure, colon=":" in match["separator"])
            if _is_secret(text, match, sure, start, end):
                done = end
                yield start, end
            elif start == match.end() and end - start > _LONGEST_WORD:
                done = end
    if "alue" in text or "ALUE" in text:
        yield from _paired(text)
    if "</" in text:
        for match in _ELEMENT.finditer(text):
            if is_secret_value(match["value"].strip(), announces(match["name"]), match["name"]):
                yield match.span("value")


def _paired(text: str) -> Iterator[Span]:
    """`name: DB_PASSWORD` with its `value:` beside or below it, as Kubernetes writes environment variables."""
    for match in _PAIR_NAME.finditer(text):
        sure = announces(match["name"])
        if sure:
            start, end = _value_at(text, match.end(), match.start(), sure)
            if is_secret_value(text[start:end], sure, match["name"]):
                yield start, end


def _is_secret(text: str, match: re.Match[str], sure: Announces, start: int, end: int) -> bool:
    value, name = text[start:end], match["name"]
    if not value or not is_secret_value(value, sure, name):
        return False
    if match.re is _SPOKEN and sure is Announces.token and not looks_drawn(value, name):
        return False
    quoted = start > match.end()
    if not (is_plain_word(value) and _is_one_word(name)):
        return True
    ends_there = sure is Announces.password and ":" in match["separator"] and not _MORE_WORDS.match(text, end)
    return ends_there or not _is_prose(text, match, quoted, end)


def _value_at(text: str, at: int, name_at: int, sure: Announces, *, colon: bool = False) -> Span:
    """Where the value that begins at `at` starts and ends: in quotes, as a block below, or up to what ends a word."""
    if text.startswith(MARK, at):
        return at, at
    quote = _QUOTE.match(text, at)
    if quote:
        return quote.end(), _closing(text, quote.end(), quote[1], quote[2])
    placeholder = _PLACEHOLDER.match(text, at)
    if placeholder:
        return placeholder.span()
    block = _BLOCK.match(text, at)
    if block:
        return block.end(), _end_of_block(text, block.end(), name_at)
    if text.startswith("[", at):
        inner = _LIST.match(text, at)
        if inner:
            close = text.find("]", at, at + _LONGEST)
            return inner.end(), close if close > 0 else inner.end()
    if colon and sure is Announces.password and text[:name_at].rpartition("\n")[2].strip(" \t-\"'") == "":
        whole = _LINE_VALUE.match(text, at)
        if whole and not re.search(r"[\"',;{}=]|: ", whole.group()):
            return at, min(whole.end(), at + _LONGEST)
    end = _ENDS_UNQUOTED.search(text, at, at + _LONGEST)
    return at, end.start() if end else min(len(text), at + _LONGEST)


def _closing(text: str, at: int, slashes: str, quote: str) -> int:
    """The end of a quoted value: its closing quote, or the end of its line where that was cut off."""
    closing = (
        re.compile(rf"(?<!\\){re.escape(slashes + quote)}") if slashes else re.compile(rf"(?<!\\)(?:\\\\)*{quote}")
    )
    line_end = text.find("\n", at, at + _LONGEST)
    line_end = min(len(text), at + _LONGEST) if line_end < 0 else line_end
    found = closing.search(text, at, line_end)
    if found:
        return found.end() - len(slashes) - 1
    found = closing.search(text, at, at + 2000)
    if found and not _NEXT_KEY.search(text, at, found.start()):
        return found.end() - len(slashes) - 1
    return line_end


def _end_of_block(text: str, at: int, name_at: int) -> int:
    """The end of a YAML block scalar: the first line that is not indented more than the line of its name."""
    line = text[text.rfind("\n", 0, name_at) + 1 : name_at]
    indent = len(line) - len(line.lstrip(" "))
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        body = text[at:end]
        if body.strip() and len(body) - len(body.lstrip(" \t")) <= indent:
            return max(0, at - 1)
        at = end + 1
    return len(text)


def _whole_name(text: str, at: int, name: str) -> str:
    """`access key` and `connection string` are spoken in words: what stands before joins the name."""
    if name.lower() not in ("key", "string", "token", "id", "code", "phrase", "secret", "keys"):
        return name
    before = _WORDS_BEFORE.search(text, max(0, at - 42), at)
    return before.group().replace("\t", " ").replace(" ", "_") + name if before else name


def _is_prose(text: str, match: re.Match[str], quoted: bool, end: int) -> bool:
    """`invalid token: expired` is a sentence; `token=expired`, `"token": "expired"` and a YAML line are not."""
    if quoted or match["close"] or "=" in match["separator"] or match.re is _FLAG:
        return False
    before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    return bool(before.strip(" \t-{")) or not match["separator"].strip() or bool(_MORE_WORDS.match(text, end))


def _is_one_word(name: str) -> bool:
    return name.isalpha() and (name.islower() or name.isupper() or name.istitle())
