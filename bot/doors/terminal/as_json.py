"""Cards as plain JSON: what `-o json` prints and what other programs may rely on.

    {"title", "tone", "cluster": {"name", "environment", "production", "practice_identity"} | null, "parts": [part]}

Each part is {"type": ..., its own fields}: text, facts, table, code, checklist, chart, links, choices, form,
progress, sources. Times are ISO 8601 with their offset, risk is its name, evidence as in `hilda check -o json`.
"""

import math
from datetime import datetime
from typing import Any, assert_never

from domain.cards import (
    Card,
    Chart,
    Checklist,
    Choices,
    Code,
    Facts,
    Form,
    Links,
    Part,
    Progress,
    Sources,
    Table,
    Text,
)
from domain.evidence import evidence_as_json
from domain.plain_json import Json


def card_as_json(card: Card) -> Json:
    """The card with everything in it, as JSON types only."""
    cluster = card.cluster
    return {
        "title": card.title,
        "tone": card.tone,
        "cluster": None
        if cluster is None
        else {
            "name": cluster.name,
            "environment": cluster.environment,
            "production": cluster.production,
            "practice_identity": cluster.practice_identity,
        },
        "parts": [_part_as_json(part) for part in card.parts],
    }


def _part_as_json(part: Part) -> Json:
    match part:
        case Text(markdown):
            return {"type": "text", "markdown": markdown}
        case Facts(rows):
            return {"type": "facts", "rows": [list(row) for row in rows]}
        case Table(columns, rows, caption):
            return {"type": "table", "caption": caption, "columns": list(columns), "rows": [list(row) for row in rows]}
        case Code(text, language, label, risk):
            name = None if risk is None else risk.name
            return {"type": "code", "text": text, "language": language, "label": label, "risk": name}
        case Checklist(items):
            return {"type": "checklist", "items": [_fields(item) for item in items]}
        case Chart(title, unit, series, mark):
            return {
                "type": "chart",
                "title": title,
                "unit": unit,
                "mark": None if mark is None else mark.isoformat(),
                "series": [{"label": s.label, "points": [_point(*point) for point in s.points]} for s in series],
            }
        case Links(links):
            return {"type": "links", "links": [list(link) for link in links]}
        case Choices(choices):
            return {"type": "choices", "choices": [_fields(choice) for choice in choices]}
        case Form(action, subject, fields, submit):
            listed = [_fields(field) for field in fields]
            return {"type": "form", "action": action, "subject": subject, "fields": listed, "submit": submit}
        case Progress(steps):
            return {"type": "progress", "steps": [list(step) for step in steps]}
        case Sources(evidence):
            return {"type": "sources", "evidence": [evidence_as_json(item) for item in evidence]}
        case _:
            assert_never(part)


def _fields(value: Any) -> Json:
    """The fields of a flat frozen dataclass, in order."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _point(at: datetime, value: float) -> list[str | float | None]:
    """JSON has no NaN; nothing measured is null."""
    return [at.isoformat(), value if math.isfinite(value) else None]
