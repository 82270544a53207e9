"""What a pod's JSON says about its containers, in the words that people use for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.plain_json import Json, dig
from tools.kubernetes.moments import moment


@dataclass(frozen=True, slots=True)
class Container:
    """One container of one pod: what is wanted of it and how it is."""

    pod: Json
    spec: Json
    status: Json
    init: bool
    """Runs to its end before the others start."""

    @property
    def name(self) -> str:
        return str(self.spec.get("name", ""))

    @property
    def image(self) -> str:
        return str(self.spec.get("image", ""))

    @property
    def ready(self) -> bool:
        return bool(self.status.get("ready"))

    @property
    def restarts(self) -> int:
        return int(self.status.get("restartCount") or 0)

    @property
    def waiting_reason(self) -> str:
        return str(dig(self.status, "state", "waiting", "reason", default=""))

    @property
    def waiting_message(self) -> str:
        return str(dig(self.status, "state", "waiting", "message", default=""))

    @property
    def running_since(self) -> datetime | None:
        return moment(dig(self.status, "state", "running", "startedAt"))

    @property
    def is_running(self) -> bool:
        return dig(self.status, "state", "running") is not None

    @property
    def terminated(self) -> Json:
        """How the current try ended, {} while it has not."""
        end: Json = dig(self.status, "state", "terminated", default={})
        return end

    @property
    def last_end(self) -> Json:
        """How the newest finished try ended: the current one's end, or the one before it; {} if none ended yet."""
        last: Json = dig(self.status, "lastState", "terminated", default={})
        return self.terminated or last

    @property
    def last_end_at(self) -> datetime | None:
        return moment(self.last_end.get("finishedAt"))

    @property
    def exit_code(self) -> int | None:
        code = self.last_end.get("exitCode")
        return int(code) if code is not None else None


def containers_of(pod: Json) -> Iterator[Container]:
    """Init containers first, then the others; an init container that restarts for ever is a sidecar, so not `init`."""
    for section, statuses, init in (
        ("initContainers", "initContainerStatuses", True),
        ("containers", "containerStatuses", False),
    ):
        by_name = {status.get("name"): status for status in dig(pod, "status", statuses, default=[])}
        for spec in dig(pod, "spec", section, default=[]):
            sidecar = init and spec.get("restartPolicy") == "Always"
            yield Container(pod, spec, by_name.get(spec.get("name"), {}), init and not sidecar)


def condition(item: Json, kind: str) -> Json:
    """The condition of that type, {} where the object has none."""
    return next((c for c in dig(item, "status", "conditions", default=[]) if c.get("type") == kind), {})


def is_ready(pod: Json) -> bool:
    return condition(pod, "Ready").get("status") == "True"


def is_leaving(pod: Json) -> bool:
    """Being deleted, finished, or a leftover of an eviction: nothing is expected of it any more."""
    return dig(pod, "metadata", "deletionTimestamp") is not None or phase(pod) in {"Succeeded", "Failed"}


def phase(pod: Json) -> str:
    return str(dig(pod, "status", "phase", default=""))


def claims_of(pod: Json) -> Iterator[str]:
    """Names of the claims that a pod mounts, also those that are made for it alone."""
    for volume in dig(pod, "spec", "volumes", default=()):
        if name := dig(volume, "persistentVolumeClaim", "claimName"):
            yield str(name)
        elif "ephemeral" in volume:
            yield f"{dig(pod, 'metadata', 'name', default='')}-{volume.get('name', '')}"
