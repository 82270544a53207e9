"""Requests are read strictly: what is judged is what is sent, and what is odd is refused."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.scripts import ApiRequest
from hands.api_request import Asked, Discovery, Refused, understand

NAME = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True).filter(lambda name: ".." not in name)
PODS = "/api/v1/namespaces/shop/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
RBAC = "rbac.authorization.k8s.io"
RESOURCE = st.sampled_from(["pods", "configmaps", "deployments", "widgets", "nodes", "secrets"])


def asked(method: str, target: str, **more) -> ApiRequest:
    found = understand(method, target, **more)
    assert isinstance(found, Asked)
    return found.request


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/api/v1/namespaces/shop/pods", ("list", "", "pods", "shop", "", "")),
        ("GET", "/api/v1/namespaces/shop/pods?limit=500", ("list", "", "pods", "shop", "", "")),
        ("GET", "/api/v1/namespaces/shop/pods?watch=true", ("watch", "", "pods", "shop", "", "")),
        ("GET", f"{PODS}?watch=1&fieldSelector=metadata.name%3Dweb", ("watch", "", "pods", "shop", "web", "")),
        ("GET", "/api/v1/namespaces/shop/pods?watch=0", ("list", "", "pods", "shop", "", "")),
        ("GET", "/api/v1/namespaces/shop/pods?watch", ("watch", "", "pods", "shop", "", "")),
        ("GET", "/api/v1/namespaces/shop/pods/web-1/log?follow=true", ("get", "", "pods", "shop", "web-1", "log")),
        ("GET", "/api/v1/namespaces/shop", ("get", "", "namespaces", "", "shop", "")),
        ("PUT", "/api/v1/namespaces/shop/finalize", ("update", "", "namespaces", "", "shop", "finalize")),
        ("GET", "/api/v1/nodes/n1", ("get", "", "nodes", "", "n1", "")),
        ("PATCH", "/api/v1/nodes/n1", ("patch", "", "nodes", "", "n1", "")),
        ("PATCH", f"{DEPLOYMENTS}/web/scale", ("patch", "apps", "deployments", "shop", "web", "scale")),
        ("DELETE", "/api/v1/namespaces/shop/pods/web-1", ("delete", "", "pods", "shop", "web-1", "")),
        ("POST", "/api/v1/namespaces/shop/pods/web-1/eviction", ("create", "", "pods", "shop", "web-1", "eviction")),
        ("GET", f"/apis/{RBAC}/v1/clusterroles/system:node", ("get", RBAC, "clusterroles", "", "system:node", "")),
    ],
)  # fmt: skip
def test_a_request_is_read_as_the_api_server_reads_it(method, target, expected):
    """Verb, group, resource, namespace, name, subresource."""
    assert asked(method, target) == ApiRequest(*expected)


@pytest.mark.parametrize(
    "path",
    ["/api", "/apis", "/api/v1", "/apis/apps", "/apis/apps/v1", "/version", "/openapi/v3", "/openapi/v3/api/v1?hash=A"],
)
def test_discovery_is_no_object(path):
    """kubectl asks what there is before it asks for anything."""
    assert understand("GET", path) == Discovery(path.partition("?")[0])


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/namespaces/shop//secrets",
        "//api/v1/pods",
        "/api/v1/namespaces/shop/pods/../secrets",
        "/api/v1/namespaces/shop/pods/./web",
        "/api/v1/namespaces/shop/%73ecrets",
        "/api/v1/namespaces/shop/pods/web%2flog",
        "/api/v1/namespaces/shop/pods/web%2e%2e",
        "/api/v1/namespaces/shop/pods;secrets",
        "/api/v1/namespaces/shop/pods#x",
        "/api/v1/namespaces/shop/pods\\secrets",
        "/api/v1/namespaces/shop/pods/",
        "/api/v1/watch/namespaces/shop/pods",
        "/api/v1/proxy/namespaces/shop/pods/web",
        "/api/v1/namespaces/shop/pods/web/proxy/metrics",
        "/api/v1/namespaces/shop/Secrets",
        "/api/v1/",
        "/",
        "*",
        "",
        "http://10.0.0.1/api/v1/pods",
        "10.0.0.1:443",
        "/metrics",
        "/logs/kube-apiserver.log",
        "/debug/pprof/heap",
        "/api/v2/namespaces/shop/pods",
        "/api/v1/namespaces/shop/pods?watch=false&watch=true",
        "/apis/apps/v1/../../api/v1/secrets",
        "/openapi/v3/../../api/v1/secrets",
        "/openapi/v3/%2e%2e/x",
    ],
)
def test_odd_paths_are_refused(target):
    """Nothing that two parsers could read in two ways passes."""
    with pytest.raises(Refused):
        understand("GET", target)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "CONNECT", "TRACE", "get", "PROPFIND", ""])
def test_other_methods_are_refused(method):
    """The API has five."""
    with pytest.raises(Refused):
        understand(method, "/api/v1/namespaces/shop/pods/web")


def test_a_collection_is_never_deleted():
    """`kubectl delete --all` asks for each object by name; this is something else."""
    with pytest.raises(Refused, match="collection"):
        understand("DELETE", "/api/v1/namespaces/shop/pods")


def test_what_is_created_is_known_by_the_name_in_its_body():
    """The path of a create has no name, and approval is for one name."""
    body = json.dumps({"metadata": {"name": "settings"}}).encode()

    found = asked("POST", "/api/v1/namespaces/shop/configmaps", body=body, content_type="application/json")

    assert found == ApiRequest("create", "", "configmaps", "shop", "settings")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"metadata": {"generateName": "x-"}}', "application/json"),
        (b"k8s\0...", "application/vnd.kubernetes.protobuf"),
        (b"not json", "application/json"),
        (b'{"metadata": {"name": 7}}', "application/json"),
        (b"[]", "application/json"),
        (b"", ""),
    ],
)
def test_a_create_whose_name_cannot_be_read_is_refused(body, content_type):
    """Protobuf, generated names, anything that is not plainly one named object."""
    with pytest.raises(Refused):
        understand("POST", "/api/v1/namespaces/shop/configmaps", body=body, content_type=content_type)


@given(namespace=NAME, resource=RESOURCE, name=NAME, group=st.sampled_from(["", "apps", "metrics.k8s.io"]))
def test_plain_paths_keep_all_their_parts(namespace, resource, name, group):
    """Whatever the names, nothing is lost or moved."""
    root = f"/apis/{group}/v1" if group else "/api/v1"

    found = asked("GET", f"{root}/namespaces/{namespace}/{resource}/{name}")

    assert found == ApiRequest("get", group, resource, namespace, name)


@given(st.text(alphabet="/.%25e2fapi v1nmescrt?&=;\\:@#", min_size=1, max_size=60))
def test_whatever_passes_is_made_of_plain_segments(target):
    """No path with an empty, dotted or encoded part is ever understood."""
    try:
        found = understand("GET", target)
    except Refused:
        return

    assert re.fullmatch(r"(/[A-Za-z0-9][A-Za-z0-9._:-]*)+", found.path)
    assert ".." not in found.path


@given(st.binary(max_size=200), st.sampled_from(["application/json", "text/plain", "application/json;charset=utf-8"]))
def test_any_body_is_either_named_or_refused(body, content_type):
    """No body makes it fail in another way."""
    try:
        found = asked("POST", "/api/v1/namespaces/shop/configmaps", body=body, content_type=content_type)
    except Refused:
        return

    assert found.name
