"""The nodes that our kubelet plays: made, kept Ready, renewed."""

import asyncio
import random
from dataclasses import dataclass

from practice.api import Api, ApiError, Json, path_of
from practice.kubelet.clock import now, stamp

_REST = 4.0
"""Seconds between two signs of life; the controller gives a node 24."""


@dataclass(frozen=True)
class Node:
    name: str
    number: int


def draw_nodes(seed: int, count: int) -> list[Node]:
    """Names as a cloud would give them."""
    draw = random.Random(f"nodes/{seed}")
    pool = draw.choice(("pool", "workers", "general", "ng"))
    return [Node(f"{pool}-{draw.getrandbits(20):05x}", number) for number in range(1, count + 1)]


async def keep_ready(api: Api, node: Node, port: int) -> None:
    """Register the node and give signs of life until cancelled."""
    await api.ensure(_manifest(node))
    path = path_of("v1", "Node", name=node.name)
    await api.patch(f"{path}/status", {"status": _status(node, port)}, kind="merge")
    lease = path_of("coordination.k8s.io/v1", "Lease", "kube-node-lease", node.name)
    while True:
        renewed = {
            "holderIdentity": node.name,
            "leaseDurationSeconds": 40,
            "renewTime": f"{now():%Y-%m-%dT%H:%M:%S.%fZ}",
        }
        try:
            await api.patch(lease, {"spec": renewed}, kind="merge")
        except ApiError as error:
            if error.status != 404:
                raise
            await api.ensure(
                {
                    "apiVersion": "coordination.k8s.io/v1",
                    "kind": "Lease",
                    "metadata": {"name": node.name, "namespace": "kube-node-lease"},
                    "spec": renewed,
                }
            )
        await asyncio.sleep(_REST)


def _manifest(node: Node) -> Json:
    labels = {
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/zone": f"zone-{'abc'[node.number % 3]}",
    }
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": node.name, "labels": labels}}


def _status(node: Node, port: int) -> Json:
    at = stamp(now())
    conditions = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ]
    size = {"cpu": "16", "memory": "64Gi", "ephemeral-storage": "200Gi", "pods": "250"}
    return {
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": node.name}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
        "capacity": size,
        "allocatable": size,
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": "",
            "containerRuntimeVersion": "containerd://2.1.4",
            "kernelVersion": "6.8.0",
            "kubeProxyVersion": "",
            "kubeletVersion": "v1.36.3",
            "machineID": "",
            "operatingSystem": "linux",
            "osImage": "Practice Linux",
            "systemUUID": "",
        },
        "conditions": [
            {
                "type": kind,
                "status": status,
                "reason": reason,
                "message": message,
                "lastHeartbeatTime": at,
                "lastTransitionTime": at,
            }
            for kind, status, reason, message in conditions
        ],
    }
