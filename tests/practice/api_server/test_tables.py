"""Tables: each row's cells are those that a real API server prints for the same object."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from practice.api import Api, ApiError, Json
from practice.api_server.tables.catalog import PRINTERS
from practice.api_server.tables.table import table
from practice.control_plane import ControlPlane

pytestmark = [pytest.mark.timeout(120)]

ROWS: list[Json] = yaml.safe_load(Path(__file__).with_name("rows.yaml").read_text())
RECORDED: dict[str, list[Json]] = json.loads(
    resources.files("practice").joinpath("api_server/recorded/columns.json").read_text()
)
ASK = "application/json;as=Table;v=v1;g=meta.k8s.io"
NAMESPACE = "tables"
KEEP = "example.com/keep"


class TableApi(Api):
    """A connection whose every answer is a Table with whole objects in it."""

    async def __aenter__(self) -> "TableApi":
        await super().__aenter__()
        assert self._session
        self._session.headers["Accept"] = ASK
        return self

    async def row(self, method: str, path: str, body: Any = None, **params: str) -> Json:
        content_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
        asked = {"includeObject": "Object", **params}
        return await self.request(method, path, body, params=asked, content_type=content_type)


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane) -> ControlPlane:
    """The shared control plane with a namespace for these objects."""

    async def make() -> None:
        async with Api(control_plane.kubeconfig) as api:
            await api.ensure({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})

    asyncio.run(make())
    return control_plane


@pytest.fixture
async def api(cluster: ControlPlane) -> AsyncIterator[TableApi]:
    async with TableApi(cluster.kubeconfig) as api:
        yield api


@pytest.mark.cluster
@pytest.mark.parametrize("given_row", ROWS, ids=[each["a"] for each in ROWS])
async def test_a_row_is_as_the_real_server_prints_it(api: TableApi, given_row: Json) -> None:
    """Every cell, of every kind, in the states that objects come in."""
    theirs, early, late = await _printed(api, given_row)

    assert all(each in either for each, *either in zip(theirs, early, late, strict=True)), (theirs, early)


@pytest.mark.cluster
async def test_a_table_is_the_real_servers_in_every_other_way_too(api: TableApi) -> None:
    """Columns, metadata, what is included of each object, and what says that a pod has ended."""
    ended = next(each for each in ROWS if each["a"] == "pod that completed")
    item, _, path = _told(ended)

    answer, _, _ = await _asked(api, ended, item, path)

    theirs = {**answer, "columnDefinitions": [_without_description(each) for each in answer["columnDefinitions"]]}
    ours = table(
        "pods",
        [answer["rows"][0]["object"]],
        columns=RECORDED["/api/v1/pods"],
        now=datetime.now(UTC),
        metadata=answer["metadata"],
        include_object="Object",
    )
    assert _without_cells(ours) == _without_cells(theirs)


@pytest.mark.parametrize("include", ["Metadata", "None", ""])
def test_a_row_includes_what_was_asked_for(include: str) -> None:
    """Metadata alone unless the request says otherwise."""
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"}}

    made = table("configmaps", [item], columns=[], now=datetime.now(UTC), metadata={}, include_object=include)

    partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": {"name": "a"}}
    assert made["rows"][0]["object"] == (None if include == "None" else partial)


def test_only_a_watchs_first_table_has_headers() -> None:
    """The others have none at all, which is not the same as no columns."""
    made = table("pods", [], columns=RECORDED["/api/v1/pods"], now=datetime.now(UTC), metadata={}, headers=False)

    assert made["columnDefinitions"] is None


def test_every_recorded_resource_has_a_printer() -> None:
    """So that a kind recorded anew is not forgotten here."""
    assert set(PRINTERS) == {path.rpartition("/")[2] for path in RECORDED}


_containers = st.fixed_dictionaries(
    {"ready": st.booleans(), "started": st.booleans(), "restartCount": st.integers(0, 3)},
    optional={
        "state": st.one_of(
            st.just({"running": {}}),
            st.sampled_from(["", "CrashLoopBackOff", "PodInitializing"]).map(lambda why: {"waiting": {"reason": why}}),
            st.builds(
                lambda code, signal, why: {"terminated": {"exitCode": code, "signal": signal, "reason": why}},
                st.integers(0, 2),
                st.sampled_from([0, 9]),
                st.sampled_from(["", "Completed", "Error", "OOMKilled"]),
            ),
        ),
        "lastState": st.integers(0, 400_000_000).map(
            lambda ago: {
                "terminated": {"exitCode": 1, "finishedAt": f"{datetime.now(UTC) - timedelta(seconds=ago):%FT%TZ}"}
            }
        ),
    },
)
_statuses = st.fixed_dictionaries(
    {
        "phase": st.sampled_from(["Pending", "Running", "Succeeded", "Failed", "Unknown"]),
        "reason": st.sampled_from(["", "Evicted"]),
        "conditions": st.dictionaries(
            st.sampled_from(["Initialized", "Ready"]), st.sampled_from(["True", "False"])
        ).map(lambda found: [{"type": kind, "status": status} for kind, status in found.items()]),
        "containers": st.lists(_containers, min_size=2, max_size=2),
        "init": st.lists(_containers, min_size=2, max_size=2),
    }
)


@pytest.mark.cluster
@settings(max_examples=40)
@given(statuses=st.lists(_statuses, min_size=5, max_size=5))
def test_a_pod_in_any_state_is_called_what_the_real_server_calls_it(
    cluster: ControlPlane, statuses: list[Json]
) -> None:
    """Init containers, sidecars, restarts, ages: whatever a status may hold."""
    row = {
        "a": "pod in any state",
        "pod": {
            "initContainers": [{"name": "i0", "image": "i", "restartPolicy": "Always"}, {"name": "i1", "image": "i"}],
            "containers": [{"name": "c0", "image": "i"}, {"name": "c1", "image": "i"}],
        },
    }

    async def compare() -> None:
        async with TableApi(cluster.kubeconfig) as api:
            for status in statuses:
                theirs, early, late = await _printed(api, {**row, "status": _pod_status(status)})
                assert all(each in either for each, *either in zip(theirs, early, late, strict=True)), (theirs, early)

    asyncio.run(compare())


def _pod_status(drawn: Json) -> Json:
    def named(letter: str, listed: list[Json]) -> list[Json]:
        return [{"name": f"{letter}{n}", "image": "i", "imageID": "", **each} for n, each in enumerate(listed)]

    status = {key: drawn[key] for key in ("phase", "reason", "conditions")}
    return status | {
        "containerStatuses": named("c", drawn["containers"]),
        "initContainerStatuses": named("i", drawn["init"]),
    }


async def _printed(api: TableApi, row: Json) -> tuple[list[Any], list[Any], list[Any]]:
    """The real server's cells, and ours for the same object as of just before and just after."""
    item, plural, path = _told(row)
    answer, before, after = await _asked(api, row, item, path)
    theirs = list(answer["rows"][0]["cells"])
    assert len(theirs) == len(answer["columnDefinitions"])
    return theirs, _ours(plural, answer, before), _ours(plural, answer, after)


async def _made(api: TableApi, path: str, item: Json) -> None:
    try:
        await api.row("POST", path, item)
    except ApiError as error:
        if error.status != 409:
            raise


async def _asked(api: TableApi, row: Json, item: Json, path: str) -> tuple[Json, datetime, datetime]:
    """The real server's Table of the object, and when it was asked and had answered."""
    one = f"{path}/{item['metadata']['name']}"
    if not row.get("only_rehearse"):
        if row.get("deleted"):
            item["metadata"]["finalizers"] = [KEEP]
        await _made(api, path, item)
        if row.get("deleted"):
            await api.row("DELETE", one, {"propagationPolicy": "Background", "gracePeriodSeconds": 0})
    before = datetime.now(UTC)
    if row.get("only_rehearse"):
        answer = await api.row("POST", path, item, dryRun="All")
    elif "status" in row:
        answer = await api.row("PATCH", f"{one}/status", {"status": row["status"]}, dryRun="All")
    else:
        answer = await api.row("GET", one)
    after = datetime.now(UTC)
    if row.get("deleted"):
        await api.row("PATCH", one, {"metadata": {"finalizers": None}})
    return answer, before, after


def _ours(plural: str, answer: Json, now: datetime) -> list[Any]:
    made = table(plural, [answer["rows"][0]["object"]], columns=[], now=now, metadata={})
    return list(made["rows"][0]["cells"])


def _told(row: Json) -> tuple[Json, str, str]:
    """The object with a name, its plural, and the path of its list."""
    item: Json = json.loads(json.dumps(row.get("object") or {"apiVersion": "v1", "kind": "Pod"}))
    if "pod" in row:
        main = {"containers": [{"name": "main", "image": "i"}], "schedulerName": "nobody"}
        item["spec"] = main | row["pod"]
    item.setdefault("metadata", {}).setdefault("name", re.sub(r"\W+", "-", row["a"]).lower())
    plural, namespaced = _kinds()[item["apiVersion"], item["kind"]]
    root = f"/apis/{item['apiVersion']}" if "/" in item["apiVersion"] else f"/api/{item['apiVersion']}"
    if namespaced:
        item["metadata"]["namespace"] = NAMESPACE
        root += f"/namespaces/{NAMESPACE}"
    return item, plural, f"{root}/{plural}"


@cache
def _kinds() -> dict[tuple[str, str], tuple[str, bool]]:
    """(apiVersion, kind) → (plural, whether it lives in namespaces), as the real server lists them."""
    listed = json.loads(resources.files("practice").joinpath("api_server/recorded/discovery.json").read_text())
    return {
        (group["groupVersion"], each["kind"]): (each["name"], each["namespaced"])
        for group in listed.values()
        for each in group.get("resources", ())
        if "/" not in each["name"]
    }


def _without_description(column: Json) -> Json:
    return {key: value for key, value in column.items() if key != "description"}


def _without_cells(made: Json) -> Json:
    return {**made, "rows": [{key: value for key, value in row.items() if key != "cells"} for row in made["rows"]]}
