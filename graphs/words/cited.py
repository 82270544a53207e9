"""Numbers in brackets: every sentence of a report points at what was observed."""

from domain.evidence import Evidence, observed
from store.day import DayIncident


class Cited:
    """Observations in the order in which they are first pointed at: what [1], [2] stand for."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._evidence: list[Evidence] = []

    def __call__(self, *items: Evidence) -> str:
        """ " [3]" for these observations; "" for none."""
        for item in items:
            if item.id not in self._numbers:
                self._evidence.append(item)
                self._numbers[item.id] = len(self._evidence)
        marks = dict.fromkeys(f"[{self._numbers[item.id]}]" for item in items)
        return f" {''.join(marks)}" if marks else ""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return tuple(self._evidence)


def record(one: DayIncident) -> Evidence:
    """The incident itself, for whoever wants its timeline."""
    said = f"Incident {one.id}, {one.state}" + (f", {one.severity}" if one.severity else "")
    return observed("incident", one.id, f"{said}: {one.title}", check=f"hilda incidents show {one.id}")
