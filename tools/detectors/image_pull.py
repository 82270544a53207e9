"""A container's image cannot be had: no such tag, no access, no registry, or a name that is none."""

import re
from collections.abc import Iterator

from domain.cluster_state import ClusterState
from domain.evidence import Evidence
from domain.findings import Finding
from domain.plain_json import Json
from tools.detectors import facts
from tools.detectors.troubled import Group, grouped, present
from tools.kubernetes.pods import Container
from tools.kubernetes.relations import Relations
from tools.kubernetes.seen import event_seen, object_seen, safe

CODE = "image-pull"

_REASONS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)

# First match wins: a registry that hides private images says "denied" and "does not exist" in one breath.
_WHY = (
    ("rate-limited", r"toomanyrequests|too many requests|\b429\b", "the registry limits how often it may be asked"),
    (
        "no-access",
        r"unauthorized|authentication required|denied|no basic auth|\b401\b|\b403\b|forbidden",
        "the registry refuses access, or the image does not exist there",
    ),
    ("wrong-platform", r"no matching manifest|no match for platform", "there is no build of it for this node's CPU"),
    ("not-found", r"not found|manifest unknown|does not exist|\b404\b|name unknown", "there is no such image or tag"),
    (
        "unreachable",
        r"no such host|connection refused|timeout|dial tcp|x509|deadline exceeded|\beof\b|\b50[0234]\b",
        "the registry cannot be reached",
    ),
    ("no-space", r"no space left", "the node's disk is full"),
)


def find(state: ClusterState) -> Iterator[Finding]:
    relations = Relations.over(state)
    for group in grouped(relations, lambda _, container: container.waiting_reason in _REASONS):
        yield _finding(relations, group)


def _finding(relations: Relations, group: Group) -> Finding:
    state, container = relations.state, group.worst
    events = [event for event in relations.events("Pod", container.pod) if _about_pulling(event, container)]
    pull_secret = next(
        (e for e in relations.events("Pod", container.pod) if e.get("reason") == "FailedToRetrieveImagePullSecret"),
        None,
    )
    code, why = _why(container, [str(event.get("message", "")) for event in events], pull_secret is not None)
    ref = state.ref("Pod", container.pod)
    status = object_seen(
        state,
        ref,
        f"status of container {container.name}",
        f"{container.name} waits with {container.waiting_reason}: {why} ({group.how_many})",
        sample=container.waiting_message,
        also=(group.workload.ref, *group.pods(relations)[1:]),
    )
    seen: list[Evidence] = [
        event_seen(state, event, ref) for event in [*events[:1], *([pull_secret] if pull_secret else [])]
    ]
    since = facts.began([c.pod for c in group.containers])
    return Finding(
        code=CODE,
        severity=facts.severity(group.workload),
        object=group.workload.ref,
        title=f"{group.workload.ref.name} cannot pull {safe(container.image, cap=200) or 'its image'}: {why}",
        evidence=present(status, *seen, facts.changed(state, group.workload, since)),
        since=since,
        facts={**facts.about(relations, group.workload, container), "why": code, "pods": str(len(group.containers))},
    )


def _why(container: Container, messages: list[str], pull_secret_missing: bool) -> tuple[str, str]:
    match container.waiting_reason:
        case "InvalidImageName":
            return "invalid-name", "the image name is not valid"
        case "ErrImageNeverPull":
            return "never-pull", "it is not on the node, and imagePullPolicy is Never"
        case "SignatureValidationFailed":
            return "bad-signature", "its signature is not accepted"
    said = " ".join([container.waiting_message, *messages]).lower()
    said = said.replace(container.image.lower(), "")
    for code, pattern, why in _WHY:
        if re.search(pattern, said):
            if code == "no-access" and pull_secret_missing:
                return "pull-secret-missing", "access is refused, and its imagePullSecret does not exist"
            return code, why
    return "unknown", "the pull fails"


def _about_pulling(event: Json, container: Container) -> bool:
    message = str(event.get("message", ""))
    return event.get("reason") in {"Failed", "InspectFailed"} and (
        container.image in message or "pull" in message.lower()
    )
