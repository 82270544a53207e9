"""A pod as an endpoint of a Service. Pure."""

from typing import TypeAlias

from practice.api import Json
from practice.controllers import pods as facts

Port: TypeAlias = tuple[str, int, str, str]
"""Name, number, protocol, application protocol."""


def is_endpoint(pod: Json) -> bool:
    return not facts.is_over(pod) and bool(pod.get("status", {}).get("podIP"))


def decisive(pod: Json) -> list[object]:
    """What of a pod its Services care about."""
    meta, status = pod["metadata"], pod.get("status", {})
    is_up = (facts.is_ready(pod), facts.is_leaving(pod), facts.is_over(pod))
    return [meta.get("labels"), status.get("podIPs"), pod["spec"].get("nodeName"), is_up, pod["spec"]["containers"]]


def ports_of(service: Json, pod: Json) -> tuple[Port, ...]:
    """Only those that the pod has: a named target port must be a port of one of its containers."""
    found = []
    for port in service["spec"].get("ports") or ():
        number = _number(port, pod)
        if number:
            found.append((port.get("name", ""), number, port.get("protocol", "TCP"), port.get("appProtocol", "")))
    return tuple(found)


def _number(port: Json, pod: Json) -> int:
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    stays = [each for each in pod["spec"].get("initContainers") or () if each.get("restartPolicy") == "Always"]
    for container in [*pod["spec"]["containers"], *stays]:
        for each in container.get("ports") or ():
            if each.get("name") == target and each.get("protocol", "TCP") == port.get("protocol", "TCP"):
                return int(each["containerPort"])
    return 0


def port_json(port: Port) -> Json:
    name, number, protocol, application = port
    return {"name": name, "port": number, "protocol": protocol} | ({"appProtocol": application} if application else {})


def target(pod: Json) -> Json:
    meta = pod["metadata"]
    return {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}


def hostname(service: Json, pod: Json) -> Json:
    spec = pod["spec"]
    named = spec.get("hostname") and spec.get("subdomain") == service["metadata"]["name"]
    return {"hostname": spec["hostname"]} if named else {}


def endpoint(service: Json, pod: Json, zone: str) -> Json:
    """As an EndpointSlice holds it."""
    serving, terminating = facts.is_ready(pod), facts.is_leaving(pod)
    ready = bool(service["spec"].get("publishNotReadyAddresses")) or (serving and not terminating)
    addresses = [each["ip"] for each in pod["status"].get("podIPs") or [{"ip": pod["status"]["podIP"]}]]
    return {
        "addresses": [each for each in addresses if ":" not in each],
        "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
        "targetRef": target(pod),
        **hostname(service, pod),
        **({"nodeName": pod["spec"]["nodeName"]} if pod["spec"].get("nodeName") else {}),
        **({"zone": zone} if zone else {}),
    }


def is_headless(service: Json) -> bool:
    return service["spec"].get("clusterIP", "") in ("", "None")
