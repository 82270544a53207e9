"""Which control plane practice plays on: Kubernetes' own programs where they are, practice's small one otherwise."""

from pathlib import Path
from typing import Literal

from practice import programs
from practice.children import ChildFailed
from practice.control_plane import ControlPlane
from practice.plane import Plane
from practice.small_plane import SmallPlane

Kind = Literal["real", "small"]
KINDS: tuple[Kind, ...] = ("real", "small")

_TRIES = 3


def chosen(asked: Kind | None = None) -> Kind:
    """What was asked for; without a wish the real one where all its programs are at hand.

    Asking for the real one also lets kwokctl fetch its programs, which takes minutes and the internet.
    """
    if asked:
        return asked
    return "real" if all(map(programs.where, programs.CONTROL_PLANE)) else "small"


async def start(kind: Kind, folder: Path | None = None, *, seed: int = 1, nodes: int = 3) -> Plane:
    """One of that kind, with a kubelet and nodes that take pods; on other ports where somebody was faster."""
    for tried in range(1, _TRIES + 1):
        try:
            if kind == "real":
                return await ControlPlane.start(folder, seed=seed, nodes=nodes)
            return await SmallPlane.start(folder, seed=seed, nodes=nodes)
        except ChildFailed as failed:
            if tried == _TRIES or "address already in use" not in str(failed):
                raise
    raise AssertionError("the last try returns or raises")


def kind_of(plane: Plane) -> Kind:
    return "real" if isinstance(plane, ControlPlane) else "small"
