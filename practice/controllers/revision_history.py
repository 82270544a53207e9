"""ControllerRevisions: the pod templates that a StatefulSet or DaemonSet has had, numbered."""

from dataclasses import dataclass

from practice.api import ApiError, Json
from practice.controllers.hashes import template_hash
from practice.controllers.kinds import Kind
from practice.controllers.objects import Index, Objects
from practice.controllers.owners import reference

HASH = "controller-revision-hash"
"""Label of pods."""


@dataclass(frozen=True)
class History:
    """Of the owners of one kind."""

    kind: Kind
    objects: Objects
    by_owner: Index
    """By the uid of the controller."""
    mark: str
    """The label that holds the hash of the template."""

    def of(self, owner: Json) -> list[Json]:
        """Oldest first."""
        found = self.by_owner[owner["metadata"]["uid"]]
        return sorted(found, key=lambda each: (each["revision"], each["metadata"]["name"]))

    async def newest(self, owner: Json) -> Json:
        """The revision with the owner's template, made or moved to the end if need be."""
        known = self.of(owner)
        template = owner["spec"]["template"]
        number = known[-1]["revision"] + 1 if known else 1
        equal = [each for each in known if template_of(each) == template]
        if equal and equal[-1] is known[-1]:
            return known[-1]
        if equal:
            return await self.objects.replace({**equal[-1], "revision": number})
        return await self._make(owner, number)

    async def _make(self, owner: Json, number: int) -> Json:
        meta, template = owner["metadata"], owner["spec"]["template"]
        mark = template_hash(template, owner.get("status", {}).get("collisionCount") or 0)
        labels = {**(template.get("metadata", {}).get("labels") or {}), self.mark: mark}
        draft = {
            "metadata": {
                "name": f"{meta['name']}-{mark}",
                "namespace": meta["namespace"],
                "labels": labels,
                "annotations": dict(meta.get("annotations") or {}),
                "ownerReferences": [reference(self.kind, owner)],
            },
            "data": {"spec": {"template": {**template, "$patch": "replace"}}},
            "revision": number,
        }
        return await self.objects.create(draft)

    async def forget(self, owner: Json, in_use: set[str]) -> None:
        """The oldest beyond the owner's limit, of those that nothing is made of."""
        spare = [each for each in self.of(owner) if each["metadata"]["name"] not in in_use]
        for each in spare[: max(len(spare) - owner["spec"].get("revisionHistoryLimit", 10), 0)]:
            try:
                await self.objects.delete(each)
            except ApiError as error:
                if error.status not in (404, 409):
                    raise


def template_of(revision: Json) -> Json:
    return {key: each for key, each in revision["data"]["spec"]["template"].items() if key != "$patch"}
