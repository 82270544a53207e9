"""Rules for claims, volumes and storage classes."""

from collections.abc import Iterator

from practice.api_server.schema.faults import Fault, forbidden, invalid, required, unsupported
from practice.api_server.schema.quantities import value_of
from practice.api_server.schema.rules import names
from practice.api_server.schema.rules.changes import shown_change
from practice.api_server.schema.rules.metadata import more_than_nothing, selector, unchanged
from practice.api_server.schema.schemas import Json

_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_NOT_SOURCES = frozenset(
    "accessModes capacity claimRef mountOptions nodeAffinity persistentVolumeReclaimPolicy storageClassName "
    "volumeAttributesClassName volumeMode".split()
)


def claim(item: Json, old: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    yield from claim_spec(spec, "spec")
    if old is None:
        return
    before, now = dict(old["spec"]), dict(spec)
    if not before.get("volumeName"):
        before.pop("volumeName", None)
        before |= {"volumeName": now["volumeName"]} if now.get("volumeName") else {}
    if item["status"].get("phase") == "Bound":
        asked = before.get("resources", {}).get("requests", {}).get("storage")
        resources = now.get("resources", {})
        now["resources"] = resources | {"requests": resources.get("requests", {}) | {"storage": asked}}
        now.pop("volumeAttributesClassName", None)
        before.pop("volumeAttributesClassName", None)
    if now != before:
        change = shown_change("PersistentVolumeClaimSpec", before, now)
        why = (
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        )
        yield forbidden("spec", f"{why}\n{change}")
    yield from _shrunk(item, old)
    yield from unchanged(spec, old["spec"], "volumeMode", "")


def claim_spec(spec: Json, path: str) -> Iterator[Fault]:
    if not spec.get("accessModes"):
        yield required(f"{path}.accessModes", "at least 1 access mode is required")
    yield from selector(spec.get("selector"), f"{path}.selector")
    yield from _access_modes(spec.get("accessModes", []), f"{path}.accessModes")
    asked = spec.get("resources", {}).get("requests", {}).get("storage")
    if asked is None:
        yield required(f"{path}.resources[storage]")
    else:
        yield from more_than_nothing(asked, f"{path}.resources[storage]")
    if name := spec.get("storageClassName"):
        yield from (invalid(f"{path}.storageClassName", name, why) for why in names.dns_subdomain(name))
    if spec.get("volumeMode") not in (None, "Block", "Filesystem"):
        yield unsupported(f"{path}.volumeMode", spec["volumeMode"], ("Block", "Filesystem"))


def _access_modes(modes: list[str], path: str) -> Iterator[Fault]:
    for mode in modes:
        if mode not in _MODES:
            yield unsupported(path, mode, _MODES)
    if "ReadWriteOncePod" in modes and len(set(modes) & set(_MODES)) > 1:
        yield forbidden(path, "may not use ReadWriteOncePod with other access modes")


def _shrunk(item: Json, old: Json) -> Iterator[Fault]:
    now = item["spec"].get("resources", {}).get("requests", {}).get("storage", "0")
    before = old["spec"].get("resources", {}).get("requests", {}).get("storage", "0")
    has = old["status"].get("capacity", {}).get("storage", "0")
    if value_of(now) < value_of(before) and value_of(now) <= value_of(has):
        yield forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")


def volume(item: Json, old: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    if not spec.get("accessModes"):
        yield required("spec.accessModes")
    yield from _access_modes(spec.get("accessModes", []), "spec.accessModes")
    capacity = spec.get("capacity", {})
    if not capacity:
        yield required("spec.capacity")
    if capacity.keys() != {"storage"}:
        yield unsupported("spec.capacity", capacity or None, ("storage",))
    for name, amount in capacity.items():
        yield from more_than_nothing(amount, f"spec.capacity[{name}]")
    policy = spec.get("persistentVolumeReclaimPolicy")
    if policy not in (None, "Delete", "Recycle", "Retain"):
        yield unsupported("spec.persistentVolumeReclaimPolicy", policy, ("Delete", "Recycle", "Retain"))
    sources = [name for name in spec if name not in _NOT_SOURCES]
    for source in sources[1:]:
        yield forbidden(f"spec.{source}", "may not specify more than 1 volume type")
    if "hostPath" in spec and not spec["hostPath"].get("path"):
        yield required("spec.hostPath.path")
    if not sources:
        yield required("spec", "must specify a volume type")
    if class_name := spec.get("storageClassName"):
        yield from (invalid("spec.storageClassName", class_name, why) for why in names.dns_subdomain(class_name))
    if old is not None:
        now = {name: spec[name] for name in sources}
        before = {name: value for name, value in old["spec"].items() if name not in _NOT_SOURCES}
        if now != before:
            change = shown_change("PersistentVolumeSource", before, now)
            why = "spec.persistentvolumesource is immutable after creation"
            yield forbidden("spec.persistentvolumesource", f"{why}\n{change}")


def storage_class(item: Json, old: Json | None) -> Iterator[Fault]:
    if old is not None:
        for name in ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"):
            yield from unchanged(item, old, name, "")
    if provisioner := item.get("provisioner"):
        lower = provisioner.lower()
        yield from (invalid("provisioner", lower, why) for why in names.label_key(lower))
    else:
        yield required("provisioner")
    if item.get("reclaimPolicy") not in ("Delete", "Retain"):
        yield unsupported("reclaimPolicy", item.get("reclaimPolicy"), ("Delete", "Retain"))
    if item.get("volumeBindingMode") not in ("Immediate", "WaitForFirstConsumer"):
        yield unsupported("volumeBindingMode", item.get("volumeBindingMode"), ("Immediate", "WaitForFirstConsumer"))
