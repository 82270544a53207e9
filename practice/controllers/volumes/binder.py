"""Binds claims to volumes that are there; nobody makes volumes here, and claims that would need one say so."""

import asyncio

from practice.api import Json
from practice.controllers.cluster import Cluster
from practice.controllers.kinds import CLAIM, POD, STORAGE_CLASS, VOLUME, Key, key_of
from practice.controllers.volumes.matching import (
    BIND_COMPLETED,
    BOUND_BY_US,
    best,
    claim_names,
    class_of,
    is_late,
    is_meant_for,
    misfit,
    with_claim,
)
from practice.controllers.work import Work

_COMPONENT = "persistentvolume-controller"
_AGAIN_AFTER = 15.0
_NODE = "volume.kubernetes.io/selected-node"
_PROVISIONERS = ("volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner")
_NOTHING = "no persistent volumes available for this claim and no storage class is set"
_LOST = "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
_MISBOUND = "Two claims are bound to the same volume, this one is bound incorrectly"


class VolumeBinder:
    def __init__(self, cluster: Cluster) -> None:
        self._events = cluster.events
        self._claims = cluster.objects(CLAIM)
        self._volumes = cluster.objects(VOLUME)
        self._classes = cluster.objects(STORAGE_CLASS)
        self._pods_claiming = cluster.objects(POD).index(_claimed)
        # One hand for claims: two of them must not take the same volume.
        self._work: Work[Key] = Work("claims", self._sync_claim, hands=1)
        self._volume_work: Work[Key] = Work("volumes", self._sync_volume, hands=1)
        self._claims.listen(self._claim_changed)
        self._volumes.listen(self._volume_changed)
        self._classes.listen(self._class_changed)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._work.run())
            group.create_task(self._volume_work.run())

    def _claim_changed(self, before: Json | None, after: Json | None) -> None:
        if after:
            self._work.add(key_of(after))
        item = after or before
        assert item
        for volume in self._volumes:
            if _names(volume, item):
                self._volume_work.add(key_of(volume))

    def _volume_changed(self, before: Json | None, after: Json | None) -> None:
        item = after or before
        assert item
        if after:
            self._volume_work.add(key_of(after))
        for claim in self._claims:
            waits = not _is_bound(claim) and class_of(claim) == class_of(item)
            if waits or _names(item, claim) or claim["spec"].get("volumeName") == item["metadata"]["name"]:
                self._work.add(key_of(claim))

    def _class_changed(self, before: Json | None, after: Json | None) -> None:
        name = (after or before or {})["metadata"]["name"]
        for claim in self._claims:
            if not _is_bound(claim) and class_of(claim) == name:
                self._work.add(key_of(claim))

    async def _sync_claim(self, key: Key) -> None:
        claim = self._claims.get(*key)
        if not claim:
            return
        if _is_bound(claim):
            await self._check(claim)
        elif claim["spec"].get("volumeName"):
            await self._bind_to_named(claim)
        else:
            await self._bind_to_best(claim)

    async def _check(self, claim: Json) -> None:
        volume = self._volumes.get("", claim["spec"].get("volumeName", ""))
        if volume is None:
            await self._lose(claim, "ClaimLost", _LOST)
        elif not volume["spec"].get("claimRef") or volume["spec"]["claimRef"].get("uid") == claim["metadata"]["uid"]:
            await self._bind(volume, claim)
        else:
            await self._lose(claim, "ClaimMisbound", _MISBOUND)

    async def _bind_to_named(self, claim: Json) -> None:
        volume = self._volumes.get("", claim["spec"]["volumeName"])
        if volume is None:
            await self._tell(claim, "Pending", None)
        elif not volume["spec"].get("claimRef"):
            if why := misfit(claim, volume):
                message = f'Cannot bind to requested volume "{volume["metadata"]["name"]}": {why}'
                self._events.warning(_COMPONENT, CLAIM, claim, "VolumeMismatch", message)
                await self._tell(claim, "Pending", None)
            else:
                await self._bind(volume, claim)
        elif is_meant_for(volume, claim):
            await self._bind(volume, claim)
        else:
            message = f'volume "{volume["metadata"]["name"]}" already bound to a different claim.'
            self._events.warning(_COMPONENT, CLAIM, claim, "FailedBinding", message)
            await self._tell(claim, "Pending", None)

    async def _bind_to_best(self, claim: Json) -> None:
        kind = self._classes.get("", class_of(claim))
        late = kind is not None and is_late(kind)
        volumes = [each for each in self._volumes if not late or is_meant_for(each, claim)]
        if volume := best(claim, volumes):
            await self._bind(volume, claim)
            return
        self._work.add_after(key_of(claim), _AGAIN_AFTER)
        if late and _NODE not in (claim["metadata"].get("annotations") or {}):
            self._events.normal(_COMPONENT, CLAIM, claim, *self._waits_for(claim))
        elif class_of(claim):
            claim = await self._ask_for_one(claim, kind)
        else:
            self._events.normal(_COMPONENT, CLAIM, claim, "FailedBinding", _NOTHING)
        await self._tell(claim, "Pending", None)

    def _waits_for(self, claim: Json) -> tuple[str, str]:
        pods = self._pods_claiming["/".join(key_of(claim))]
        names = [pod["metadata"]["name"] for pod in pods if not pod["spec"].get("nodeName")]
        if not names:
            return "WaitForFirstConsumer", "waiting for first consumer to be created before binding"
        which = f"pods {','.join(names)}" if len(names) > 1 else f"pod {names[0]}"
        return "WaitForPodScheduled", f"waiting for {which} to be scheduled"

    async def _ask_for_one(self, claim: Json, kind: Json | None) -> Json:
        """Of whoever makes volumes of that class."""
        if kind is None:
            message = f'storageclass.storage.k8s.io "{class_of(claim)}" not found'
            self._events.warning(_COMPONENT, CLAIM, claim, "ProvisioningFailed", message)
            return claim
        who = kind["provisioner"]
        if who.startswith("kubernetes.io/"):
            message = f"no volume plugin matched name: {who}"
            self._events.warning(_COMPONENT, CLAIM, claim, "ProvisioningFailed", message)
            return claim
        notes = dict.fromkeys(_PROVISIONERS, who)
        if not notes.items() <= (claim["metadata"].get("annotations") or {}).items():
            claim = await self._claims.patch(claim, {"metadata": {"annotations": notes}})
        message = (
            f"Waiting for a volume to be created either by the external provisioner '{who}' or manually by the system "
            "administrator. If volume creation is delayed, please verify that the provisioner is running and correctly "
            "registered."
        )
        self._events.normal(_COMPONENT, CLAIM, claim, "ExternalProvisioning", message)
        return claim

    async def _bind(self, volume: Json, claim: Json) -> None:
        """Both of them, in the order in which Kubernetes does it; what is so already stays."""
        if not is_meant_for(volume, claim) or not volume["spec"]["claimRef"].get("uid"):
            volume = await self._volumes.replace(with_claim(volume, claim))
        await self._turn(volume, "Bound")
        meta, name = claim["metadata"], volume["metadata"]["name"]
        notes = dict(meta.get("annotations") or {})
        if claim["spec"].get("volumeName") != name:
            notes[BOUND_BY_US] = "yes"
        notes[BIND_COMPLETED] = "yes"
        if notes != meta.get("annotations") or claim["spec"].get("volumeName") != name:
            spec = {**claim["spec"], "volumeName": name}
            claim = await self._claims.replace({**claim, "metadata": {**meta, "annotations": notes}, "spec": spec})
        await self._tell(claim, "Bound", volume)

    async def _lose(self, claim: Json, reason: str, message: str) -> None:
        if claim.get("status", {}).get("phase") != "Lost":
            claim = await self._tell(claim, "Lost", None)
            self._events.warning(_COMPONENT, CLAIM, claim, reason, message)

    async def _tell(self, claim: Json, phase: str, volume: Json | None) -> Json:
        before = claim.get("status", {})
        kept = {key: each for key, each in before.items() if key not in ("phase", "accessModes", "capacity")}
        status = {**kept, "phase": phase}
        if volume:
            capacity = before.get("capacity") if before.get("phase") == phase else volume["spec"]["capacity"]
            status |= {"accessModes": volume["spec"]["accessModes"], "capacity": capacity}
        if status == before:
            return claim
        return await self._claims.replace({**claim, "status": status}, "status")

    async def _sync_volume(self, key: Key) -> None:
        volume = self._volumes.get(*key)
        if not volume:
            return
        ref = volume["spec"].get("claimRef")
        if not ref or not ref.get("uid"):
            await self._turn(volume, "Available")
            return
        claim = self._claims.get(ref["namespace"], ref["name"])
        if claim and claim["metadata"]["uid"] == ref["uid"]:
            if claim["spec"].get("volumeName") == volume["metadata"]["name"]:
                await self._turn(volume, "Bound")
            elif claim["spec"].get("volumeName"):
                await self._unbind(volume)
            else:
                self._work.add(key_of(claim))
        elif not claim or claim["metadata"]["uid"] != ref["uid"]:
            await self._release(volume)

    async def _release(self, volume: Json) -> None:
        phase = volume.get("status", {}).get("phase")
        if phase not in ("Released", "Failed"):
            volume = await self._turn(volume, "Released")
        if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete" and phase != "Failed":
            if volume["spec"].get("csi"):
                return
            name = volume["metadata"]["name"]
            message = f'error getting deleter volume plugin for volume "{name}": no deletable volume plugin matched'
            volume = await self._turn(volume, "Failed", message)
            self._events.warning(_COMPONENT, VOLUME, volume, "VolumeFailedDelete", message)

    async def _unbind(self, volume: Json) -> None:
        meta, spec = volume["metadata"], volume["spec"]
        notes = dict(meta.get("annotations") or {})
        ref = {key: each for key, each in spec["claimRef"].items() if key != "uid"}
        if notes.pop(BOUND_BY_US, None):
            ref = {}
        rest = {key: each for key, each in spec.items() if key != "claimRef"}
        spec = {**rest, "claimRef": ref} if ref else rest
        volume = await self._volumes.replace({**volume, "metadata": {**meta, "annotations": notes}, "spec": spec})
        await self._turn(volume, "Available")

    async def _turn(self, volume: Json, phase: str, message: str = "") -> Json:
        before = volume.get("status", {})
        if before.get("phase") == phase:
            return volume
        status = {key: each for key, each in before.items() if key not in ("message", "reason")}
        status |= {"phase": phase} | ({"message": message} if message else {})
        return await self._volumes.replace({**volume, "status": status}, "status")


def _is_bound(claim: Json) -> bool:
    return BIND_COMPLETED in (claim["metadata"].get("annotations") or {})


def _names(volume: Json, claim: Json) -> bool:
    ref = volume["spec"].get("claimRef") or {}
    return (ref.get("namespace"), ref.get("name")) == key_of(claim)


def _claimed(pod: Json) -> list[str]:
    return [f"{pod['metadata']['namespace']}/{name}" for name in claim_names(pod)]
