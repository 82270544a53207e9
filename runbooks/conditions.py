"""What a block may demand in `when` beside slots with a value: facts about how the trouble came about."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from domain.findings import Cause

SOON = timedelta(minutes=30)
_PLACEMENT = (
    "nodeSelector",
    "affinity",
    "tolerations",
    "topologySpread",
    ".resources.requests",
    "hostPort",
    "volumes[",
)
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


def claim_changed(cause: Cause, facts: Mapping[str, str]) -> bool:
    """The latest revision changed which volumes the pods mount."""
    return "volumes[" in facts.get("changed_fields", "")


def placement_changed(cause: Cause, facts: Mapping[str, str]) -> bool:
    """The latest revision changed what the pods ask of a node."""
    changed = facts.get("changed_fields", "")
    return any(word in changed for word in _PLACEMENT)


def setting_is_blamed(cause: Cause, facts: Mapping[str, str]) -> bool:
    """The program's last words name what the latest revision put into this variable."""
    return bool(facts.get("env_name")) and facts.get("blamed_setting") == facts.get("env_name")


def only_a_variable_changed(cause: Cause, facts: Mapping[str, str]) -> bool:
    """The latest revision differs in one environment variable and nothing else."""
    changed = facts.get("changed_fields", "")
    return bool(facts.get("env_name")) and "," not in changed and changed.endswith(f".env[{facts['env_name']}]")


def is_paused(cause: Cause, facts: Mapping[str, str]) -> bool:
    """Somebody paused the rollout."""
    return facts.get("why") == "paused"


CONDITIONS: Mapping[str, tuple[Callable[[Cause, Mapping[str, str]], bool], str]] = {
    "rollout_started_it": (rollout_started_it, "no rollout shortly before it began was observed"),
    "reference_changed": (reference_changed, "the latest rollout did not change what configuration is referred to"),
    "key_removed": (key_removed, "no key was seen to be removed"),
    "claim_changed": (claim_changed, "the latest rollout did not change which volumes are mounted"),
    "placement_changed": (placement_changed, "the latest rollout did not change what is asked of a node"),
    "setting_is_blamed": (setting_is_blamed, "the program's last words do not name a setting that was changed"),
    "only_a_variable_changed": (only_a_variable_changed, "the latest rollout did not change just one variable"),
    "is_paused": (is_paused, "nobody paused the rollout"),
}
"""Name in `when` to (test, what to say where it does not hold)."""


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
