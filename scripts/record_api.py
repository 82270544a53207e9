"""Records what the real API server says about itself: practice/api_server/recorded/. Run by `make record`.

Discovery, OpenAPI without descriptions, the columns of tables, the version, and the objects a new cluster begins
with; all kept to the kinds that the small API server serves. Needs the real control plane's programs.
"""

import asyncio
import hashlib
import json
import shutil
import ssl
import sys
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp
import yaml

from practice.control_plane import ControlPlane

Json: TypeAlias = dict[str, Any]

KINDS: dict[str, str] = {
    "v1": "Binding ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod "
    "PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount",
    "admissionregistration.k8s.io/v1": "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
    "apiregistration.k8s.io/v1": "APIService",
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "authentication.k8s.io/v1": "SelfSubjectReview",
    "authorization.k8s.io/v1": "SelfSubjectAccessReview SelfSubjectRulesReview",
    "autoscaling/v1": "HorizontalPodAutoscaler",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "coordination.k8s.io/v1": "Lease",
    "discovery.k8s.io/v1": "EndpointSlice",
    "events.k8s.io/v1": "Event",
    "networking.k8s.io/v1": "Ingress IngressClass NetworkPolicy",
    "policy/v1": "PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "scheduling.k8s.io/v1": "PriorityClass",
    "storage.k8s.io/v1": "StorageClass",
}
"""The kinds that the small API server serves, by group and version."""

OF_SUBRESOURCES = "DeleteOptions Eviction Scale".split()
"""Kinds that subresources and deletions are asked with, in whichever document they are."""

SUBRESOURCES = "binding eviction finalize log scale status token".split()
BOOTSTRAP = {
    "apiregistration.k8s.io/v1": "apiservices",
    "rbac.authorization.k8s.io/v1": "clusterroles clusterrolebindings roles rolebindings",
    "scheduling.k8s.io/v1": "priorityclasses",
}
"""Kinds whose objects a new cluster has before anybody made one."""

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


async def record(target: Path, plane: ControlPlane) -> None:
    """Ask the control plane and write what it says into the folder."""
    config = yaml.safe_load(plane.kubeconfig.read_text())
    tls = ssl.create_default_context(cadata=plane.authority.decode())
    async with aiohttp.ClientSession(
        base_url=plane.server,
        connector=aiohttp.TCPConnector(ssl=tls),
        headers={"Authorization": f"Bearer {config['users'][0]['user']['token']}"},
    ) as session:
        server = _Server(session)
        discovery = {path: await server.ask(path) for path in _discovery_paths()}
        aggregated = {path: await server.ask(path, AGGREGATED) for path in ("/api", "/apis")}
        documents = {gv: await server.ask(f"/openapi/v3{_root(gv)}") for gv in KINDS}
        _keep_kinds(discovery, aggregated)
        columns = {path: await server.columns(path) for path in _list_paths(discovery)}
        bootstrap = [
            item
            for gv, resources in BOOTSTRAP.items()
            for resource in resources.split()
            for item in await server.bootstrapped(f"{_root(gv)}/{resource}")
        ]
        version = await server.ask("/version")
    shutil.rmtree(target / "openapi", ignore_errors=True)
    (target / "openapi").mkdir(parents=True)
    index = {}
    for gv, document in documents.items():
        path = _root(gv).removeprefix("/")
        text = _write(target / "openapi" / f"{_file_name(gv)}.json", _without_the_rest(gv, document))
        digest = hashlib.sha512(text.encode()).hexdigest().upper()
        index[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
    _write(target / "openapi" / "index.json", {"paths": index})
    _write(target / "discovery.json", discovery)
    _write(target / "aggregated.json", aggregated)
    _write(target / "columns.json", columns)
    _write(target / "bootstrap.json", bootstrap)
    _write(target / "version.json", version)


class _Server:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(self, path: str, accept: str = "application/json") -> Json:
        async with self._session.get(path, headers={"Accept": accept}) as answer:
            answer.raise_for_status()
            said: Json = await answer.json(content_type=None)
            return said

    async def columns(self, path: str) -> list[Json]:
        table = await self.ask(path, TABLE)
        return [
            {key: each[key] for key in ("name", "type", "format", "priority")} for each in table["columnDefinitions"]
        ]

    async def bootstrapped(self, path: str) -> list[Json]:
        """The kind's objects, without what practice itself added and without times and identities."""
        listed = await self.ask(path)
        kind = {"apiVersion": listed["apiVersion"], "kind": listed["kind"].removesuffix("List")}
        found = []
        for item in listed["items"]:
            if item["metadata"]["name"].startswith("practice-") or not _is_served(item):
                continue
            keep = {key: item["metadata"][key] for key in _KEPT_METADATA if key in item["metadata"]}
            item.pop("status", None)
            found.append(kind | item | {"metadata": keep})
        return found


def _is_served(item: Json) -> bool:
    """False for an APIService of a group that is not among the kinds kept."""
    spec = item.get("spec", {})
    return "groupPriorityMinimum" not in spec or "/".join(filter(None, [spec.get("group"), spec["version"]])) in KINDS


_KEPT_METADATA = ("name", "namespace", "labels", "annotations")


def _root(gv: str) -> str:
    return f"/apis/{gv}" if "/" in gv else f"/api/{gv}"


def _file_name(gv: str) -> str:
    """`apps_v1` for `apps/v1`."""
    return gv.replace("/", "_")


def _discovery_paths() -> list[str]:
    groups = {f"/apis/{gv.split('/')[0]}" for gv in KINDS if "/" in gv}
    return ["/api", "/apis", *sorted(groups), *map(_root, KINDS)]


def _keep_kinds(discovery: dict[str, Json], aggregated: dict[str, Json]) -> None:
    for path, each in discovery.items():
        if each["kind"] == "APIGroupList":
            each["groups"] = [group for group in map(_kept_group, each["groups"]) if group["versions"]]
        elif each["kind"] == "APIGroup":
            _kept_group(each)
        elif each["kind"] == "APIResourceList":
            gv = each["groupVersion"]
            each["resources"] = [entry for entry in each["resources"] if _kept_resource(gv, each["resources"], entry)]
        elif path == "/api":
            each["serverAddressByClientCIDRs"] = []
    for each in aggregated.values():
        for group in each["items"]:
            name = group["metadata"].get("name", "")
            group["versions"] = [found for found in group["versions"] if _gv(name, found["version"]) in KINDS]
            for version in group["versions"]:
                kinds = KINDS[_gv(name, version["version"])].split()
                version["resources"] = [
                    entry for entry in version["resources"] if entry["responseKind"]["kind"] in kinds
                ]
                for entry in version["resources"]:
                    kept = [sub for sub in entry.pop("subresources", []) if sub["subresource"] in SUBRESOURCES]
                    entry.update({"subresources": kept} if kept else {})
        each["items"] = [group for group in each["items"] if group["versions"]]


def _gv(group: str, version: str) -> str:
    return f"{group}/{version}" if group else version


def _kept_group(group: Json) -> Json:
    group["versions"] = [each for each in group["versions"] if each["groupVersion"] in KINDS]
    return group


def _kept_resource(gv: str, all_entries: list[Json], entry: Json) -> bool:
    name, _, subresource = entry["name"].partition("/")
    owner = next((each for each in all_entries if each["name"] == name), None)
    return bool(owner and owner["kind"] in KINDS[gv].split() and (not subresource or subresource in SUBRESOURCES))


def _list_paths(discovery: dict[str, Json]) -> list[str]:
    return [
        f"{_root(gv)}/{entry['name']}"
        for gv in KINDS
        for entry in discovery[_root(gv)]["resources"]
        if "list" in entry["verbs"]
    ]


def _without_the_rest(gv: str, document: Json) -> Json:
    """Only the paths of the kinds we keep, what they refer to, and no descriptions."""
    kinds = [*KINDS[gv].split(), *OF_SUBRESOURCES]
    paths = {path: kept for path, item in document["paths"].items() if (kept := _kept_path(kinds, path, item))}
    schemas = document["components"]["schemas"]
    wanted: set[str] = set()
    waiting = [
        name
        for name, schema in schemas.items()
        if any(each["kind"] in kinds for each in schema.get("x-kubernetes-group-version-kind", []))
    ] + _references(paths)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += _references(schemas[name])
    components = {name: _undescribed_schema(schemas[name]) for name in sorted(wanted)}
    return {
        "openapi": document["openapi"],
        "info": document["info"],
        "paths": paths,
        "components": {"schemas": components},
    }


_OPERATIONS = "get put post delete patch".split()


def _kept_path(kinds: list[str], path: str, item: Json) -> Json | None:
    """A path's operations with their parameters and bodies; answers are not asked for by kubectl, so they go."""
    if "/watch/" in path:
        return None
    kept: Json = {}
    for name in _OPERATIONS:
        operation = item.get(name)
        if operation and operation.get("x-kubernetes-group-version-kind", {}).get("kind") in kinds:
            kept[name] = _undescribed(operation) | {"responses": {}}
    return kept | {"parameters": _undescribed(item.get("parameters", []))} if kept else None


def _undescribed(item: Any) -> Any:
    if isinstance(item, dict):
        return {key: _undescribed(value) for key, value in item.items() if key != "description"}
    return [_undescribed(each) for each in item] if isinstance(item, list) else item


def _undescribed_schema(schema: Json) -> Json:
    """As `_undescribed`, where a property may itself be called `description`."""
    kept = {key: _undescribed(value) for key, value in schema.items() if key not in ("description", "properties")}
    if "properties" in schema:
        kept["properties"] = {name: _undescribed_schema(each) for name, each in schema["properties"].items()}
    return kept


def _references(item: Any) -> list[str]:
    if isinstance(item, dict):
        own = [item["$ref"].rpartition("/")[2]] if isinstance(item.get("$ref"), str) else []
        return own + [name for value in item.values() for name in _references(value)]
    return [name for each in item for name in _references(each)] if isinstance(item, list) else []


def _write(file: Path, content: Any) -> str:
    """Compact, one top-level entry a line, so that a new recording can be read as a difference."""
    if isinstance(content, list):
        text = "[\n" + ",\n".join(map(_line, content)) + "\n]\n"
    else:
        text = "{\n" + ",\n".join(f"{json.dumps(key)}:{_line(content[key])}" for key in content) + "\n}\n"
    file.write_text(text)
    return text


def _line(content: Any) -> str:
    return json.dumps(content, separators=(",", ":"), sort_keys=True)


async def _record_a_new_one(target: Path) -> None:
    plane = await ControlPlane.start(audit=False, nodes=1)
    try:
        await record(target, plane)
    finally:
        await plane.stop()


if __name__ == "__main__":
    asyncio.run(_record_a_new_one(Path(sys.argv[1])))
