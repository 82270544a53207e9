"""metrics.k8s.io/v1beta1: what pods and nodes use right now, for `kubectl top` and for autoscalers."""

from collections.abc import Iterable, Iterator

from aiohttp import web

from practice.api import Json
from practice.api_server.label_selectors import parse_label_selector
from practice.api_server.refusals import Refused, not_found
from practice.kubelet.clock import now, stamp
from practice.kubelet.meters import Meters
from practice.kubelet.pod import PodPlay
from practice.series import Play

GROUP_VERSION = "metrics.k8s.io/v1beta1"
_ROOT = f"/apis/{GROUP_VERSION}"
_WINDOW = "15s"
_NODE_ITSELF = 0.12, 900 * 2.0**20
"""Cores and bytes that a node uses without any pod."""


def routes(meters: Meters, nodes: Iterable[str]) -> list[web.RouteDef]:
    """What the API server passes on to us once its APIService says so."""
    names = tuple(nodes)

    async def groups(_: web.Request) -> web.Response:
        return web.json_response({"kind": "APIGroupList", "apiVersion": "v1", "groups": [_GROUP]})

    async def group(_: web.Request) -> web.Response:
        return web.json_response({"kind": "APIGroup", "apiVersion": "v1", **_GROUP})

    async def resources(_: web.Request) -> web.Response:
        return web.json_response(_RESOURCES)

    async def pods(request: web.Request) -> web.Response:
        try:
            chosen = parse_label_selector(request.query.get("labelSelector", ""))
        except Refused as refused:
            return _refusal(refused)
        namespace = request.match_info.get("namespace", "")
        items = [each for each in _pods(meters, namespace) if chosen.matches(each["metadata"]["labels"])]
        return _list("PodMetricsList", items)

    async def pod(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        found = [each for each in _pods(meters, request.match_info["namespace"]) if each["metadata"]["name"] == name]
        return web.json_response(found[0]) if found else _refusal(not_found("metrics.k8s.io", "pods", name))

    async def all_nodes(_: web.Request) -> web.Response:
        return _list("NodeMetricsList", list(_nodes(meters, names)))

    async def node(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        found = [each for each in _nodes(meters, names) if each["metadata"]["name"] == name]
        return web.json_response(found[0]) if found else _refusal(not_found("metrics.k8s.io", "nodes", name))

    return [
        web.get("/apis", groups),
        web.get("/apis/metrics.k8s.io", group),
        web.get(_ROOT, resources),
        web.get(f"{_ROOT}/pods", pods),
        web.get(f"{_ROOT}/namespaces/{{namespace}}/pods", pods),
        web.get(f"{_ROOT}/namespaces/{{namespace}}/pods/{{name}}", pod),
        web.get(f"{_ROOT}/nodes", all_nodes),
        web.get(f"{_ROOT}/nodes/{{name}}", node),
    ]


_VERSION = {"groupVersion": GROUP_VERSION, "version": "v1beta1"}
_GROUP: Json = {"name": "metrics.k8s.io", "versions": [_VERSION], "preferredVersion": _VERSION}
_RESOURCES: Json = {
    "kind": "APIResourceList",
    "apiVersion": "v1",
    "groupVersion": GROUP_VERSION,
    "resources": [
        {"name": name, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": ["get", "list"]}
        for name, namespaced, kind in (("nodes", False, "NodeMetrics"), ("pods", True, "PodMetrics"))
    ],
}


def _pods(meters: Meters, namespace: str) -> Iterator[Json]:
    """Of the pods that run; what has no container running has nothing to tell."""
    plays: dict[str, list[Play]] = {}
    for play in meters.plays([namespace] if namespace else ()):
        if play.how.memory_bytes:
            plays.setdefault(play.uid, []).append(play)
    for pod in meters.pods():
        if found := plays.get(pod.uid):
            yield _metrics("PodMetrics", _meta(pod)) | {
                "containers": [
                    {"name": play.container, "usage": _usage(play.how.cpu_cores, play.how.memory_bytes)}
                    for play in found
                ]
            }


def _nodes(meters: Meters, names: Iterable[str]) -> Iterator[Json]:
    plays = meters.plays()
    for name in names:
        own = [play.how for play in plays if play.node == name]
        cores, memory = _NODE_ITSELF
        usage = _usage(
            cores + sum(how.cpu_cores for how in own),
            memory + sum(how.memory_bytes for how in own),
        )
        yield _metrics("NodeMetrics", {"name": name}) | {"usage": usage}


def _metrics(kind: str, meta: Json) -> Json:
    at = stamp(now())
    meta = {**meta, "creationTimestamp": at}
    return {"kind": kind, "apiVersion": GROUP_VERSION, "metadata": meta, "timestamp": at, "window": _WINDOW}


def _meta(pod: PodPlay) -> Json:
    meta = pod.item["metadata"]
    return {"name": meta["name"], "namespace": meta["namespace"], "labels": meta.get("labels") or {}}


def _usage(cores: float, memory: float) -> Json:
    return {"cpu": f"{cores * 1e9:.0f}n", "memory": f"{memory / 1024:.0f}Ki"}


def _list(kind: str, items: list[Json]) -> web.Response:
    return web.json_response({"kind": kind, "apiVersion": GROUP_VERSION, "metadata": {}, "items": items})


def _refusal(refused: Refused) -> web.Response:
    return web.json_response(refused.status, status=refused.code)
