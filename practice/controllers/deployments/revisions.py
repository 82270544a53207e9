"""Revisions of a Deployment: which ReplicaSet is the new one, and what is written on it. Pure."""

from collections.abc import Iterable, Sequence

from practice.api import Json

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAX = "deployment.kubernetes.io/max-replicas"
_NOT_COPIED = {"kubectl.kubernetes.io/last-applied-configuration", REVISION, HISTORY, DESIRED, MAX}
_NOT_COPIED |= {"deprecated.deployment.rollback.to"}
_HISTORY_LIMIT = 2000


def notes_of(item: Json) -> dict[str, str]:
    return item["metadata"].get("annotations") or {}


def revision_of(item: Json) -> int:
    """0 if it has none that is a number."""
    text = notes_of(item).get(REVISION, "")
    return int(text) if text.isdigit() else 0


def oldest_first(sets: Iterable[Json]) -> list[Json]:
    return sorted(sets, key=lambda each: (each["metadata"]["creationTimestamp"], each["metadata"]["name"]))


def by_revision(sets: Iterable[Json]) -> list[Json]:
    return sorted(oldest_first(sets), key=revision_of)


def find_new(deployment: Json, sets: Iterable[Json]) -> Json | None:
    """The ReplicaSet with the Deployment's pod template; the oldest if there are several."""
    wanted = _without_hash(deployment["spec"]["template"])
    return next((each for each in oldest_first(sets) if _without_hash(each["spec"]["template"]) == wanted), None)


def has_template(replica_set: Json, deployment: Json) -> bool:
    return _without_hash(replica_set["spec"]["template"]) == _without_hash(deployment["spec"]["template"])


def annotated(replica_set: Json, deployment: Json, revision: int) -> dict[str, str]:
    """The annotations of the new ReplicaSet: the Deployment's, its revision, and the revisions it once had."""
    notes = dict(notes_of(replica_set))
    notes |= {key: value for key, value in notes_of(deployment).items() if key not in _NOT_COPIED}
    before = notes.get(REVISION, "")
    if before and not before.isdigit():
        return notes
    if int(before or 0) < revision:
        notes[REVISION] = str(revision)
        if before:
            notes[HISTORY] = _history(notes.get(HISTORY, ""), before)
    return notes


def _history(text: str, revision: str) -> str:
    revisions = [*(text.split(",") if text else []), revision]
    while len(",".join(revisions)) > _HISTORY_LIMIT:
        revisions = revisions[1:]
    return ",".join(revisions)


def newest_revision(sets: Sequence[Json]) -> int:
    return max(map(revision_of, sets), default=0)


def _without_hash(template: Json) -> Json:
    meta = {key: value for key, value in (template.get("metadata") or {}).items() if value}
    labels = {key: value for key, value in (meta.pop("labels", None) or {}).items() if key != HASH}
    return {**template, "metadata": {**meta, "labels": labels}}
