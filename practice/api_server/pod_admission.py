"""What admission adds to a new pod: its service account and token, tolerations, priority."""

import asyncio
import random
from collections.abc import Iterator
from fractions import Fraction

from practice.api import Json
from practice.api_server.metadata import SUFFIX
from practice.api_server.refusals import Refused, forbidden
from practice.api_server.schema.quantities import value_of
from practice.api_server.store import Store

_TOKEN_VOLUME = "kube-api-access-"  # noqa: S105 a volume's name
_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 where containers find it
_EVICTED_AFTER = 300
"""Seconds that a pod stays on a node that is not ready."""
_LOOKS = 10
_BETWEEN_LOOKS = 0.15
"""Seconds."""
_UNREACHABLE = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_PREEMPTS = "PreemptLowerPriority"


async def await_account(store: Store, namespace: str) -> None:
    """Give the controllers a moment to make the service account of a namespace that is new."""
    for _ in range(_LOOKS):
        if store.find("serviceaccounts", namespace, "default") or not store.find("namespaces", "", namespace):
            return
        await asyncio.sleep(_BETWEEN_LOOKS)


def admit(pod: Json, store: Store, namespace: str) -> None:
    """Fill in what the cluster adds; refuses pods whose service account or priority class is not there."""
    _give_account(pod, store, namespace)
    _give_tolerations(pod["spec"])
    _give_priority(pod, store)


def readmit(pod: Json, old: Json) -> None:
    """What a change of a pod cannot take away again."""
    _give_tolerations(pod["spec"])
    for field in ("priority", "preemptionPolicy"):
        if field in old["spec"]:
            pod["spec"].setdefault(field, old["spec"][field])


def quality_of_service(pod: Json) -> str:
    """Guaranteed, Burstable or BestEffort."""
    guaranteed = True
    asked: dict[str, Fraction] = {}
    limited: dict[str, Fraction] = {}
    for container in _containers(pod["spec"]):
        resources = container.get("resources", {})
        limits = dict(_amounts(resources.get("limits") or {}))
        guaranteed &= limits.keys() == {"cpu", "memory"}
        for total, amounts in ((asked, dict(_amounts(resources.get("requests") or {}))), (limited, limits)):
            for name, amount in amounts.items():
                total[name] = total.get(name, Fraction()) + amount
    if not asked and not limited:
        return "BestEffort"
    return "Guaranteed" if guaranteed and asked == limited else "Burstable"


def account_of(pod: Json) -> str:
    return str(pod["spec"].get("serviceAccountName") or "default")


def _amounts(resources: Json) -> Iterator[tuple[str, Fraction]]:
    return ((name, value_of(resources[name])) for name in ("cpu", "memory") if value_of(resources.get(name, "0")) > 0)


def _containers(spec: Json) -> list[Json]:
    return [*spec.get("initContainers", []), *(spec.get("containers") or [])]


def _refused(pod: Json, why: str) -> Refused:
    meta = pod["metadata"]
    return forbidden("", "pods", meta.get("name") or meta.get("generateName", ""), why)


def _give_account(pod: Json, store: Store, namespace: str) -> None:
    spec = pod["spec"]
    name = spec["serviceAccountName"] = spec["serviceAccount"] = account_of(pod)
    found = store.find("serviceaccounts", namespace, name)
    if found is None:
        raise _refused(pod, f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found')
    account = found.item
    if spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True)):
        _mount_token(spec)
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = [dict(each) for each in account["imagePullSecrets"]]


def _mount_token(spec: Json) -> None:
    volumes = spec.get("volumes", [])
    present = next((each["name"] for each in volumes if each["name"].startswith(_TOKEN_VOLUME)), "")
    name = present or _TOKEN_VOLUME + "".join(random.choices(SUFFIX, k=5))
    mounted = False
    for container in _containers(spec):
        mounts = container.setdefault("volumeMounts", [])
        if all(mount["mountPath"] != _TOKEN_PATH for mount in mounts):
            mounts.append({"name": name, "readOnly": True, "mountPath": _TOKEN_PATH})
            mounted = True
    if mounted and not present:
        spec["volumes"] = [*volumes, {"name": name, "projected": _token_sources()}]


def _token_sources() -> Json:
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    return {
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [namespace]}},
        ],
        "defaultMode": 420,
    }


def _give_tolerations(spec: Json) -> None:
    tolerations = spec.get("tolerations", [])
    for taint in _UNREACHABLE:
        if not any(_tolerates(each, taint) for each in tolerations):
            tolerations = [
                *tolerations,
                {"key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _EVICTED_AFTER},
            ]
    spec["tolerations"] = tolerations


def _tolerates(toleration: Json, taint: str) -> bool:
    return toleration.get("key", "") in ("", taint) and toleration.get("effect", "") in ("", "NoExecute")


def _give_priority(pod: Json, store: Store) -> None:
    spec = pod["spec"]
    classes = {item["metadata"]["name"]: item for item in store.items("priorityclasses.scheduling.k8s.io")}
    name = spec.get("priorityClassName") or next(
        (each for each, item in classes.items() if item.get("globalDefault")), ""
    )
    if name and name not in classes:
        raise _refused(pod, f"no PriorityClass with name {name} was found")
    chosen = classes.get(name, {})
    priority, policy = chosen.get("value", 0), chosen.get("preemptionPolicy") or _PREEMPTS
    if spec.get("priority", priority) != priority:
        raise _refused(
            pod,
            f"the integer value of priority ({spec['priority']}) must not be provided in pod spec; priority admission "
            f"controller computed {priority} from the given PriorityClass name",
        )
    if name:
        spec["priorityClassName"] = name
    spec["priority"], spec["preemptionPolicy"] = priority, policy
