"""What a conversation is about, from one turn to the next: a few names, so that turn 100 costs what turn 1 did."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.cluster_state import ClusterState
from domain.findings import Cause
from domain.look import Window
from graphs.understanding import Intent, Understanding
from tools.detectors.held import Held, is_held

_FOLLOWS_UP = frozenset(
    {Intent.since, Intent.why, Intent.changes, Intent.logs, Intent.climb, Intent.undo, Intent.metric}
)


@dataclass(frozen=True, slots=True)
class Focus:
    namespace: str = ""
    service: str = ""
    cause: str = ""
    """Key of the cause that was explained last."""
    held: dict[str, Any] = field(default_factory=dict)
    """That cause's finding as it was seen (tools/detectors/held.py), where a later look may miss it."""
    incident: str = ""
    level: int = 0
    proposal: str = ""
    window_start: str = ""
    window_end: str = ""

    @classmethod
    def of(cls, turn: Mapping[str, Any]) -> "Focus":
        """The focus that a turn's state holds; fields that a later version no longer knows are dropped."""
        known = {found.name for found in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in turn.get("focus", {}).items() if name in known})

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @property
    def window(self) -> Window | None:
        if not self.window_start:
            return None
        return Window(datetime.fromisoformat(self.window_start), datetime.fromisoformat(self.window_end))

    def turned_to(self, understood: Understanding) -> "Focus":
        """The focus after a question: what it names replaces what it does not; a follow-up keeps the rest."""
        if understood.intent is Intent.silence:
            return self
        named = bool(understood.namespace or understood.service)
        kept = self
        if understood.intent is Intent.diagnose:
            kept = dataclasses.replace(Focus(proposal=self.proposal), namespace="" if not named else self.namespace)
        elif named and (understood.namespace, understood.service) != (self.namespace, self.service):
            kept = dataclasses.replace(self, cause="", held={}, incident="", level=0)
        if named:
            kept = dataclasses.replace(kept, namespace=understood.namespace, service=understood.service)
        elif understood.intent not in _FOLLOWS_UP | {Intent.diagnose}:
            kept = dataclasses.replace(kept, service="")
        if understood.window:
            start, end = understood.window.start.isoformat(), understood.window.end.isoformat()
            kept = dataclasses.replace(kept, window_start=start, window_end=end)
        return kept

    def explaining(self, cause: Cause | None, state: ClusterState) -> "Focus":
        """The focus once a cause has been explained; what this look did not see itself stays as it was seen."""
        if cause is None:
            return dataclasses.replace(self, cause="", held={}, level=0)
        same = cause.key == self.cause
        kept = dataclasses.replace(self, cause=cause.key, level=self.level if same else 0)
        if same and is_held(cause.finding):
            return kept
        held = Held.of(cause.finding, state)
        return dataclasses.replace(kept, held=held.as_json() if held else {})

    def to(self, **changed: Any) -> "Focus":
        return dataclasses.replace(self, **changed)
