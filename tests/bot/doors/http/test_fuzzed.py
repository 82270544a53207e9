"""Whatever is sent to whichever route: no 500, and every answer is one that the OpenAPI document describes."""

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.doors.http.alerts import alerts_router
from bot.doors.http.api import api_routers
from bot.doors.http.listening import listening
from bot.doors.http.senders import Senders
from bot.doors.http.service import service
from domain.alerts import HeardAlert
from domain.people import Role
from store.record import Store
from store.work.alerts import Received
from tests.bot.doors.http.api import open_api

EXAMPLES = 10
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """The door on a port, in a thread with a loop of its own; its address, and the header of an admin's key."""
    opened: list[Any] = []
    ready, done = threading.Event(), threading.Event()

    async def serve() -> None:
        async with open_api(tmp_path_factory.mktemp("api"), a_minute=10**6) as api:
            incident = await api.store.incidents.open_or_join("oom|c|shop|Deployment|api", "api dies", "c", "t:1")
            async with listening(api.app, "127.0.0.1", 0) as port:
                opened.extend((f"http://127.0.0.1:{port}", await api.key(Role.admin), incident.id))
                ready.set()
                await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(30)
    yield opened[0], opened[1]
    done.set()
    thread.join()


async def no_troubles() -> Mapping[str, str]:
    return {}


async def nowhere(batch: Sequence[HeardAlert], source: str) -> Received:
    return Received()


def operations() -> list[Any]:
    """Every operation of the document, which is the same whatever store stands behind it."""
    routers = api_routers(
        cast("Store", SimpleNamespace(keys=None, incidents=None)), "", lambda: None, runbooks=0, a_minute=1
    )
    app = service(no_troubles, {}, [alerts_router(nowhere, Senders(token="alerts")), *routers])
    return [found.ok() for found in schemathesis.openapi.from_dict(app.openapi()).get_all_operations()]


def takes_something(operation: Any) -> bool:
    return bool(list(operation.body) or list(operation.path_parameters) or list(operation.query))


EVERY = operations()
SENSIBLE = [(operation, GenerationMode.POSITIVE) for operation in EVERY]
SENSELESS = [(operation, GenerationMode.NEGATIVE) for operation in EVERY if takes_something(operation)]


@pytest.mark.parametrize(
    ("operation", "mode"), SENSIBLE + SENSELESS, ids=[f"{o.label}-{mode.value}" for o, mode in SENSIBLE + SENSELESS]
)
def test_no_request_brings_it_out_of_step(
    operation: Any, mode: GenerationMode, served: tuple[str, dict[str, str]]
) -> None:
    """As a caller with every right, so that nothing stops at the door: what the document allows, and the rest."""
    url, admin = served
    headers = {"Authorization": "Bearer alerts"} if "/alerts/" in operation.path else admin
    examples = EXAMPLES if takes_something(operation) else 1

    @settings(max_examples=examples, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def try_it(case: Any) -> None:
        case.call_and_validate(base_url=url, headers=headers, checks=CHECKS, timeout=20)

    try_it()
