"""What a cluster looked like at one moment: plain JSON per kind, how well each kind could be read, and a clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from domain.objects import ObjectRef
from domain.plain_json import Json, dig

Coverage = Literal["read", "forbidden", "absent", "slow"]


class LogKey(NamedTuple):
    namespace: str
    pod: str
    container: str
    previous: bool


@dataclass(frozen=True)
class ClusterState:
    """The same whether it came from a live cluster, a dump or a test. Detectors are pure functions over it."""

    cluster: str
    """uid of the kube-system namespace; the context's name where that may not be read."""
    context: str
    now: datetime
    objects: Mapping[str, tuple[Json, ...]]
    """Kind ("Pod", "Deployment", ...) to its objects, as the API gives them; Secrets without data."""
    coverage: Mapping[str, Coverage]
    logs: Mapping[LogKey, str] = field(default_factory=dict)
    """The last lines of containers that seem to be in trouble, cleaned and redacted."""
    notes: tuple[str, ...] = ()
    """What could not be seen, in sentences."""

    def of(self, kind: str, namespace: str | None = None) -> Iterator[Json]:
        """Objects of `kind`, in one namespace or in all that were read."""
        for item in self.objects.get(kind, ()):
            if namespace is None or dig(item, "metadata", "namespace", default="") == namespace:
                yield item

    def get(self, kind: str, namespace: str, name: str) -> Json | None:
        """One object, or None where it was not observed (look at `coverage` before concluding that it is absent)."""
        return next((item for item in self.of(kind, namespace) if dig(item, "metadata", "name") == name), None)

    def can_tell(self, kind: str) -> bool:
        """Whether a missing object of `kind` means that it does not exist."""
        return self.coverage.get(kind) == "read"

    def ref(self, kind: str, item: Json) -> ObjectRef:
        return ObjectRef(
            self.cluster,
            dig(item, "metadata", "namespace", default=""),
            kind,
            dig(item, "metadata", "name", default=""),
        )
