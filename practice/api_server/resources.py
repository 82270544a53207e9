"""The kinds that are served, from the recorded discovery: adding one is a line in scripts/record_api.py."""

from dataclasses import dataclass, field

from practice.api import Json
from practice.api_server import recordings

_STORED_ELSEWHERE = {"events.events.k8s.io": "events"}
"""Kinds that are another view of objects kept under another name."""


@dataclass(frozen=True)
class Resource:
    """One kind at one version, as discovery tells of it."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    verbs: frozenset[str]
    subresources: dict[str, Json] = field(default_factory=dict, hash=False)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """`deployments.apps`, as Kubernetes names a kind in its refusals."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def shelf(self) -> str:
        """Where the store keeps these objects: the same place for all versions and views of a kind."""
        return _STORED_ELSEWHERE.get(self.qualified, self.qualified)

    @property
    def list_path(self) -> str:
        """`/apis/apps/v1/deployments`"""
        return f"/{'apis' if self.group else 'api'}/{self.api_version}/{self.plural}"


class Catalog:
    """All kinds, found by where they are asked for."""

    def __init__(self) -> None:
        documents = recordings.aggregated()
        self._by_place = {
            (each.group, each.version, each.plural): each for root in documents.values() for each in _resources(root)
        }
        self._by_kind: dict[tuple[str, str], Resource] = {}
        for each in self._by_place.values():
            self._by_kind.setdefault((each.api_version, each.kind), each)
        self.groups = {each.group for each in self._by_place.values()}

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self._by_place.get((group, version, plural))

    def of_kind(self, api_version: str, kind: str) -> Resource:
        """The resource of an object; KeyError for kinds that are not served."""
        return self._by_kind[(api_version, kind)]

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._by_place.values())


def _resources(root: Json) -> list[Resource]:
    return [
        Resource(
            group=group["metadata"].get("name", ""),
            version=version["version"],
            plural=each["resource"],
            kind=each["responseKind"]["kind"],
            namespaced=each["scope"] == "Namespaced",
            verbs=frozenset(each["verbs"]),
            subresources={sub["subresource"]: sub for sub in each.get("subresources", [])},
        )
        for group in root["items"]
        for version in group["versions"]
        for each in version["resources"]
    ]
