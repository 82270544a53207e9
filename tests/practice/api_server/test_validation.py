"""What the real server refuses is refused here, with the same causes."""

import asyncio
import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from practice.api import Api, Json
from practice.api_server.schema.defaults import defaulted
from practice.api_server.schema.faults import Fault, invalid_status, summary
from practice.api_server.schema.patches import patched
from practice.api_server.schema.rules import names
from practice.api_server.schema.schemas import schema_of
from practice.api_server.schema.unknown_fields import CannotDecode, decoded
from practice.api_server.schema.validation import faults
from practice.api_server.schema.warning_words import warnings_about
from practice.control_plane import ControlPlane
from tests.practice.api_server.beside import MERGE, ask_all, created, name_of, objects, path_of, warnings_of

pytestmark = [pytest.mark.timeout(120)]

HERE = Path(__file__).parent
WRONG: list[Json] = yaml.safe_load((HERE / "wrong.yaml").read_text())
CHANGES: list[Json] = yaml.safe_load((HERE / "changes.yaml").read_text())
OBJECTS = {name_of(item): item for item in objects()}
GONE = "<gone>"


def with_fields(item: Json, fields: Json) -> Json:
    changed = copy.deepcopy(item)
    for path, value in fields.items():
        here: Any = changed
        *above, last = path.split("/")
        for name in above:
            here = here[int(name)] if isinstance(here, list) else here.setdefault(name, {})
        if value == GONE:
            del here[last]
        else:
            here[last] = value
    return changed


def causes(status: Json) -> set[tuple[str, str, str]]:
    """What a Status gives as causes; the order of a map's keys is not the server's to say."""
    found = status.get("details", {}).get("causes", [])
    return {(each["field"], each["reason"], each["message"]) for each in found}


def refusal(item: Json, old: Json | None = None) -> Json:
    """The Status that refuses an object, or nothing."""
    found = faults(item, old)
    group = item["apiVersion"].rpartition("/")[0]
    return invalid_status(group, item["kind"], item["metadata"].get("name", ""), found) if found else {}


@pytest.mark.cluster
def test_wrong_objects_are_refused_for_the_real_servers_reasons(control_plane: ControlPlane) -> None:
    """Two hundred of them."""
    items = [with_fields(OBJECTS[each["of"]], each["set"]) for each in WRONG]
    answers = created(control_plane, items)

    for each, item, (status, real) in zip(WRONG, items, answers, strict=True):
        ours = answer_to(item)
        assert ours.get("code", 201) == status, each
        assert causes(ours) == causes(real), each
        if status == 400:
            assert ours["message"] in real["message"], each


def answer_to(item: Json) -> Json:
    """The Status that refuses an object to be made, or nothing."""
    try:
        read = defaulted(decoded(item, schema_of(item["apiVersion"], item["kind"])).item)
    except CannotDecode as error:
        return {"code": 400, "message": str(error)}
    return refusal(as_kept(read))


def as_kept(read: Json) -> Json:
    """With what the server fills in before it looks: the namespace, and a Job's selector."""
    read["metadata"].setdefault("namespace", "" if read["kind"] in CLUSTER_WIDE else "default")
    if read["kind"] == "Job":
        read["spec"]["selector"] = {"matchLabels": read["spec"]["template"]["metadata"]["labels"]}
    return read


@pytest.mark.cluster
def test_changes_are_refused_for_the_real_servers_reasons(control_plane: ControlPlane) -> None:
    """Immutable fields with what is shown of them, and changes that are fine."""
    before = asyncio.run(kept(control_plane, sorted({each["of"] for each in CHANGES})))
    requests = [("PATCH", before[each["of"]][0] + "?dryRun=All", each["patch"], MERGE) for each in CHANGES]
    answers = ask_all(control_plane, requests)
    asyncio.run(gone(control_plane, [path for path, _ in before.values()]))

    for each, (status, real) in zip(CHANGES, answers, strict=True):
        old = before[each["of"]][1]
        schema = schema_of(old["apiVersion"], old["kind"])
        new = defaulted(patched(old, json.dumps(each["patch"]).encode(), MERGE, schema).item)
        new |= {"status": old["status"]} if "status" in old else {}
        if address := each["patch"].get("spec", {}).get("clusterIP"):
            new["spec"]["clusterIPs"] = [address]
        ours = refusal(new, old)
        assert causes(ours) == causes(real), each
        assert ours.get("code", 200) == status, each


ODD: list[tuple[str, Json]] = [
    ("Pod/plain", {"metadata/name": "a.b"}),
    ("Deployment/plain", {"metadata/name": "a.b"}),
    ("Pod/plain", {"spec/containers/0/env": [{"name": "A", "value": "x"}, {"name": "A", "value": "y"}]}),
    ("Pod/plain", {"spec/containers/0/env": [{"name": "A", "value": "x"}, {"name": "A", "value": "$(A)y"}]}),
    ("Pod/plain", {"spec/containers/0/ports": [{"containerPort": 80}, {"containerPort": 80}]}),
    ("Pod/plain", {"spec/containers/0/ports": [{"containerPort": 80, "hostPort": 1}, {"containerPort": 80}]}),
    (
        "Deployment/plain",
        {
            "spec/template/spec/containers": [
                {"name": name, "image": "x", "ports": [{"containerPort": port, "name": "http"}]}
                for name, port in (("a", 80), ("b", 81))
            ]
        },
    ),
    ("Deployment/plain", {"spec/template/spec/containers/0/resources": {"limits": {"memory": "1.5"}}}),
    ("CronJob/plain", {"spec/jobTemplate/spec/template/spec/imagePullSecrets": [{"name": "a"}, {"name": "a"}]}),
    (
        "StatefulSet/plain",
        {
            "spec/template/spec/topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "ScheduleAnyway"}
            ]
        },
    ),
    ("PersistentVolumeClaim/plain", {"spec/resources": {"requests": {"storage": "1500m"}}}),
    ("ConfigMap/plain", {}),
]


@pytest.mark.cluster
def test_what_is_odd_is_warned_of_in_the_real_servers_words(control_plane: ControlPlane) -> None:
    items = [with_fields(OBJECTS[name], fields) for name, fields in ODD]
    real = warnings_of(control_plane, items)

    for item, said in zip(items, real, strict=True):
        read = as_kept(defaulted(decoded(item, schema_of(item["apiVersion"], item["kind"])).item))
        assert warnings_about(read) == said, item
    assert sum(map(len, real)) >= len(ODD) - 2


NAMESPACE = "changes"
CLUSTER_WIDE = "IngressClass Namespace Node PersistentVolume PriorityClass StorageClass".split()


async def kept(plane: ControlPlane, wanted: list[str]) -> dict[str, tuple[str, Json]]:
    """(path, object) of those objects as the real server keeps them."""
    found = {}
    async with Api(plane.kubeconfig) as api:
        await api.ensure({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        while not await api.find(f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default"):
            await asyncio.sleep(0.05)
        for name in wanted:
            item = copy.deepcopy(OBJECTS[name])
            if item["kind"] == "Pod":
                # Nobody's, or a ReplicaSet would take it and find it one too many.
                item["metadata"]["labels"] = {}
            path = path_of(item, NAMESPACE)
            await api.request("POST", path, item)
            found[name] = f"{path}/{item['metadata']['name']}"
        return {name: (path, await api.get(path)) for name, path in found.items()}


async def gone(plane: ControlPlane, paths: list[str]) -> None:
    async with Api(plane.kubeconfig) as api:
        await asyncio.gather(*(api.delete(path) for path in paths if "/namespaces/" not in path))
        await api.delete(f"/api/v1/namespaces/{NAMESPACE}")


def test_several_faults_are_one_sentence_and_each_is_said_once() -> None:
    fault = Fault("spec.replicas", "FieldValueInvalid", "Invalid value: -1: must be greater than or equal to 0")
    other = Fault("spec.selector", "FieldValueRequired", "Required value")

    assert summary([fault]) == str(fault)
    assert summary([fault, other, fault]) == f"[{fault}, {other}]"


@given(st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True))
def test_a_dns_label_is_a_good_name_everywhere(name: str) -> None:
    assert names.dns_label(name) == names.dns_subdomain(name) == names.label_key(name) == names.label_value(name) == []


@given(st.text(max_size=80))
def test_whatever_a_name_is_the_words_about_it_can_be_said(name: str) -> None:
    for form in (
        names.dns_label,
        names.dns_subdomain,
        names.label_key,
        names.label_value,
        names.config_key,
        names.port_name,
    ):
        assert all(isinstance(why, str) and why for why in form(name))


def test_every_object_that_the_real_server_takes_is_taken() -> None:
    """The objects of the other tests, which are dry-run on the real server there."""
    for name, item in OBJECTS.items():
        read = defaulted(decoded(copy.deepcopy(item), schema_of(item["apiVersion"], item["kind"])).item)
        assert faults(as_kept(read)) == [], name
