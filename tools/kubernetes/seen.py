"""Turns what was observed in a cluster into Evidence, each with the kubectl line that shows the same to a person."""

import shlex

from domain.cluster_state import ClusterState, LogKey
from domain.evidence import Evidence, observed
from domain.objects import ObjectRef
from domain.plain_json import Json, dig
from policy.redaction import redact
from policy.untrusted import clean
from tools.kubernetes.kinds import KINDS
from tools.kubernetes.moments import spoken
from tools.kubernetes.relations import event_count, event_time


def kubectl(context: str, namespace: str, *words: str) -> str:
    """A kubectl line that can be pasted anywhere: it carries its context."""
    where = ["-n", namespace] if namespace else []
    return shlex.join(["kubectl", "--context", context, *where, *words])


def safe(text: str, *, cap: int = 1000) -> str:
    """Text that somebody else wrote: without secrets, without control characters, not too long."""
    return clean(redact(text), cap=cap)


def object_seen(
    state: ClusterState,
    ref: ObjectRef,
    part: str,
    summary: str,
    *,
    sample: str = "",
    also: tuple[ObjectRef, ...] = (),
    check: tuple[str, ...] = (),
) -> Evidence:
    """One part of an object's JSON, such as `status.conditions`."""
    kind = KINDS.get(ref.kind)
    resource = kind.resource if kind else ref.kind.lower()
    words = check or ("get", resource, ref.name, "-o", "yaml")
    return observed(
        "kubernetes",
        f"{resource}/{ref.name} {part}".strip(),
        safe(summary, cap=400),
        sample=safe(sample),
        check=kubectl(state.context, ref.namespace, *words),
        objects=(ref, *also),
    )


def list_seen(
    state: ClusterState,
    kind: str,
    namespace: str,
    what: str,
    summary: str,
    *,
    sample: str = "",
    selector: str = "",
    objects: tuple[ObjectRef, ...] = (),
) -> Evidence:
    """What a list showed, or did not show."""
    picked = ("-l", selector) if selector else ()
    return observed(
        "kubernetes",
        f"{KINDS[kind].resource} in {namespace or 'the cluster'} {what}".strip(),
        safe(summary, cap=400),
        sample=safe(sample),
        check=kubectl(
            state.context,
            namespace,
            "get",
            KINDS[kind].resource,
            *picked,
            *(("--show-labels",) if picked or what == "labels" else ()),
        ),
        objects=objects,
    )


def event_seen(state: ClusterState, event: Json, ref: ObjectRef) -> Evidence:
    """One event about an object; its message is written by whoever emitted it."""
    reason = str(event.get("reason", ""))
    at = event_time(event)
    when = f", last {spoken(max(state.now - at, state.now - state.now))} ago" if at else ""
    return observed(
        "events",
        f"{reason} on {ref}",
        f"{safe(reason, cap=80)} x{event_count(event)}{when}",
        sample=safe(str(event.get("message", "")).strip()),
        check=kubectl(
            state.context,
            ref.namespace,
            "get",
            "events",
            "--field-selector",
            f"involvedObject.kind={ref.kind},involvedObject.name={ref.name}",
        ),
        trust="untrusted",
        objects=(ref,),
    )


def log_seen(state: ClusterState, key: LogKey, *, lines: int = 6) -> Evidence | None:
    """The last lines of a container's log, if they were read."""
    text = state.logs.get(key)
    if not text:
        return None
    # Cleaned where it was read from a cluster; a state from elsewhere, such as a dump, is cleaned here.
    end = safe("\n".join(text.splitlines()[-4 * lines :]), cap=8000)
    last = [line for line in end.splitlines() if line.strip()][-lines:]
    if not last:
        return None
    previous = ("--previous",) if key.previous else ()
    return observed(
        "logs",
        f"{key.pod}/{key.container}{' previous' if key.previous else ''} last lines",
        f"Last line of {key.container}{' before it restarted' if key.previous else ''}: {last[-1].strip()[:200]}",
        sample="\n".join(line[:500] for line in last),
        check=kubectl(state.context, key.namespace, "logs", key.pod, "-c", key.container, *previous, "--tail=50"),
        trust="untrusted",
        objects=(ObjectRef(state.cluster, key.namespace, "Pod", key.pod),),
    )


def name_of(item: Json) -> str:
    return str(dig(item, "metadata", "name", default=""))


def namespace_of(item: Json) -> str:
    return str(dig(item, "metadata", "namespace", default=""))
