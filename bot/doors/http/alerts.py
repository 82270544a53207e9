"""`POST /api/v1/alerts/alertmanager`: what Alertmanager's webhook (version 4) sends, kept before it is thanked."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Literal

import orjson
import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, Field

from bot.doors.http.problems import Problem, ProblemBody, problem
from bot.doors.http.senders import Senders
from domain.alerts import HeardAlert
from domain.plain_json import Json
from store.work.alerts import Received
from tools.alertmanager.reading import NotAnAlert, read_alert, read_labels, read_word

PATH = "/api/v1/alerts/alertmanager"
_LARGE = 200_000
"""Bytes whose reading takes so long that others should not wait for it."""
_MOST_FAULTS = 20

Receive = Callable[[Sequence[HeardAlert], str], Awaitable[Received]]
"""The alerts and by which way they came; they are kept when it returns."""

log = structlog.get_logger()


class WebhookAlert(BaseModel):
    """One alert of the webhook."""

    labels: Annotated[dict[str, str], Field(min_length=1)]
    starts_at: Annotated[AwareDatetime, Field(alias="startsAt")]
    ends_at: Annotated[AwareDatetime | None, Field(alias="endsAt")] = None
    status: Literal["firing", "resolved"] = "firing"
    annotations: dict[str, str] = {}
    generator_url: Annotated[str, Field(alias="generatorURL")] = ""
    fingerprint: str = ""


class Webhook(BaseModel):
    """What Alertmanager sends; of other fields none is read."""

    alerts: list[WebhookAlert]
    version: str = "4"
    receiver: str = ""
    group_labels: Annotated[dict[str, str], Field(alias="groupLabels")] = {}
    truncated_alerts: Annotated[int, Field(alias="truncatedAlerts")] = 0


class Kept(BaseModel):
    """What the batch changed, counted in episodes of alerts."""

    new: int
    refired: int
    resolved: int
    unchanged: int


_ANSWERS: dict[int | str, dict[str, Any]] = {
    400: {"model": ProblemBody, "description": "Some or all of it is no alert; what is one was kept all the same."},
    401: {"model": ProblemBody, "description": "The sender did not prove who it is."},
    413: {"model": ProblemBody, "description": "More than 16 MB."},
    415: {"model": ProblemBody, "description": "Not application/json."},
    503: {"model": ProblemBody, "description": "Nothing was kept: send it again."},
}


def alerts_router(receive: Receive, senders: Senders) -> APIRouter:
    router = APIRouter(tags=["alerts"])

    @router.post(
        PATH,
        dependencies=[Depends(senders.check)],
        response_model=Kept,
        responses=_ANSWERS,
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _schema()}}}},
        summary="Take a notification of Alertmanager",
    )
    async def alertmanager(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Problem(415, "This is not application/json.", "Alertmanager's webhook sends application/json.")
        body = await request.body()
        batch = await asyncio.to_thread(_read, body) if len(body) > _LARGE else _read(body)
        received = await receive(batch.alerts, f"webhook/{batch.receiver}")
        kept = Kept(
            new=received.new, refired=received.refired, resolved=received.resolved, unchanged=received.unchanged
        ).model_dump()
        if batch.truncated:
            log.warning("Alertmanager left alerts out", receiver=batch.receiver, left_out=batch.truncated)
        if not batch.faults:
            return JSONResponse(kept)
        log.warning("alerts were refused", receiver=batch.receiver, why=batch.faults[:_MOST_FAULTS])
        total = len(batch.faults) + len(batch.alerts)
        detail = f"{len(batch.faults)} of {total} are no alerts and were not kept; the others were."
        return problem(400, "Some of these are no alerts.", detail, errors=batch.faults[:_MOST_FAULTS], kept=kept)

    return router


class _Batch:
    def __init__(self, told: Json) -> None:
        self.receiver = read_word(told.get("receiver"))
        truncated = told.get("truncatedAlerts")
        self.truncated = truncated if isinstance(truncated, int) else 0
        self.alerts: list[HeardAlert] = []
        self.faults: list[dict[str, str]] = []
        group_labels = read_labels(told.get("groupLabels"))
        for index, each in enumerate(told["alerts"]):
            try:
                self.alerts.append(read_alert(each, group_labels))
            except NotAnAlert as why:
                self.faults.append({"at": f"alerts.{index}", "why": f"{why}."})


def _read(body: bytes) -> _Batch:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as broken:
        raise Problem(400, "This is not JSON.", f"{broken}.") from broken
    if not isinstance(told, dict) or not isinstance(told.get("alerts"), list):
        raise Problem(
            400, "This is no notification of Alertmanager.", "It must be a JSON object with a list `alerts` in it."
        )
    return _Batch(told)


def _schema() -> Json:
    """In one piece, since it stands where FastAPI expects no reference."""
    schema = Webhook.model_json_schema()
    alert = schema.pop("$defs")["WebhookAlert"]
    schema["properties"]["alerts"]["items"] = alert
    return schema
