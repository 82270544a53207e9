"""Which volumes could be bound to a volume claim."""

from domain.plain_json import Json, dig
from tools.kubernetes.quantities import quantity

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def could_bind(claim: Json, volume: Json) -> bool:
    """Whether a volume that nobody has is what the claim asks for."""
    spec, offered = dig(claim, "spec", default={}), dig(volume, "spec", default={})
    taken = dig(offered, "claimRef")
    mine = taken and (taken.get("namespace"), taken.get("name")) == (
        dig(claim, "metadata", "namespace"),
        dig(claim, "metadata", "name"),
    )
    return (
        (dig(volume, "status", "phase") == "Available" or bool(mine))
        and (not taken or bool(mine))
        and (spec.get("storageClassName") or "") == (offered.get("storageClassName") or "")
        and spec.get("volumeName") in (None, "", dig(volume, "metadata", "name"))
        and set(spec.get("accessModes") or ()) <= set(offered.get("accessModes") or ())
        and quantity(dig(offered, "capacity", "storage")) >= quantity(dig(spec, "resources", "requests", "storage"))
    )
