"""The small Kubernetes API beside the real control plane: starting, `kubectl get` of 500 pods, memory.

Needs the real control plane's programs on PATH. Times are of whole kubectl processes, best of several; the floor is a
kubectl that asks nobody.
"""

import asyncio
import json
import subprocess
import time
from pathlib import Path

from practice import programs
from practice.api import Api, Json
from practice.control_plane import ControlPlane
from practice.plane import Plane
from practice.small_plane import SmallPlane

PODS = 500
RUNS = 5
NAMESPACE = "bench"


def main() -> dict[str, dict[str, float]]:
    real, small = (asyncio.run(measured(kind)) for kind in (ControlPlane, SmallPlane))
    floor = best(["version", "--client"])
    rows = {what: {"real": real[what], "small": small[what]} for what in real}
    return rows | {"floor: kubectl version --client, s": {"real": floor, "small": floor}}


async def measured(kind: type[ControlPlane | SmallPlane]) -> dict[str, float]:
    began = time.perf_counter()
    plane = await kind.start(audit=False)
    started = time.perf_counter() - began
    try:
        empty = memory(plane)
        filled = await fill(plane)
        get = ["get", "pods", "-n", NAMESPACE, "--kubeconfig", str(plane.kubeconfig)]
        return {
            "start until nodes take pods, s": round(started, 2),
            f"create {PODS} pods, s": round(filled, 2),
            f"kubectl get {PODS} pods, s": best(get),
            f"kubectl get {PODS} pods -o json, s": best([*get, "-o", "json"]),
            "kubectl get one pod, s": best([*get, "pod-7"]),
            "memory of API and controllers, MB": empty,
            f"with {PODS} pods, MB": memory(plane),
        }
    finally:
        await plane.stop()


async def fill(plane: Plane) -> float:
    """Seconds to create pods that nobody schedules."""
    async with Api(plane.kubeconfig) as api:
        await api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        await api.create(pod(0))
        began = time.perf_counter()
        await asyncio.gather(*(api.create(pod(number)) for number in range(1, PODS)))
        return time.perf_counter() - began


def pod(number: int) -> Json:
    variables = [{"name": f"SETTING_{each}", "value": "some value"} for each in range(5)]
    container = {"name": "main", "image": "registry.example/web:1.0", "env": variables}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"pod-{number}", "namespace": NAMESPACE, "labels": {"app": f"app-{number % 20}"}},
        "spec": {"containers": [container], "schedulerName": "nobody"},
    }


def memory(plane: Plane) -> float:
    """Resident megabytes of everything but the kubelet, which both have."""
    lines = [line for pid in plane.children.pids[:-1] for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return round(sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024)


def best(words: list[str]) -> float:
    """Seconds of the fastest run, output thrown away."""
    kubectl = programs.where("kubectl")
    assert kubectl, "kubectl is not on PATH"
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run([kubectl, *words], capture_output=True, check=True)
        took.append(time.perf_counter() - began)
    return round(min(took), 3)


if __name__ == "__main__":
    print(json.dumps(main()))
