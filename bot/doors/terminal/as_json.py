"""Cards as plain JSON, there and back: what `-o json` prints and what other programs may rely on.

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
    ChecklistItem,
    Choice,
    Choices,
    ClusterLabel,
    Code,
    Facts,
    Form,
    FormField,
    Links,
    Part,
    Progress,
    Series,
    Sources,
    Table,
    Text,
)
from domain.evidence import evidence_as_json, evidence_from_json
from domain.plain_json import Json
from domain.risk import Risk


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


def card_from_json(value: Json) -> Card:
    """The inverse of `card_as_json`; KeyError or TypeError when `value` is not such a card."""
    cluster = value["cluster"]
    return Card(
        value["title"],
        value["tone"],
        None if cluster is None else ClusterLabel(**cluster),
        tuple(_part_from_json(part) for part in value["parts"]),
    )


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


def _part_from_json(value: Json) -> Part:
    match value["type"]:
        case "text":
            return Text(value["markdown"])
        case "facts":
            return Facts(tuple((name, fact) for name, fact in value["rows"]))
        case "table":
            return Table(tuple(value["columns"]), tuple(tuple(row) for row in value["rows"]), value["caption"])
        case "code":
            risk = None if value["risk"] is None else Risk[value["risk"]]
            return Code(value["text"], value["language"], value["label"], risk)
        case "checklist":
            return Checklist(tuple(ChecklistItem(**item) for item in value["items"]))
        case "chart":
            series = tuple(Series(s["label"], tuple(_point_back(*p) for p in s["points"])) for s in value["series"])
            mark = None if value["mark"] is None else datetime.fromisoformat(value["mark"])
            return Chart(value["title"], value["unit"], series, mark)
        case "links":
            return Links(tuple((label, url) for label, url in value["links"]))
        case "choices":
            return Choices(tuple(Choice(**choice) for choice in value["choices"]))
        case "form":
            fields = tuple(FormField(**field) for field in value["fields"])
            return Form(value["action"], value["subject"], fields, value["submit"])
        case "progress":
            return Progress(tuple((text, state) for text, state in value["steps"]))
        case "sources":
            return Sources(tuple(evidence_from_json(item) for item in value["evidence"]))
        case unknown:
            raise KeyError(f"no part of a card is called {unknown!r}")


def _fields(value: Any) -> Json:
    """The fields of a flat frozen dataclass, in order."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _point(at: datetime, value: float) -> list[str | float | None]:
    """JSON has no NaN; nothing measured is null."""
    return [at.isoformat(), value if math.isfinite(value) else None]


def _point_back(at: str, value: float | None) -> tuple[datetime, float]:
    return datetime.fromisoformat(at), math.nan if value is None else value
