"""The volumes that a pod claims: whether it can be scheduled at all, and on which nodes."""

from dataclasses import dataclass, field

from practice.api import Json
from practice.controllers.objects import Objects
from practice.controllers.scheduling.terms import matches_terms
from practice.controllers.volumes.matching import BIND_COMPLETED, best, claim_names, class_of, is_late

NO_PROVISIONER = "kubernetes.io/no-provisioner"


@dataclass
class Claims:
    fault: str = ""
    """Why no node at all will do."""
    bound: list[Json | None] = field(default_factory=list)
    """Volumes of the bound claims; None for one that does not exist."""
    waiting: list[Json] = field(default_factory=list)
    """Claims that are bound once the pod has a node."""
    free: list[Json] = field(default_factory=list)
    """Volumes that these could get."""
    provisioned: set[str] = field(default_factory=set)
    """Uids of those claims for which somebody makes volumes on demand."""

    def reasons_against(self, node: Json) -> list[str]:
        reasons = []
        if None in self.bound:
            reasons.append("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)")
        if not all(reaches(volume, node) for volume in self.bound if volume):
            reasons.append("node(s) didn't match PersistentVolume's node affinity")
        if self.choose(node) is None:
            reasons.append("node(s) didn't find available persistent volumes to bind")
        return reasons

    def choose(self, node: Json) -> list[tuple[Json, Json | None]] | None:
        """A volume for each waiting claim (None where one will be made); None if some claim gets none."""
        chosen: list[tuple[Json, Json | None]] = []
        taken: set[str] = set()
        for claim in self.waiting:
            free = [each for each in self.free if each["metadata"]["name"] not in taken and reaches(each, node)]
            volume = best(claim, free)
            if volume:
                taken.add(volume["metadata"]["name"])
            elif claim["metadata"]["uid"] not in self.provisioned:
                return None
            chosen.append((claim, volume))
        return chosen


def reaches(volume: Json, node: Json) -> bool:
    """The volume can be used on the node."""
    required = (volume["spec"].get("nodeAffinity") or {}).get("required")
    return not required or matches_terms(required["nodeSelectorTerms"], node)


@dataclass
class ClaimBook:
    claims: Objects
    volumes: Objects
    classes: Objects

    def of(self, pod: Json) -> Claims:
        found = Claims()
        immediate = False
        for name in claim_names(pod):
            claim = self.claims.get(pod["metadata"]["namespace"], name)
            if claim is None:
                return Claims(f'persistentvolumeclaim "{name}" not found')
            if claim.get("status", {}).get("phase") == "Lost":
                gone = claim["spec"].get("volumeName")
                return Claims(f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{gone}"')
            if claim["metadata"].get("deletionTimestamp"):
                return Claims(f'persistentvolumeclaim "{name}" is being deleted')
            if claim["spec"].get("volumeName") and BIND_COMPLETED in (claim["metadata"].get("annotations") or {}):
                found.bound.append(self.volumes.get("", claim["spec"]["volumeName"]))
            elif (kind := self.classes.get("", class_of(claim))) and is_late(kind):
                found.waiting.append(claim)
                if kind["provisioner"] != NO_PROVISIONER:
                    found.provisioned.add(claim["metadata"]["uid"])
            else:
                immediate = True
        if immediate:
            return Claims("pod has unbound immediate PersistentVolumeClaims")
        if found.waiting:
            found.free = list(self.volumes)
        return found
