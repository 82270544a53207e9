"""The policy's version: part of every proposal's digest, so that a changed policy voids what was approved under it."""

import hashlib
from functools import cache
from importlib.resources import files


def policy_version(settings_digest: str) -> str:
    """16 hex digits that change with any line of the rules and with the settings they were applied under."""
    return hashlib.sha256(f"{_rules()}\n{settings_digest}".encode()).hexdigest()[:16]


@cache
def _rules() -> str:
    """A digest of the rules themselves, so that nobody has to remember to raise a number."""
    rules = sorted(
        (each for each in files("policy").iterdir() if each.name.endswith(".py")), key=lambda each: each.name
    )
    digest = hashlib.sha256()
    for rule in rules:
        digest.update(rule.name.encode() + b"\0" + rule.read_bytes() + b"\0")
    return digest.hexdigest()
