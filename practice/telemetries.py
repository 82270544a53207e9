"""Which Prometheus there is to be: the real one where its programs are, practice's own otherwise."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from practice import planes, programs
from practice.history import Chapter
from practice.plane import Plane
from practice.prometheus import Prometheus
from practice.small_prometheus import SmallPrometheus
from practice.telemetry import Telemetry

Kind: TypeAlias = Literal["real", "small"]


def chosen(asked: Kind | None, plane: Plane) -> Kind:
    """What was asked for; without a wish the real one beside a real control plane, where its programs are at hand."""
    if asked:
        return asked
    return "real" if planes.kind_of(plane) == "real" and all(map(programs.where, programs.METRICS)) else "small"


async def start(
    kind: Kind, folder: Path, plane: Plane, *, namespaces: Collection[str] = (), chapters: Sequence[Chapter] = ()
) -> Telemetry:
    """One that knows the chapters and goes on with what is played in the namespaces (in all, by default)."""
    which = Prometheus if kind == "real" else SmallPrometheus
    return await which.start(folder, plane, namespaces=namespaces, chapters=chapters)
