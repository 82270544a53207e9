"""What is asked of a write beyond its form: that its namespace lives, and what practice's policy forbids."""

from practice.api import Json
from practice.api_server import limit_ranges, pod_admission, quotas
from practice.api_server.call import Call
from practice.api_server.refusals import forbidden, not_found
from practice.api_server.store import Store

_REHEARSES = "hilda"
_POLICY = "hilda-rehearses-only"
_POLICY_GROUPS = ("", "apps", "batch", "autoscaling")
_KEPT = ("default", "kube-public", "kube-system")


def check_namespace(store: Store, call: Call, name: str) -> None:
    """New objects need a namespace that is there and stays."""
    wanted = call.namespace
    if not wanted:
        return
    namespace = store.find("namespaces", "", wanted)
    if namespace is None:
        raise not_found("", "namespaces", wanted)
    if namespace.item["metadata"].get("deletionTimestamp"):
        raise forbidden(
            call.resource.group,
            call.resource.plural,
            name,
            f"unable to create new content in namespace {wanted} because it is being terminated",
            causes=[
                {
                    "reason": "NamespaceTerminating",
                    "message": f"namespace {wanted} is being terminated",
                    "field": "metadata.namespace",
                }
            ],
        )


def admit(store: Store, call: Call, item: Json) -> None:
    """What the cluster adds to a new object, or refuses it for."""
    if call.resource.shelf == "pods":
        pod_admission.admit(item, store, call.namespace)
        limit_ranges.give_defaults(item, store, call.namespace)
    elif call.resource.shelf == "persistentvolumeclaims":
        _give_default_class(store, item)


def readmit(call: Call, item: Json, old: Json) -> None:
    """What the cluster adds to a changed object."""
    if call.resource.shelf == "pods" and not call.asked.subresource:
        pod_admission.readmit(item, old)


def _give_default_class(store: Store, claim: Json) -> None:
    """Of several default StorageClasses the newest counts."""
    if "storageClassName" in claim["spec"]:
        return
    defaults = [each["metadata"] for each in store.items("storageclasses.storage.k8s.io") if _is_default(each)]
    if defaults:
        newest = max(defaults, key=lambda meta: (meta["creationTimestamp"], meta["name"]))
        claim["spec"]["storageClassName"] = newest["name"]


def _is_default(item: Json) -> bool:
    return (item["metadata"].get("annotations") or {}).get("storageclass.kubernetes.io/is-default-class") == "true"


def check_policy(store: Store, call: Call, name: str) -> None:
    """The one ValidatingAdmissionPolicy of practice: its CEL is not evaluated, what it says is done here."""
    if call.user.name != _REHEARSES or call.dry_run or call.resource.group not in _POLICY_GROUPS:
        return
    policy = store.find("validatingadmissionpolicies.admissionregistration.k8s.io", "", _POLICY)
    binding = store.find("validatingadmissionpolicybindings.admissionregistration.k8s.io", "", _POLICY)
    if not policy or not binding:
        return
    told: Json = policy.item["spec"]["validations"][0]
    message = (
        f"ValidatingAdmissionPolicy '{_POLICY}' with binding '{_POLICY}' denied request: {told.get('message', '')}"
    )
    raise forbidden(call.resource.group, call.resource.plural, name, message, causes=[{"message": message}])


def check_amounts(store: Store, call: Call, item: Json) -> None:
    """What LimitRanges and ResourceQuotas of the namespace say to a new object."""
    if not call.namespace:
        return
    if call.resource.shelf in ("pods", "persistentvolumeclaims"):
        limit_ranges.check(item, store, call.namespace)
    quotas.check(item, call.resource, store, call.namespace)


def check_may_go(call: Call, name: str) -> None:
    """Some namespaces cannot be deleted."""
    if call.resource.shelf == "namespaces" and name in _KEPT:
        raise forbidden("", "namespaces", name, "this namespace may not be deleted")
