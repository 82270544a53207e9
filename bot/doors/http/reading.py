"""What programs read: incidents, and how Hilda is. Every route needs a key."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response, Security
from pydantic import BaseModel

from bot.doors.http.callers import BEARER, Callers
from bot.doors.http.metrics import CONTENT_TYPE, exposition
from bot.doors.http.problems import Problem, ProblemBody
from policy.roles import Act
from store.figures import Figures
from store.incident_record import Incident
from store.incidents import Incidents

Seen = Callable[[], Awaitable["Vitals"]]

ANSWERS: dict[int | str, dict[str, Any]] = {
    400: {"model": ProblemBody, "description": "The request cannot be read."},
    401: {"model": ProblemBody, "description": "No key, or none that is valid."},
    403: {"model": ProblemBody, "description": "The key's role may not do that."},
    404: {"model": ProblemBody, "description": "There is no such thing."},
    429: {"model": ProblemBody, "description": "Too many requests; Retry-After says for how long."},
    503: {"model": ProblemBody, "description": "The store does not answer."},
}
"""Answers of every route that needs a key, for the OpenAPI document."""


class Vitals(BaseModel):
    """What the routes tell of, read once per request."""

    model_config = {"arbitrary_types_allowed": True}

    figures: Figures
    executors: int
    runbooks: int


class Health(BaseModel):
    """Who is at work."""

    status: Literal["ok"] = "ok"
    agents: dict[str, Literal["active", "idle", "absent"]]


class Status(BaseModel):
    """How much there is to do, and how well it went."""

    active_investigations: int
    """Incidents that are not over."""
    pending_fixes: int
    """Proposals that wait for a person or for the executor."""
    learning_sessions: int
    """Remediations whose outcome is being looked at."""
    success_rate: float | None
    """Of the remediations that ran, the share after which the cause was gone; null before the first one."""
    patterns_loaded: int
    """Runbooks."""


class Line(BaseModel):
    """One line of a timeline."""

    at: datetime
    kind: str
    text: str


class IncidentBody(BaseModel):
    """An incident as programs see it."""

    id: str
    title: str
    state: Literal["open", "acknowledged", "resolved", "closed"]
    severity: str
    cause: str
    """Cause code and object, as `crash-loop|CLUSTER|shop|Deployment|web`."""
    cluster: str
    namespace: str
    owner: str
    acknowledged_by: str
    opened_at: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    snoozed_until: datetime | None
    merged_into: str
    summary: str
    timeline: list[Line] = []
    """Of one incident only; lists leave it out."""


class IncidentsBody(BaseModel):
    incidents: list[IncidentBody]


def reading_router(incidents: Incidents, callers: Callers, seen: Seen, *, open_metrics: bool = False) -> APIRouter:
    """`open_metrics`: whether /metrics is told without a key."""
    asks = Depends(callers.may(Act.ask))
    router = APIRouter(dependencies=[Security(BEARER), asks], responses=ANSWERS)

    @router.get("/health", tags=["status"], summary="Who is at work")
    async def health() -> Health:
        return Health(agents=_agents(await seen()))

    @router.get("/status", tags=["status"], summary="How much there is to do")
    async def status() -> Status:
        vitals = await seen()
        f = vitals.figures
        return Status(
            active_investigations=sum(number for labels, number in f.incidents.items() if labels[0] != "closed"),
            pending_fixes=f.now(f.proposals, "proposed", "approved", "claimed", "started"),
            learning_sessions=f.now(f.jobs, "resume"),
            success_rate=f.helped / f.tried if f.tried else None,
            patterns_loaded=vitals.runbooks,
        )

    @router.get("/api/v1/incidents", tags=["incidents"], summary="Incidents, the newest first")
    async def several(
        state: Annotated[
            Literal["open", "closed"] | None, Query(description="`open` are all that are not closed.")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> IncidentsBody:
        return IncidentsBody(incidents=[_told(one) for one in await incidents.list(state, most=limit)])

    @router.get("/api/v1/incidents/{incident_id}", tags=["incidents"], summary="One incident with its timeline")
    async def one(incident_id: Annotated[str, Path(pattern="^i[0-9a-f]{10}$")]) -> IncidentBody:
        found = await incidents.get(incident_id)
        if found is None:
            raise Problem(404, "There is no such incident.")
        return _told(found)

    outside = APIRouter()
    guarded = [] if open_metrics else [Security(BEARER), asks]

    @outside.get(
        "/metrics",
        tags=["status"],
        summary="For Prometheus",
        dependencies=guarded,
        response_class=Response,
        responses={
            200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
            **({} if open_metrics else ANSWERS),
        },
    )
    async def metrics() -> Response:
        vitals = await seen()
        return Response(exposition(vitals.figures, vitals.executors), media_type=CONTENT_TYPE)

    whole = APIRouter()
    whole.include_router(router)
    whole.include_router(outside)
    return whole


def _agents(vitals: Vitals) -> dict[str, Literal["active", "idle", "absent"]]:
    f = vitals.figures
    at_work = any(labels[1] == "running" for labels in f.jobs)
    running = f.now(f.proposals, "claimed", "started") > 0
    executor: Literal["active", "idle", "absent"] = "idle" if vitals.executors else "absent"
    return {"worker": "active" if at_work else "idle", "executor": "active" if running else executor}


def _told(incident: Incident) -> IncidentBody:
    return IncidentBody(
        id=incident.id,
        title=incident.title,
        state=incident.state,
        severity=incident.severity,
        cause=incident.cause_key,
        cluster=incident.cluster,
        namespace=incident.namespace,
        owner=incident.owner,
        acknowledged_by=incident.acknowledged_by,
        opened_at=incident.opened_at,
        acknowledged_at=incident.acknowledged_at,
        resolved_at=incident.resolved_at,
        closed_at=incident.closed_at,
        snoozed_until=incident.snoozed_until,
        merged_into=incident.merged_into,
        summary=incident.summary,
        timeline=[Line(at=line.at, kind=line.kind, text=line.text) for line in incident.timeline],
    )
