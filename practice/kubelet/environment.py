"""A container's environment, put together when it starts, from the objects as they are at that moment."""

from collections.abc import Iterator

from practice.api import Api, Json, path_of


class ConfigFault(Exception):
    """The environment cannot be made; the text is the one a kubelet gives."""


async def environment(api: Api, pod: Json, container: Json) -> dict[str, str]:
    """All variables of the container, later ones winning; ConfigFault when something it needs is not there."""
    resolved: dict[str, str] = {}
    namespace = pod["metadata"]["namespace"]
    for source in container.get("envFrom", []):
        for kind, reference in _references(source):
            found = await _data(api, kind, namespace, reference)
            resolved |= {source.get("prefix", "") + key: value for key, value in found.items()}
    for variable in container.get("env", []):
        value = await _value(api, pod, variable)
        if value is not None:
            resolved[variable["name"]] = value
    return resolved


async def missing_volume(api: Api, pod: Json) -> str:
    """Why a volume cannot be mounted, in a kubelet's words; "" when all can."""
    namespace = pod["metadata"]["namespace"]
    for volume in pod["spec"].get("volumes", []):
        for field, kind, name in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")):
            source = volume.get(field)
            if source and not source.get("optional") and await _find(api, kind, namespace, source[name]) is None:
                what = f'{kind.lower()} "{source[name]}" not found'
                return f'MountVolume.SetUp failed for volume "{volume["name"]}" : {what}'
    return ""


async def _value(api: Api, pod: Json, variable: Json) -> str | None:
    source = variable.get("valueFrom")
    if not source:
        return str(variable.get("value", ""))
    if "fieldRef" in source:
        return _field(pod, source["fieldRef"]["fieldPath"])
    for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
        if reference := source.get(field):
            namespace = pod["metadata"]["namespace"]
            data = await _data(api, kind, namespace, reference)
            if reference["key"] in data:
                return data[reference["key"]]
            if not reference.get("optional"):
                where = f"{kind} {namespace}/{reference['name']}"
                raise ConfigFault(f"couldn't find key {reference['key']} in {where}")
    return None


async def _data(api: Api, kind: str, namespace: str, reference: Json) -> dict[str, str]:
    found = await _find(api, kind, namespace, reference["name"])
    if found is None:
        if reference.get("optional"):
            return {}
        raise ConfigFault(f'{kind.lower()} "{reference["name"]}" not found')
    return found


async def _find(api: Api, kind: str, namespace: str, name: str) -> dict[str, str] | None:
    item = await api.find(path_of("v1", kind, namespace, name))
    return None if item is None else {key: str(value) for key, value in (item.get("data") or {}).items()}


def _references(source: Json) -> Iterator[tuple[str, Json]]:
    for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
        if field in source:
            yield kind, source[field]


def _field(pod: Json, path: str) -> str:
    value: object = pod
    for step in path.split("."):
        value = value.get(step, "") if isinstance(value, dict) else ""
    return str(value)
