"""Rows of volumes, of claims to them, and of the classes that make them."""

from collections.abc import Sequence
from datetime import datetime

from practice.api import Json
from practice.api_server.tables.ages import age
from practice.api_server.tables.cells import UNSET, Cell

_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


def persistent_volume(item: Json, now: datetime) -> list[Cell]:
    spec, status = item["spec"], item.get("status", {})
    claim = spec.get("claimRef")
    return [
        item["metadata"]["name"],
        spec.get("capacity", {}).get("storage", "0"),
        _modes(spec.get("accessModes", ())),
        spec.get("persistentVolumeReclaimPolicy", ""),
        _phase(item),
        f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
        _storage_class(item),
        spec.get("volumeAttributesClassName", UNSET),
        status.get("reason", ""),
        age(item, now),
        spec.get("volumeMode", UNSET),
    ]


def persistent_volume_claim(item: Json, now: datetime) -> list[Cell]:
    spec, status = item["spec"], item.get("status", {})
    bound = spec.get("volumeName", "")
    return [
        item["metadata"]["name"],
        _phase(item),
        bound,
        status.get("capacity", {}).get("storage", "0") if bound else "",
        _modes(status.get("accessModes", ())) if bound else "",
        _storage_class(item),
        spec.get("volumeAttributesClassName", UNSET),
        age(item, now),
        spec.get("volumeMode", UNSET),
    ]


def storage_class(item: Json, now: datetime) -> list[Cell]:
    notes = item["metadata"].get("annotations", {})
    is_default = any(notes.get(each) == "true" for each in _DEFAULT)
    return [
        item["metadata"]["name"] + (" (default)" if is_default else ""),
        item["provisioner"],
        item.get("reclaimPolicy", "Delete"),
        item.get("volumeBindingMode", "Immediate"),
        item.get("allowVolumeExpansion", False),
        age(item, now),
    ]


def _phase(item: Json) -> str:
    gone = item["metadata"].get("deletionTimestamp")
    return "Terminating" if gone else str(item.get("status", {}).get("phase", ""))


def _modes(modes: Sequence[str]) -> str:
    return ",".join(short for mode, short in _MODES.items() if mode in modes)


def _storage_class(item: Json) -> str:
    older = item["metadata"].get("annotations", {}).get("volume.beta.kubernetes.io/storage-class")
    return str(older if older is not None else item["spec"].get("storageClassName", ""))
