"""A cluster's control plane as the rest of practice sees it, whoever plays it."""

import asyncio
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from practice import access, aggregation
from practice.api import Api, Json, path_of
from practice.backdate import Move
from practice.children import Children, free_ports
from practice.waiting import until

AGE = timedelta(days=47)
"""How old the cluster claims to be: nothing about the cluster itself changed lately."""


@dataclass
class Plane(ABC):
    """What is running: an API server with its controllers and scheduler, and a kubelet of practice's own."""

    folder: Path
    server: str
    authority: bytes
    certificate: Path
    key: Path
    """A server certificate for 127.0.0.1 and its key, good for the kubelet too."""
    audit_log: Path
    tokens: dict[str, str]
    children: Children
    own_folder: bool = False
    kubelet_port: int = 0

    @staticmethod
    @contextmanager
    def starting(folder: Path | None) -> Iterator[tuple[Path, Children]]:
        """A folder (a temporary one by default) and children to start in it; both gone again where that fails."""
        place = folder or Path(tempfile.mkdtemp(prefix="practice-"))
        place.mkdir(parents=True, exist_ok=True)
        children = Children(place)
        try:
            yield place, children
        except BaseException:
            children.kill()
            if folder is None:
                shutil.rmtree(place, ignore_errors=True)
            raise

    @abstractmethod
    async def backdate(self, namespaces: Collection[str], moves: Sequence[Move], *, nodes: bool = False) -> None:
        """Move the times of everything in the namespaces, and of the nodes if asked (practice/backdate.py)."""

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.kubeconfig_of("admin")

    def kubeconfig_of(self, user: str, *, namespace: str = "", folder: Path | None = None) -> Path:
        """A kubeconfig for one of `access.USERS`, with that default namespace, in `folder` or the control plane's."""
        file = (folder or self.folder) / f"{user.replace(':', '-')}.kubeconfig"
        return access.write_kubeconfig(
            file,
            server=self.server,
            authority=self.authority,
            user=user,
            token=self.tokens[user],
            namespace=namespace,
        )

    @property
    def worlds(self) -> Path:
        """The folder where the kubelet finds the worlds of the namespaces it plays."""
        return self.folder / "worlds"

    def start_kubelet(self, seed: int, nodes: int) -> None:
        """Our kubelet, as a process of its own, with nodes named from the seed."""
        self.worlds.mkdir(exist_ok=True)
        (self.kubelet_port,) = free_ports(1)
        flags = {
            "--kubeconfig": self.kubeconfig_of("practice-kubelet"),
            "--worlds": self.worlds,
            "--certificate": self.certificate,
            "--key": self.key,
            "--port": self.kubelet_port,
            "--seed": seed,
            "--nodes": nodes,
        }
        self.children.start_module("practice.kubelet", flags)

    async def set_up(self, nodes: int) -> None:
        """Mark the cluster as practice's, give everyone their rights, and wait for controllers and nodes."""
        async with Api(self.kubeconfig) as api:
            await asyncio.gather(*(api.ensure(item) for item in access.objects()))
            await self._wait("kube-system", lambda: _exists(api, path_of("v1", "Namespace", name="kube-system")))
            await asyncio.gather(*(api.ensure(item) for item in aggregation.resource_metrics(self.kubelet_port)))
            await api.patch(path_of("v1", "Namespace", name="kube-system"), {"metadata": {"labels": access.MARK}})
            # The controllers are at work once they have made the first service account.
            account = path_of("v1", "ServiceAccount", "default", "default")
            await self._wait("the controllers", lambda: _exists(api, account))
            await self._wait("the nodes", lambda: _nodes_take_pods(api, nodes))
        now = datetime.now(UTC)
        age = Move(now - timedelta(minutes=5), now + timedelta(seconds=1), AGE)
        await self.backdate(["default", "kube-node-lease", "kube-public", "kube-system"], [age], nodes=True)

    async def _wait(self, what: str, holds: Callable[[], Awaitable[bool]]) -> None:
        await until(what, holds, seconds=40, check=self.children.check)

    async def stop(self) -> None:
        """End everything that was started, and remove the folder if it was a temporary one of ours."""
        await self.children.stop()
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)


async def _exists(api: Api, path: str) -> bool:
    return await api.find(path) is not None


async def _nodes_take_pods(api: Api, count: int) -> bool:
    return sum(map(_takes_pods, await api.items(path_of("v1", "Node")))) >= count


def _takes_pods(node: Json) -> bool:
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in node["status"].get("conditions", []))
    return ready and not node["spec"].get("taints")
