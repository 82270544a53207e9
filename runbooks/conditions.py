"""What a block may demand in `when` beside slots with a value: facts about how the trouble came about."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from domain.findings import Cause

SOON = timedelta(minutes=30)
_REFERENCES = ("env[", "envfrom", "volumes", "configmap", "secret", "valuefrom")


def rollout_started_it(cause: Cause, facts: Mapping[str, str]) -> bool:
    """The latest revision came shortly before the trouble; without its time, one that changed something counts."""
    if not facts.get("previous_revision"):
        return False
    rolled_out = _time(facts.get("rolled_out_at", ""))
    if rolled_out is None or cause.finding.since is None:
        return bool(facts.get("changed_fields"))
    return rolled_out - timedelta(minutes=1) <= cause.finding.since <= rolled_out + SOON


def reference_changed(cause: Cause, facts: Mapping[str, str]) -> bool:
    """The latest revision changed what configuration the pods refer to, so going back takes the reference away."""
    changed = facts.get("changed_fields", "").lower()
    name = facts.get("config_name", "").lower()
    return any(word in changed for word in _REFERENCES) or bool(name and name in changed)


def key_removed(cause: Cause, facts: Mapping[str, str]) -> bool:
    """The key is missing now: a previous value was seen and no present one."""
    return bool(facts.get("config_key")) and "present_config_value" not in facts


CONDITIONS: Mapping[str, tuple[Callable[[Cause, Mapping[str, str]], bool], str]] = {
    "rollout_started_it": (rollout_started_it, "no rollout shortly before it began was observed"),
    "reference_changed": (reference_changed, "the latest rollout did not change what configuration is referred to"),
    "key_removed": (key_removed, "no key was seen to be removed"),
}
"""Name in `when` to (test, what to say where it does not hold)."""


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
