"""Rules for pods and pod templates, their volumes and where they may run."""

from collections.abc import Iterator

from practice.api_server.schema.faults import Fault, duplicate, forbidden, invalid, required, unsupported
from practice.api_server.schema.quantities import value_of
from practice.api_server.schema.rules import names
from practice.api_server.schema.rules.changes import shown_change
from practice.api_server.schema.rules.containers import containers, init_containers, no_steps_back
from practice.api_server.schema.rules.metadata import annotations, labels, one_of, selector
from practice.api_server.schema.rules.storage import claim_spec
from practice.api_server.schema.schemas import Json

_RESTARTS = ("Always", "OnFailure", "Never")
_DNS = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_MAX_INT32 = 2**31 - 1
_MODE = "must be a number between 0 and 0777 (octal), both inclusive"
_ONE_TYPE = "may not specify more than 1 volume type"
_UPDATABLE = ",".join(
    (
        "`spec.containers[*].image`",
        "`spec.initContainers[*].image`",
        "`spec.activeDeadlineSeconds`",
        "`spec.tolerations` (only additions to existing tolerations)",
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    )
)


def pod(item: Json, old: Json | None) -> Iterator[Fault]:
    yield from pod_spec(item["spec"], "spec")
    if old is not None:
        yield from _changed_spec(item["spec"], old["spec"])
    elif item["spec"].get("ephemeralContainers"):
        yield forbidden("spec.ephemeralContainers", "cannot be set on create")


def pod_template(item: Json, _: Json | None) -> Iterator[Fault]:
    yield from template(item["template"], "template")


def template(found: Json, path: str) -> Iterator[Fault]:
    yield from labels(found["metadata"].get("labels"), f"{path}.labels")
    yield from annotations(found["metadata"].get("annotations"), f"{path}.annotations")
    yield from pod_spec(found["spec"], f"{path}.spec")
    if found["spec"].get("ephemeralContainers"):
        yield forbidden(f"{path}.spec.ephemeralContainers", "ephemeral containers not allowed in pod template")


def pod_spec(spec: Json, path: str) -> Iterator[Fault]:
    wrong = list(_volumes(spec.get("volumes", []), f"{path}.volumes"))
    yield from wrong
    volumes = {each.get("name", "") for each in spec.get("volumes", [])}
    regular = spec.get("containers") or []
    yield from containers(regular, volumes, f"{path}.containers")
    yield from init_containers(spec.get("initContainers", []), regular, volumes, f"{path}.initContainers")
    if spec.get("hostNetwork"):
        yield from _host_ports(regular, f"{path}.containers")
    yield from one_of(spec, "restartPolicy", _RESTARTS, path)
    yield from one_of(spec, "dnsPolicy", _DNS, path)
    yield from labels(spec.get("nodeSelector"), f"{path}.nodeSelector")
    yield from _affinity(spec.get("affinity", {}), f"{path}.affinity")
    yield from _spread(spec.get("topologySpreadConstraints", []), f"{path}.topologySpreadConstraints")
    for name in ("serviceAccountName", "nodeName"):
        if value := spec.get(name):
            yield from (invalid(f"{path}.{name}", value, why) for why in names.dns_subdomain(value))
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= _MAX_INT32:
        yield invalid(f"{path}.activeDeadlineSeconds", deadline, names.between(1, _MAX_INT32))
    for name in ("hostname", "subdomain"):
        if value := spec.get(name):
            yield from (invalid(f"{path}.{name}", value, why) for why in names.dns_label(value))
    yield from tolerations(spec.get("tolerations", []), f"{path}.tolerations")
    if value := spec.get("priorityClassName"):
        yield from (invalid(f"{path}.priorityClassName", value, why) for why in names.dns_subdomain(value))


def _host_ports(found: list[Json], path: str) -> Iterator[Fault]:
    for place, container in enumerate(found):
        for at, port in enumerate(container.get("ports", [])):
            if port.get("hostPort", 0) != port.get("containerPort", 0):
                here = f"{path}[{place}].ports[{at}].hostPort"
                yield invalid(here, port.get("hostPort", 0), "must match `containerPort` when `hostNetwork` is true")


def _volumes(volumes: list[Json], path: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, volume in enumerate(volumes):
        here, name = f"{path}[{place}]", volume.get("name", "")
        yield from _volume_source(volume, here)
        if name:
            yield from (invalid(f"{here}.name", name, why) for why in names.dns_label(name))
        else:
            yield required(f"{here}.name")
        if name in seen:
            yield duplicate(f"{here}.name", name)
        seen.add(name)


def _volume_source(volume: Json, path: str) -> Iterator[Fault]:
    kinds = [key for key in volume if key != "name"]
    for kind in kinds[1:]:
        yield forbidden(f"{path}.{kind}", _ONE_TYPE)
    for kind in kinds[:1]:
        source, here = volume[kind], f"{path}.{kind}"
        match kind:
            case "configMap":
                if not source.get("name"):
                    yield required(f"{here}.name")
                yield from _files(source, here)
            case "secret":
                if not source.get("secretName"):
                    yield required(f"{here}.secretName")
                yield from _files(source, here)
            case "persistentVolumeClaim" if not source.get("claimName"):
                yield required(f"{here}.claimName")
            case "hostPath":
                if source.get("path"):
                    yield from no_steps_back(source["path"], f"{here}.path")
                else:
                    yield required(f"{here}.path")
            case "ephemeral":
                claim = source.get("volumeClaimTemplate")
                if claim is None:
                    yield required(f"{here}.volumeClaimTemplate")
                else:
                    yield from claim_spec(claim["spec"], f"{here}.volumeClaimTemplate.spec")
            case "emptyDir" if value_of(source.get("sizeLimit", "0")) < 0:
                yield forbidden(f"{here}.sizeLimit", "SizeLimit field must be a valid resource quantity")
    if not kinds:
        yield required(path, "must specify a volume type")


def _files(source: Json, path: str) -> Iterator[Fault]:
    mode = source.get("defaultMode")
    if mode is not None and not 0 <= mode <= 0o777:
        yield invalid(f"{path}.defaultMode", mode, _MODE)
    for place, each in enumerate(source.get("items", [])):
        here = f"{path}.items[{place}]"
        for name in ("key", "path"):
            if not each.get(name):
                yield required(f"{here}.{name}")
        if (where := each.get("path", "")).startswith("/"):
            yield invalid(f"{here}.path", where, "must be a relative path")
        if ".." in where.split("/"):
            yield invalid(f"{here}.path", where, "must not contain '..'")
        elif where.startswith(".."):
            yield invalid(f"{here}.path", where, "must not start with '..'")


def tolerations(found: list[Json], path: str) -> Iterator[Fault]:
    for place, each in enumerate(found):
        here, key, effect = f"{path}[{place}]", each.get("key", ""), each.get("effect", "")
        operator, value = each.get("operator", ""), each.get("value", "")
        if key:
            yield from (invalid(f"{here}.key", key, why) for why in names.label_key(key))
        elif operator != "Exists":
            why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            yield invalid(f"{here}.operator", operator, why)
        if "tolerationSeconds" in each and effect != "NoExecute":
            yield invalid(f"{here}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
        if operator in ("Equal", ""):
            if wrong := names.label_value(value):
                yield invalid(f"{here}.operator", value, ";".join(wrong))
        elif operator == "Exists":
            if value:
                yield invalid(f"{here}.operator", value, "value must be empty when `operator` is 'Exists'")
        elif operator in ("Lt", "Gt"):
            yield unsupported(f"{here}.operator", operator, ("Equal", "Exists", "Lt", "Gt"))
        else:
            yield unsupported(f"{here}.operator", operator, ("Equal", "Exists"))
        if effect:
            yield from taint_effect(each, here)


def taint_effect(found: Json, path: str) -> Iterator[Fault]:
    yield from one_of(found, "effect", _TAINT_EFFECTS, path)


def _affinity(found: Json, path: str) -> Iterator[Fault]:
    required_nodes = found.get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    if required_nodes is not None:
        terms = f"{path}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
        if not required_nodes.get("nodeSelectorTerms"):
            yield required(terms, "must have at least one node selector term")
        for place, term in enumerate(required_nodes.get("nodeSelectorTerms") or []):
            for at, each in enumerate(term.get("matchExpressions", [])):
                yield from _node_requirement(each, f"{terms}[{place}].matchExpressions[{at}]")
    for kind in ("podAffinity", "podAntiAffinity"):
        for place, term in enumerate(found.get(kind, {}).get("requiredDuringSchedulingIgnoredDuringExecution", [])):
            here = f"{path}.{kind}.requiredDuringSchedulingIgnoredDuringExecution[{place}]"
            yield from selector(term.get("labelSelector"), f"{here}.labelSelector")
            key = term.get("topologyKey", "")
            if not key:
                yield required(f"{here}.topologyKey", "can not be empty")
            yield from (invalid(f"{here}.topologyKey", key, why) for why in names.label_key(key))


def _node_requirement(found: Json, path: str) -> Iterator[Fault]:
    values, operator = found.get("values", []), found.get("operator", "")
    if operator in ("In", "NotIn"):
        if not values:
            yield required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            yield forbidden(f"{path}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            yield required(f"{path}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
    else:
        yield invalid(f"{path}.operator", operator, "not a valid selector operator")
    key = found.get("key", "")
    yield from (invalid(f"{path}.key", key, why) for why in names.label_key(key))
    for place, value in enumerate(values):
        yield from (invalid(f"{path}.values[{place}]", value, why) for why in names.label_value(value))


def _spread(found: list[Json], path: str) -> Iterator[Fault]:
    for place, each in enumerate(found):
        here = f"{path}[{place}]"
        if each.get("maxSkew", 0) <= 0:
            yield invalid(f"{here}.maxSkew", each.get("maxSkew", 0), "must be greater than zero")
        if not each.get("topologyKey"):
            yield required(f"{here}.topologyKey", "can not be empty")
        how = each.get("whenUnsatisfiable", "")
        if how not in ("DoNotSchedule", "ScheduleAnyway"):
            yield unsupported(f"{here}.whenUnsatisfiable", how, ("DoNotSchedule", "ScheduleAnyway"))
        yield from selector(each.get("labelSelector"), f"{here}.labelSelector")


def _changed_spec(spec: Json, old: Json) -> Iterator[Fault]:
    for name in ("containers", "initContainers"):
        if len(spec.get(name) or []) != len(old.get(name) or []):
            yield forbidden(f"spec.{name}", "pod updates may not add or remove containers")
            return
        for place, container in enumerate(spec.get(name) or []):
            image = container.get("image", "")
            if not image:
                yield required(f"spec.{name}[{place}].image")
            if image.strip() != image:
                why = "must not have leading or trailing whitespace"
                yield invalid(f"spec.{name}[{place}].image", image, why)
    yield from _changed_deadline(spec.get("activeDeadlineSeconds"), old.get("activeDeadlineSeconds"))
    for each in old.get("tolerations", []):
        kept = {key: value for key, value in each.items() if key != "tolerationSeconds"}
        if not any(_without_seconds(new) == kept for new in spec.get("tolerations", [])):
            why = "existing toleration can not be modified except its tolerationSeconds"
            yield forbidden("spec.tolerations", why)
            break
    munged = dict(spec)
    for name in ("containers", "initContainers"):
        if name in spec:
            pairs = zip(spec[name], old[name], strict=True)
            munged[name] = [each | {"image": was.get("image", "")} for each, was in pairs]
    for name in ("activeDeadlineSeconds", "schedulingGates", "tolerations"):
        munged.pop(name, None)
        munged |= {name: old[name]} if name in old else {}
    if munged != old:
        change = shown_change("PodSpec", old, munged)
        yield forbidden("spec", f"pod updates may not change fields other than {_UPDATABLE}\n{change}")


def _changed_deadline(new: int | None, old: int | None) -> Iterator[Fault]:
    if new is None and old is not None:
        yield invalid("spec.activeDeadlineSeconds", None, "must not update from a positive integer to nil value")
    elif new is not None and not 0 <= new <= _MAX_INT32:
        yield invalid("spec.activeDeadlineSeconds", new, names.between(0, _MAX_INT32))
    elif new is not None and old is not None and old < new:
        yield invalid("spec.activeDeadlineSeconds", new, "must be less than or equal to previous value")


def _without_seconds(toleration: Json) -> Json:
    return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}
