"""Whatever is wrong with a request, the small API server says so exactly as the real one does."""

import asyncio
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from practice.api import Api, Json
from practice.control_plane import ControlPlane
from practice.plane import Plane
from practice.small_plane import SmallPlane

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

CORE = "/api/v1/namespaces/default"
APPS = "/apis/apps/v1/namespaces/default"
SETTINGS = f"{CORE}/configmaps/wrong"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@dataclass(frozen=True)
class Ask:
    line: str
    """Method and path."""
    body: Any = None
    user: str = "admin"
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        told = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return f"{self.user} {self.line} {told if self.body is not None else ''} {self.headers or ''}".strip()[:120]


def config(name: str = "wrong", **more: Any) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "1"}} | more


def asks() -> Iterator[Ask]:
    yield Ask("GET /nowhere")
    yield Ask("GET /apis/nowhere/v1/things")
    yield Ask("GET /api/v1/things")
    yield Ask("GET /api/v2/pods")
    yield Ask("GET /api/v2")
    yield Ask("GET /apis/apps/v1beta1/deployments")
    yield Ask("GET /apis/apps/v1beta1")
    yield Ask(f"GET {CORE}/pods/missing")
    yield Ask(f"GET {APPS}/deployments/missing")
    yield Ask(f"GET {CORE}/pods/missing/things")
    yield Ask(f"GET {CORE}/pods/missing/log")
    yield Ask(f"GET {APPS}/deployments/missing/scale")
    yield Ask(f"PUT {CORE}/configmaps", config())
    yield Ask(f"POST {SETTINGS}", config())
    yield Ask("POST /version", {})
    # Who asks.
    yield Ask(f"GET {CORE}/pods", user="nobody")
    yield Ask(f"GET {CORE}/secrets", user="hilda")
    yield Ask(f"GET {CORE}/secrets/x", user="hilda")
    yield Ask("GET /api/v1/secrets", user="guest")
    yield Ask("DELETE /api/v1/nodes", user="guest")
    yield Ask(f"GET {CORE}/pods/x/exec", user="guest")
    yield Ask(f"POST {CORE}/pods/x/eviction", {}, user="lead")
    yield Ask(f"POST {APPS}/deployments", {}, user="hilda")
    yield Ask("GET /metrics", user="guest")
    yield Ask("PATCH /apis/rbac.authorization.k8s.io/v1/clusterroles/view", {}, user="lead", content_type=MERGE)
    yield Ask(f"PATCH {SETTINGS}", {"data": {"a": "2"}}, user="hilda", content_type=MERGE)
    yield Ask(f"GET {CORE}/pods", user="oncall", headers={"Impersonate-User": "admin"})
    yield Ask(f"GET {CORE}/pods", user="oncall", headers={"Impersonate-User": "system:node:a"})
    yield Ask(f"GET {CORE}/pods", user="oncall", headers={"Impersonate-User": "system:serviceaccount:a:b"})
    yield Ask(f"GET {CORE}/pods", user="oncall", headers={"Impersonate-User": "lead", "Impersonate-Group": "g"})
    # Whoever impersonated somebody before hears of the verb that let them.
    yield Ask(f"GET {CORE}/secrets", user="executor", headers={"Impersonate-User": "lead"})
    yield Ask(f"GET {CORE}/pods", user="executor", headers={"Impersonate-User": "admin"})
    # Bodies.
    yield Ask(f"POST {CORE}/configmaps", config())
    yield Ask(f"POST {CORE}/configmaps", config(), content_type="text/html")
    yield Ask(f"POST {CORE}/configmaps", "k8s", content_type="application/vnd.kubernetes.protobuf")
    yield Ask(f"POST {CORE}/configmaps", config(metadata={"name": "x", "namespace": "other"}))
    yield Ask(f"POST {CORE}/configmaps", config(metadata={"name": "x", "resourceVersion": "3"}))
    yield Ask(f"POST {CORE}/configmaps", config(metadata={}))
    yield Ask(f"POST {CORE}/configmaps", config(data={"a": 1}))
    yield Ask(f"POST {CORE}/configmaps?fieldValidation=Strict", config("x", more={}))
    yield Ask(f"POST {CORE}/configmaps?fieldValidation=Sometimes", config("x"))
    yield Ask(f"POST {CORE}/configmaps?dryRun=Sometimes", config("x"))
    yield Ask("POST /api/v1/namespaces/nowhere/configmaps", config("x"))
    yield Ask(f"PUT {SETTINGS}", config("other"))
    yield Ask(f"PUT {SETTINGS}", config(metadata={"name": "wrong", "resourceVersion": "3"}))
    yield Ask(f"PUT {CORE}/configmaps/missing", config("missing"))
    yield Ask(f"PATCH {SETTINGS}", {}, content_type="application/json")
    yield Ask(f"PATCH {CORE}/configmaps/missing", {}, content_type=MERGE)
    yield Ask(f"PATCH {SETTINGS}", {"metadata": {"resourceVersion": "3"}, "data": {"a": "2"}}, content_type=MERGE)
    yield Ask(f"PATCH {SETTINGS}", {"metadata": {"uid": "3"}}, content_type=MERGE)
    yield Ask(f"PATCH {SETTINGS}", {"metadata": {"name": "other"}}, content_type=MERGE)
    yield Ask(f"PATCH {SETTINGS}", {"metadata": {"namespace": "other"}}, content_type=MERGE)
    yield Ask(f"PATCH {SETTINGS}", [{"op": "test", "path": "/data/a", "value": "2"}], content_type=JSON_PATCH)
    yield Ask(f"PATCH {SETTINGS}", [{"op": "remove", "path": "/data/none"}], content_type=JSON_PATCH)
    yield Ask(f"POST {CORE}/configmaps", "")
    yield Ask(f"POST {CORE}/configmaps", config(data={"a": "x" * 3_200_000}))
    yield Ask(f"POST {CORE}/configmaps", "[]")
    yield Ask(f"POST {CORE}/configmaps", "{bad")
    yield Ask(f"PUT {SETTINGS}", config(metadata={"name": "wrong", "resourceVersion": "abc"}))
    yield Ask(f"PUT {SETTINGS}", config(metadata={"name": "wrong", "uid": "abc"}))
    yield Ask(f"PUT {APPS}/deployments/wrong/scale", deployment())
    yield Ask(f"PATCH {SETTINGS}", {"metadata": None}, content_type=MERGE)
    yield Ask("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {"spec": {}})
    yield Ask("POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {"spec": {}})
    yield Ask("GET /apis/authorization.k8s.io/v1/selfsubjectrulesreviews")
    # Options.
    yield Ask(f"POST {CORE}/configmaps?fieldManager={'x' * 129}", config("x"))
    yield Ask(f"DELETE {SETTINGS}", {"gracePeriodSeconds": "x"})
    yield Ask(f"DELETE {SETTINGS}", "{bad")
    yield Ask(f"GET {CORE}/configmaps?resourceVersion=abc")
    yield Ask(f"GET {CORE}/configmaps?sendInitialEvents=true")
    yield Ask(f"GET {CORE}/configmaps?watch=true&sendInitialEvents=true")
    yield Ask(f"GET {CORE}/configmaps?resourceVersionMatch=Exact")
    yield Ask(f"GET {CORE}/configmaps?resourceVersion=0&resourceVersionMatch=Sometimes")
    yield Ask(f"DELETE {SETTINGS}", {"propagationPolicy": "Sometimes"})
    yield Ask(f"DELETE {SETTINGS}", {"propagationPolicy": "Orphan", "orphanDependents": True})
    yield Ask(f"DELETE {SETTINGS}", {"preconditions": {"resourceVersion": "3"}})
    yield Ask(f"DELETE {CORE}/configmaps/missing")
    yield Ask("DELETE /api/v1/namespaces/default")
    # Answers.
    yield Ask(f"GET {SETTINGS}", headers={"Accept": "text/html"})
    yield Ask(f"GET {SETTINGS}?includeObject=Some", headers={"Accept": TABLE})
    # Subresources.
    yield Ask(f"PATCH {APPS}/deployments/wrong/scale", {"spec": {"replicas": -1}}, content_type=MERGE)
    yield Ask(f"PUT {APPS}/deployments/wrong/scale", {"metadata": {}, "spec": {"replicas": 1}})
    stale = {"name": "wrong", "resourceVersion": "3"}
    yield Ask(f"PUT {APPS}/deployments/wrong/scale", {"metadata": stale, "spec": {"replicas": 1}})
    yield Ask(f"PUT {SETTINGS}", config(metadata={}))
    yield Ask(f"POST {CORE}/pods/wrong/binding", {"metadata": {"name": "other"}, "target": {"name": "x"}})
    yield Ask(f"POST {CORE}/pods/wrong/eviction", {"metadata": {"name": "other"}})
    yield Ask(f"GET {CORE}/pods/wrong/log?container=none")
    yield Ask(f"GET {CORE}/pods/wrong/log")
    # Admission.
    yield Ask(f"POST {CORE}/pods", pod(priorityClassName="none"))
    yield Ask(f"POST {CORE}/pods", pod(priority=7))
    yield Ask(f"POST {CORE}/services", service(clusterIP="10.96.0.1"))
    yield Ask(f"POST {CORE}/services", service(type="NodePort", ports=[{"port": 80, "nodePort": 80}]))


def pod(name: str = "new", **spec: Any) -> Json:
    containers = [{"name": name, "image": "x.example/y:1"} for name in ("one", "two")]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": containers, "schedulerName": "nobody"} | spec,
    }


def service(**spec: Any) -> Json:
    ports = {"ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "new"}, "spec": ports | spec}


def deployment() -> Json:
    labels = {"app": "wrong"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "x.example/y:1"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "wrong", "namespace": "default"},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }


@pytest.fixture(scope="module")
def planes(control_plane: ControlPlane, small_plane: SmallPlane) -> tuple[Plane, Plane]:
    """The real one and ours, with the same objects to get wrong."""

    async def fill() -> None:
        for plane in (control_plane, small_plane):
            async with Api(plane.kubeconfig) as api:
                await api.ensure(config(metadata={"name": "wrong", "namespace": "default"}))
                await api.ensure(deployment())
                stays = pod("wrong")
                await api.ensure(stays | {"metadata": {"name": "wrong", "namespace": "default"}})

    asyncio.run(fill())
    return control_plane, small_plane


async def answer(plane: Plane, ask: Ask) -> tuple[int, str]:
    """(status, body), without what differs from cluster to cluster."""
    method, path = ask.line.split()
    body = ask.body if isinstance(ask.body, str) or ask.body is None else json.dumps(ask.body)
    headers = {"Authorization": f"Bearer {plane.tokens.get(ask.user, 'none')}", "Content-Type": ask.content_type}
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            method,
            f"{plane.server}{path}",
            data=None if body is None else io.BytesIO(body.encode()),
            headers=headers | ask.headers,
            ssl=False,
        ) as response,
    ):
        text = await response.text()
    text = json.dumps(json.loads(text), sort_keys=True, indent=1) if text.startswith("{") else text
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "UID", text)
    return response.status, re.sub(r"in record \(\d+\)", "in record (VERSION)", text)


@pytest.mark.parametrize("ask", list(asks()), ids=str)
async def test_a_refusal_is_the_real_one(planes: tuple[Plane, Plane], ask: Ask) -> None:
    """The same status and the same body."""
    real, small = await asyncio.gather(*(answer(plane, ask) for plane in planes))

    assert small == real
    assert real[0] >= 400 or real[0] == 204
