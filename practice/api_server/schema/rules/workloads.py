"""Rules for what makes pods: Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs."""

from collections.abc import Iterator
from typing import Any

from practice.api_server.schema.faults import Fault, forbidden, invalid, required, unsupported
from practice.api_server.schema.rules.changes import internal
from practice.api_server.schema.rules.metadata import (
    IMMUTABLE,
    amount_or_percent,
    at_most_all,
    is_usable,
    labels,
    matches,
    not_negative,
    number_of,
    one_of,
    selector,
    shown_selector,
    unchanged,
)
from practice.api_server.schema.rules.pods import template
from practice.api_server.schema.rules.storage import claim_spec
from practice.api_server.schema.schemas import Json

_NO_MATCH = "`selector` does not match template `labels`"
_STATEFUL_CHANGES = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)


def deployment(item: Json, old: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    yield from not_negative(spec, "replicas", path="spec")
    yield from _selector(spec, "deployment")
    yield from _pods_of_replicas(spec)
    yield from _deployment_strategy(spec["strategy"], "spec.strategy")
    yield from not_negative(spec, "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds", path="spec")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= spec.get("minReadySeconds", 0):
        yield invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")
    if old is not None:
        yield from unchanged(spec, old["spec"], "selector", "spec")


def replica_set(item: Json, old: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    yield from not_negative(spec, "replicas", "minReadySeconds", path="spec")
    yield from _selector(spec, "deployment")
    yield from _pods_of_replicas(spec)
    if old is not None:
        yield from unchanged(spec, old["spec"], "selector", "spec")


def replication_controller(item: Json, _: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    yield from not_negative(spec, "minReadySeconds", "replicas", path="spec")
    if not spec.get("selector"):
        yield required("spec.selector")
    if "template" not in spec:
        yield required("spec.template")
        return
    given = spec["template"]["metadata"].get("labels") or {}
    if any(given.get(key) != value for key, value in spec.get("selector", {}).items()):
        yield invalid("spec.template.metadata.labels", given or None, _NO_MATCH)
    yield from template(spec["template"], "spec.template")
    yield from _always_restarts(spec["template"]["spec"], "spec.template.spec", "ReplicationController")


def daemon_set(item: Json, old: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    if old is not None:
        yield from unchanged(spec, old["spec"], "selector", "spec")
    yield from selector(spec.get("selector"), "spec.selector")
    yield from _template_matches(spec)
    if spec.get("selector") == {}:
        yield invalid("spec.selector", {}, "empty selector is invalid for daemonset")
    yield from template(spec["template"], "spec.template")
    yield from _always_restarts(spec["template"]["spec"], "spec.template.spec", "DaemonSet")
    yield from not_negative(spec, "minReadySeconds", path="spec")
    strategy = spec["updateStrategy"]
    if strategy["type"] == "RollingUpdate":
        yield from _daemon_rolling(strategy["rollingUpdate"], "spec.updateStrategy.rollingUpdate")
    elif strategy["type"] != "OnDelete":
        shown = {"Type": strategy["type"], "RollingUpdate": None}
        yield unsupported("spec.updateStrategy", shown, ("RollingUpdate", "OnDelete"))
    yield from not_negative(spec, "revisionHistoryLimit", path="spec")


def stateful_set(item: Json, old: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    if spec["podManagementPolicy"] not in ("OrderedReady", "Parallel"):
        yield invalid("spec.podManagementPolicy", spec["podManagementPolicy"], "must be 'OrderedReady' or 'Parallel'")
    strategy = spec["updateStrategy"]
    if strategy["type"] == "RollingUpdate":
        yield from not_negative(
            strategy.get("rollingUpdate", {}), "partition", path="spec.updateStrategy.rollingUpdate"
        )
    elif strategy["type"] != "OnDelete":
        shown = {"Type": strategy["type"], "RollingUpdate": None}
        yield invalid("spec.updateStrategy", shown, "must be 'RollingUpdate' or 'OnDelete'")
    for place, each in enumerate(spec.get("volumeClaimTemplates", []) if old is None else []):
        yield from claim_spec(each["spec"], f"spec.volumeClaimTemplates[{place}].spec")
    yield from not_negative(spec, "replicas", "minReadySeconds", path="spec")
    yield from _selector(spec, "statefulset")
    yield from _template_matches(spec)
    claims = [
        {"name": each["metadata"].get("name", ""), "persistentVolumeClaim": {"claimName": "x"}}
        for each in spec.get("volumeClaimTemplates", [])
    ]
    pods = spec["template"]["spec"]
    named = {each["name"] for each in claims}
    volumes = claims + [each for each in pods.get("volumes", []) if each.get("name") not in named]
    yield from template(spec["template"] | {"spec": pods | {"volumes": volumes}}, "spec.template")
    yield from _always_restarts(pods, "spec.template.spec", "StatefulSet")
    if old is not None and _without(spec) != _without(old["spec"]):
        yield forbidden(
            "spec",
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
            "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        )


def job(item: Json, old: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    yield from _job_spec(spec, "spec")
    if spec.get("selector") is None:
        yield required("spec.selector")
    yield from selector(spec.get("selector"), "spec.selector")
    yield from _template_matches(spec)
    if old is not None:
        if spec.get("completionMode") != "Indexed":
            yield from unchanged(spec, old["spec"], "completions", "spec")
        yield from unchanged(spec, old["spec"], "selector", "spec")
        if spec["template"] != old["spec"]["template"]:
            yield invalid("spec.template", internal("PodTemplateSpec", spec["template"]), IMMUTABLE)
        yield from unchanged(spec, old["spec"], "completionMode", "spec")


def cron_job(item: Json, old: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    schedule = spec.get("schedule", "")
    if not schedule:
        yield required("spec.schedule")
    elif why := _wrong_schedule(schedule):
        yield invalid("spec.schedule", schedule, why)
    yield from not_negative(spec, "startingDeadlineSeconds", path="spec")
    yield from one_of(spec, "concurrencyPolicy", ("Allow", "Forbid", "Replace"), "spec")
    yield from not_negative(spec, "successfulJobsHistoryLimit", "failedJobsHistoryLimit", path="spec")
    yield from labels(spec["jobTemplate"]["metadata"].get("labels"), "spec.jobTemplate.labels")
    yield from _job_spec(spec["jobTemplate"]["spec"], "spec.jobTemplate.spec")
    name = item["metadata"].get("name", "")
    if old is None and len(name) > 52:
        yield invalid("metadata.name", name, "must be no more than 52 characters")


def _selector(spec: Json, kind: str) -> Iterator[Fault]:
    found = spec.get("selector")
    if found is None:
        yield required("spec.selector")
        return
    yield from selector(found, "spec.selector")
    if not found.get("matchLabels") and not found.get("matchExpressions"):
        yield invalid("spec.selector", {}, f"empty selector is invalid for {kind}")


def _pods_of_replicas(spec: Json) -> Iterator[Fault]:
    if not is_usable(spec.get("selector")):
        yield invalid("spec.selector", shown_selector(spec["selector"]), "invalid label selector")
        return
    yield from _template_matches(spec)
    yield from template(spec["template"], "spec.template")
    yield from _always_restarts(spec["template"]["spec"], "spec.template.spec", "ReplicaSet")


def _template_matches(spec: Json) -> Iterator[Fault]:
    found, given = spec.get("selector"), spec["template"]["metadata"].get("labels")
    if is_usable(found) and found != {} and not matches(found, given):
        shown = dict(sorted(given.items())) if given else None
        yield invalid("spec.template.metadata.labels", shown, _NO_MATCH)


def _always_restarts(pods: Json, path: str, kind: str) -> Iterator[Fault]:
    if pods.get("restartPolicy") != "Always":
        yield unsupported(f"{path}.restartPolicy", pods.get("restartPolicy", ""), ("Always",))
    if pods.get("activeDeadlineSeconds") is not None:
        yield forbidden(f"{path}.activeDeadlineSeconds", f"activeDeadlineSeconds in {kind} is not Supported")


def _deployment_strategy(strategy: Json, path: str) -> Iterator[Fault]:
    rolling: Json = strategy.get("rollingUpdate", {})
    match strategy["type"]:
        case "Recreate":
            if "rollingUpdate" in strategy:
                why = "may not be specified when strategy `type` is 'Recreate'"
                yield forbidden(f"{path}.rollingUpdate", why)
        case "RollingUpdate":
            unavailable, surge = rolling["maxUnavailable"], rolling["maxSurge"]
            yield from amount_or_percent(unavailable, f"{path}.rollingUpdate.maxUnavailable")
            yield from amount_or_percent(surge, f"{path}.rollingUpdate.maxSurge")
            if number_of(unavailable) == 0 and number_of(surge) == 0:
                why = "may not be 0 when `maxSurge` is 0"
                yield invalid(f"{path}.rollingUpdate.maxUnavailable", unavailable, why)
            yield from at_most_all(unavailable, f"{path}.rollingUpdate.maxUnavailable")
        case kind:
            yield unsupported(
                path, {"Type": kind, "RollingUpdate": _shown_rolling(strategy)}, ("Recreate", "RollingUpdate")
            )


def _shown_rolling(strategy: Json) -> Any:
    if "rollingUpdate" not in strategy:
        return None
    rolling = strategy["rollingUpdate"]
    return {"MaxUnavailable": rolling.get("maxUnavailable", 0), "MaxSurge": rolling.get("maxSurge", 0)}


def _daemon_rolling(rolling: Json, path: str) -> Iterator[Fault]:
    unavailable, surge = rolling["maxUnavailable"], rolling["maxSurge"]
    for name, value in (("maxUnavailable", unavailable), ("maxSurge", surge)):
        yield from amount_or_percent(value, f"{path}.{name}")
    for name, value in (("maxUnavailable", unavailable), ("maxSurge", surge)):
        yield from at_most_all(value, f"{path}.{name}")
    if number_of(unavailable) and number_of(surge):
        yield invalid(f"{path}.maxSurge", surge, "may not be set when maxUnavailable is non-zero")
    elif not number_of(unavailable) and not number_of(surge):
        yield required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0")


def _without(spec: Json) -> Json:
    return {key: value for key, value in spec.items() if key not in _STATEFUL_CHANGES}


def _job_spec(spec: Json, path: str) -> Iterator[Fault]:
    counts = "parallelism completions activeDeadlineSeconds backoffLimit ttlSecondsAfterFinished".split()
    yield from not_negative(spec, *counts, path=path)
    mode = spec.get("completionMode")
    if mode not in (None, "NonIndexed", "Indexed"):
        yield unsupported(f"{path}.completionMode", mode, ("NonIndexed", "Indexed"))
    if mode == "Indexed" and spec.get("completions") is None:
        yield required(f"{path}.completions", "when completion mode is Indexed")
    yield from template(spec["template"], f"{path}.template")
    restarts = spec["template"]["spec"].get("restartPolicy")
    here = f"{path}.template.spec.restartPolicy"
    if restarts in (None, "Always"):
        yield required(here, 'valid values: "OnFailure", "Never"')
    elif restarts not in ("OnFailure", "Never"):
        yield unsupported(here, restarts, ("OnFailure", "Never"))


_DESCRIPTORS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")


def _wrong_schedule(schedule: str) -> str:
    if schedule.startswith("@"):
        known = schedule in _DESCRIPTORS or schedule.startswith("@every ")
        return "" if known else f"unrecognized descriptor: {schedule}"
    fields = schedule.split()
    if len(fields) != 5:
        return f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"
    return ""
