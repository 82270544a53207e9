"""Who sits at this terminal: the machine and the account on it, or a made-up person where that is allowed."""

import hashlib
import os
import uuid
from pathlib import Path

from domain.errors import NotAllowed
from domain.people import Person

_MACHINE_ID = Path("/etc/machine-id")
PRACTICE_NAMES = ("oncall", "lead", "second-lead", "guest")


def person_here(state_folder: Path, machine_id: Path = _MACHINE_ID) -> Person:
    """The account that runs this process on this machine; the pair never changes hands."""
    return Person("terminal", _tenant(state_folder, machine_id), str(os.getuid()))


def person_as(name: str, cluster: str, *, practice_cluster: bool, allowed_anywhere: bool) -> Person:
    """The made-up person `name`; NotAllowed on a cluster that practice did not start."""
    if not (practice_cluster or allowed_anywhere):
        raise NotAllowed(
            f"--as {name} is for practice clusters only, and this is not one. Here you are who the machine says you "
            "are; leave --as off."
        )
    if not name.isascii() or not name.replace("-", "").isalnum():
        raise NotAllowed(f"--as {name!r} is not a name. Use one such as {', '.join(PRACTICE_NAMES)}.")
    return Person("practice", cluster, name)


def _tenant(state_folder: Path, machine_id: Path) -> str:
    """A stable id of this machine. The real machine id is nobody's business, so only its digest leaves this file."""
    try:
        own = machine_id.read_text().strip()
    except OSError:
        own = ""
    return hashlib.sha256(f"hilda:{own or _made_up(state_folder / 'machine-id')}".encode()).hexdigest()[:16]


def _made_up(path: Path) -> str:
    """For machines without an id of their own, such as most containers: drawn once and kept."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with path.open("x") as new:
            new.write(uuid.uuid4().hex)
            path.chmod(0o600)
    except FileExistsError:
        pass
    return path.read_text().strip()
