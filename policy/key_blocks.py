"""Private keys, whole: in PEM, escaped inside JSON, in base64, from PuTTY, and cut off in the middle."""

import base64
import binascii
import re
from collections.abc import Iterator

Span = tuple[int, int]

_PEM = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    r"(?P<body>(?:(?!-----(?:BEGIN|END))[\s\S]){0,20000}+)"
    r"(?P<end>-----END [A-Z0-9 ]{1,50}-----)?"
)
_BREAK = r"(?:\\+[rn]|\s)"
_LINES_OF_A_KEY = re.compile(
    r"(?:"
    rf"(?:{_BREAK}|[\"'+|>,])*[A-Za-z0-9+/=]{{16,}}"  # a full line
    rf"|{_BREAK}*[A-Za-z0-9+/=]+$"  # the last one
    rf"|{_BREAK}*[A-Z][A-Za-z-]+: [^\n]*"  # `Proc-Type: 4,ENCRYPTED`
    r")+"
)
_PUTTY = re.compile(r"Private-Lines: \d+\s*\n(?P<body>(?:[A-Za-z0-9+/=]+\r?\n?)+)")
_ENCODED_PEM = re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]{20,}")
"""Base64 of `-----BEGIN `: a certificate as often as a key."""


def key_spans(text: str) -> Iterator[Span]:
    """Where private keys stand in `text`."""
    if "PRIVATE KEY" in text:
        for match in _PEM.finditer(text):
            if match["end"]:
                yield match.span()
            else:
                lines = _LINES_OF_A_KEY.match(text, match.start("body"))
                yield match.start(), lines.end() if lines else match.start("body")
    if "LS0tLS1CRUdJTi" in text:
        yield from (match.span() for match in _ENCODED_PEM.finditer(text) if _is_private(match.group()))
    if "Private-Lines" in text:
        yield from (match.span("body") for match in _PUTTY.finditer(text))


def _is_private(encoded: str) -> bool:
    """Whether this base64 is a PEM block of a private key, rather than a certificate."""
    try:
        return b"PRIVATE KEY" in base64.b64decode(encoded[: len(encoded) // 4 * 4][:80])
    except binascii.Error:
        return False
