"""What was seen, and the line that lets a person see it too."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.look import Window
from domain.objects import ObjectRef

Trust = Literal["system", "team", "untrusted"]
"""Who could have written the sample: the platform itself, this team, or anybody (log lines, labels, annotations)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation. Build it with `observed`, which derives the id from what was asked and about what."""

    id: str
    source: str
    """`kubernetes`, `logs`, `events`, `prometheus`, `runbook`, `incident`."""
    query: str
    """What was asked of the source, in its own language."""
    summary: str
    """One sentence for a person."""
    sample: str
    """The relevant excerpt: cleaned, capped, redacted."""
    check: str
    """The line a person types to see the same: kubectl with --context, PromQL, or a path."""
    window: Window | None = None
    link: str = ""
    trust: Trust = "system"
    objects: tuple[ObjectRef, ...] = ()
    """What this observation is about; only objects named here were observed."""


def observed(
    source: str,
    query: str,
    summary: str,
    *,
    sample: str = "",
    check: str,
    window: Window | None = None,
    link: str = "",
    trust: Trust = "system",
    objects: tuple[ObjectRef, ...] = (),
) -> Evidence:
    """A piece of evidence whose id is equal for equal questions about equal objects, and different otherwise."""
    about = "\n".join([source, query, *map(str, objects)])
    return Evidence(
        id="e" + hashlib.sha256(about.encode()).hexdigest()[:8],
        source=source,
        query=query,
        summary=summary,
        sample=sample,
        check=check,
        window=window,
        link=link,
        trust=trust,
        objects=objects,
    )


def evidence_as_json(evidence: Evidence) -> dict[str, object]:
    """The public JSON form of one observation, times in ISO 8601."""
    return {
        "id": evidence.id,
        "source": evidence.source,
        "query": evidence.query,
        "summary": evidence.summary,
        "sample": evidence.sample,
        "check": evidence.check,
        "window": _window_as_json(evidence.window),
        "link": evidence.link,
        "trust": evidence.trust,
        "objects": [ref.as_json() for ref in evidence.objects],
    }


def evidence_from_json(value: Mapping[str, object]) -> Evidence:
    """The inverse of `evidence_as_json`."""
    fields = dict(value)
    window = fields.pop("window")
    objects = fields.pop("objects")
    assert isinstance(objects, list)
    return Evidence(
        window=Window(*(datetime.fromisoformat(window[edge]) for edge in ("start", "end")))
        if isinstance(window, dict)
        else None,
        objects=tuple(ObjectRef(**ref) for ref in objects),
        **fields,  # type: ignore[arg-type]
    )


def _window_as_json(window: Window | None) -> dict[str, str] | None:
    return {"start": window.start.isoformat(), "end": window.end.isoformat()} if window else None
