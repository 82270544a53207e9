"""What a new cluster has before anybody made anything: namespaces, roles, priority classes, one Service."""

from collections.abc import Iterator

from practice.api import Json
from practice.api_server import metadata, recordings
from practice.api_server.resources import Catalog
from practice.api_server.schema.defaults import defaulted
from practice.api_server.schema.managed_fields import updated
from practice.api_server.schema.schemas import schema_of
from practice.api_server.schema.unknown_fields import decoded
from practice.api_server.services import give_addresses
from practice.api_server.store import Store
from practice.api_server.times import now, stamp

_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_SERVICE = "kubernetes"
_CLUSTER_IP = "10.96.0.1"
_ADDRESS = "192.0.2.10"
"""What the Service `kubernetes` points at: an address that no machine has, as endpoints may not be loopback."""


def fill(store: Store, catalog: Catalog, port: int) -> None:
    """`port` is where the API server listens."""
    at = now()
    for item in (*map(_namespace, _NAMESPACES), *recordings.bootstrap(), *_service(port)):
        resource = catalog.of_kind(item["apiVersion"], item["kind"])
        item = defaulted(decoded(item, schema_of(item["apiVersion"], item["kind"])).item)
        managed = updated(None, item, manager="kube-apiserver", at=stamp(at))
        metadata.begin(item, resource, item["metadata"].get("namespace", ""), at)
        item["metadata"]["managedFields"] = managed
        if resource.shelf == "services":
            give_addresses(item, store)
        store.put(resource.shelf, item)


def _namespace(name: str) -> Json:
    return {
        "kind": "Namespace",
        "apiVersion": "v1",
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def _service(port: int) -> Iterator[Json]:
    meta = {"name": _SERVICE, "namespace": "default"}
    labels = {"component": "apiserver", "provider": "kubernetes"}
    ports = [{"name": "https", "port": port, "protocol": "TCP"}]
    yield {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": meta | {"labels": labels},
        "spec": {
            "clusterIP": _CLUSTER_IP,
            "ports": [{"name": "https", "protocol": "TCP", "port": 443, "targetPort": port}],
        },
    }
    yield {
        "kind": "Endpoints",
        "apiVersion": "v1",
        "metadata": meta | {"labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
        "subsets": [{"addresses": [{"ip": _ADDRESS}], "ports": ports}],
    }
    yield {
        "kind": "EndpointSlice",
        "apiVersion": "discovery.k8s.io/v1",
        "metadata": meta | {"labels": {"kubernetes.io/service-name": _SERVICE}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [_ADDRESS], "conditions": {"ready": True}}],
        "ports": ports,
    }
