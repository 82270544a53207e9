"""What a new cluster has before anybody made anything: namespaces, roles, priority classes, one Service."""

from practice.api import Json
from practice.api_server import metadata, recordings
from practice.api_server.resources import Catalog
from practice.api_server.store import Store
from practice.api_server.times import now

_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_ADDRESS = "10.96.0.1"


def fill(store: Store, catalog: Catalog) -> None:
    for name in _NAMESPACES:
        _keep(store, catalog, _namespace(name))
    for item in recordings.bootstrap():
        _keep(store, catalog, item)
    _keep(store, catalog, _service())


def _keep(store: Store, catalog: Catalog, item: Json) -> None:
    resource = catalog.of_kind(item["apiVersion"], item["kind"])
    item = {"kind": item["kind"], "apiVersion": item["apiVersion"], **item, "metadata": dict(item["metadata"])}
    metadata.begin(item, resource, item["metadata"].get("namespace", ""), now())
    store.put(resource.shelf, item)


def _namespace(name: str) -> Json:
    return {
        "kind": "Namespace",
        "apiVersion": "v1",
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def _service() -> Json:
    return {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "ports": [{"name": "https", "protocol": "TCP", "port": 443, "targetPort": 6443}],
            "clusterIP": _ADDRESS,
            "clusterIPs": [_ADDRESS],
            "type": "ClusterIP",
            "sessionAffinity": "None",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "internalTrafficPolicy": "Cluster",
        },
        "status": {"loadBalancer": {}},
    }
