"""Short names for what pods are made of. Pure."""

import json

from practice.api import Json

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def template_hash(template: Json, collisions: int = 0) -> str:
    """Ten letters at most, of those that cannot make words: FNV-1a of the template as canonical JSON."""
    text = json.dumps(template, sort_keys=True, separators=(",", ":")) + (f"/{collisions}" if collisions else "")
    number = 0x811C9DC5
    for byte in text.encode():
        number = (number ^ byte) * 0x01000193 & 0xFFFFFFFF
    return "".join(_ALPHABET[ord(digit) % len(_ALPHABET)] for digit in str(number))
