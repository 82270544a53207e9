"""Objects come, change and go on the small API server as they do on the real one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest

from practice.api import Api, Json, path_of

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

Make: TypeAlias = Callable[[Json], Awaitable[Json]]
Refused: TypeAlias = Callable[[Awaitable[Any]], Awaitable[tuple[int, str]]]

CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"color": "blue"}}


def deployment(name: str, **spec: Any) -> Json:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "x.example/y:1"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template} | spec,
    }


async def test_a_new_object_gets_a_uid_a_time_and_a_version(make: Make) -> None:
    """And a Deployment a generation, a ConfigMap none."""
    made = await make(CONFIG)
    workload = await make(deployment("web"))

    meta = made["metadata"]
    assert meta["uid"]
    assert meta["creationTimestamp"].endswith("Z")
    assert int(meta["resourceVersion"]) < int(workload["metadata"]["resourceVersion"])
    assert "generation" not in meta
    assert workload["metadata"]["generation"] == 1


async def test_an_object_of_that_name_is_already_there(make: Make, refused: Refused) -> None:
    """409, in the words that kubectl prints."""
    await make(CONFIG)

    status, message = await refused(make(CONFIG))

    assert status == 409
    assert 'configmaps "settings" already exists' in message


async def test_a_write_from_a_stale_copy_is_a_conflict(api: Api, namespace: str, make: Make, refused: Refused) -> None:
    """The second of two who read the same version loses."""
    made = await make(CONFIG)
    path = path_of("v1", "ConfigMap", namespace, "settings")

    await api.request("PUT", path, made | {"data": {"color": "red"}})
    status, message = await refused(api.request("PUT", path, made | {"data": {"color": "green"}}))

    assert status == 409
    assert "the object has been modified; please apply your changes to the latest version" in message
    assert (await api.get(path))["data"] == {"color": "red"}


async def test_a_write_that_changes_nothing_is_no_change(api: Api, namespace: str, make: Make) -> None:
    """The version stays, so nobody who watches is woken."""
    made = await make(CONFIG)

    again = await api.patch(path_of("v1", "ConfigMap", namespace, "settings"), {"data": {"color": "blue"}})

    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_a_dry_run_leaves_no_trace(api: Api, namespace: str) -> None:
    """It answers as the write would."""
    path = path_of("v1", "ConfigMap", namespace)
    rehearsed = await api.request("POST", path, CONFIG, params={"dryRun": "All"})

    assert rehearsed["data"] == {"color": "blue"}
    assert await api.find(f"{path}/settings") is None


async def test_the_generation_counts_changes_of_the_spec_only(api: Api, namespace: str, make: Make) -> None:
    """A label or a status is no change of what is asked for; an annotation of a Deployment is."""
    await make(deployment("web"))
    path = path_of("apps/v1", "Deployment", namespace, "web")

    labelled = await api.patch(path, {"metadata": {"labels": {"a": "b"}}})
    told = await api.patch(f"{path}/status", {"status": {"observedGeneration": 1}}, kind="merge")
    changed = await api.patch(path, {"spec": {"minReadySeconds": 3}})

    assert [each["metadata"]["generation"] for each in (labelled, told, changed)] == [1, 1, 2]


async def test_a_status_is_written_through_its_own_door(api: Api, namespace: str) -> None:
    """A write of the object leaves the status alone, a write of the status the rest."""
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        "status": {"phase": "Bound"},
    }
    path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    made = await api.request("POST", path, claim)
    told = await api.patch(
        f"{path}/data/status", {"status": {"phase": "Lost"}, "spec": {"volumeName": "x"}}, kind="merge"
    )

    assert made["status"]["phase"] == "Pending"
    assert told["status"]["phase"] == "Lost"
    assert "volumeName" not in told["spec"]


async def test_finalizers_hold_an_object_that_is_deleted(api: Api, namespace: str, make: Make) -> None:
    """It goes when the last one lets go."""
    held = CONFIG | {"metadata": {"name": "settings", "finalizers": ["example.com/hold"]}}
    await make(held)
    path = path_of("v1", "ConfigMap", namespace, "settings")

    await api.delete(path)
    waiting = await api.get(path)
    await api.patch(path, {"metadata": {"finalizers": None}}, kind="merge")

    assert waiting["metadata"]["deletionTimestamp"]
    assert waiting["metadata"]["deletionGracePeriodSeconds"] == 0
    assert await api.find(path) is None


@pytest.mark.parametrize(("policy", "finalizer"), [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")])
async def test_what_becomes_of_dependents_is_asked_with_a_finalizer(
    api: Api, namespace: str, make: Make, policy: str, finalizer: str
) -> None:
    """The garbage collector reads it there."""
    path = path_of("v1", "ConfigMap", namespace, "settings")
    await make(CONFIG)

    answer = await api.request("DELETE", path, {"propagationPolicy": policy}, params={"dryRun": "All"})

    assert answer["metadata"]["finalizers"] == [finalizer]


async def test_a_precondition_keeps_a_delete_off_another_object(
    api: Api, namespace: str, make: Make, refused: Refused
) -> None:
    """An object of the same name is not the same object."""
    await make(CONFIG)
    path = path_of("v1", "ConfigMap", namespace, "settings")

    status, message = await refused(api.request("DELETE", path, {"preconditions": {"uid": "another"}}))

    assert status == 409
    assert "the UID in the precondition (another) does not match the UID in record" in message
    assert await api.find(path)


async def test_a_collection_goes_by_its_labels(api: Api, namespace: str, make: Make) -> None:
    """Those that the selector leaves out stay."""
    for number in range(3):
        labels = {"half": "left" if number else "right"}
        await make(CONFIG | {"metadata": {"name": f"n{number}", "labels": labels}})
    path = path_of("v1", "ConfigMap", namespace)

    await api.request("DELETE", path, params={"labelSelector": "half=left"})

    left = [each["metadata"]["name"] for each in await api.items(path) if each["metadata"]["name"].startswith("n")]
    assert left == ["n0"]


async def test_a_deleted_namespace_takes_nothing_new_and_goes(
    api: Api, namespace: str, make: Make, refused: Refused
) -> None:
    """It is Terminating until the controllers have emptied it."""
    await make(CONFIG | {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}})
    path = path_of("v1", "Namespace", name=namespace)

    ending = await api.request("DELETE", path)
    status, message = await refused(make(CONFIG))
    await api.patch(path_of("v1", "ConfigMap", namespace, "held"), {"metadata": {"finalizers": None}}, kind="merge")
    for _ in range(200):
        if await api.find(path) is None:
            break
        await asyncio.sleep(0.1)

    assert ending["status"]["phase"] == "Terminating"
    assert status == 403
    assert f"unable to create new content in namespace {namespace} because it is being terminated" in message
    assert await api.find(path) is None


async def test_an_object_needs_its_namespace(api: Api, namespace: str, refused: Refused) -> None:
    """404 for the namespace, not for the object."""
    status, message = await refused(api.create(CONFIG | {"metadata": {"name": "settings", "namespace": "nowhere"}}))

    assert status == 404
    assert 'namespaces "nowhere" not found' in message
