"""A real Kubernetes control plane on loopback: etcd, API server, controllers, scheduler, as our children."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from practice import access
from practice.api import Api, ApiError, Json, path_of
from practice.backdate import Move, backdate
from practice.children import Children, free_ports
from practice.fetch import control_plane_programs
from practice.signing_key import new_signing_key
from practice.waiting import until

AGE = timedelta(days=47)
"""How old the cluster claims to be: nothing about the cluster itself changed lately."""


@dataclass
class ControlPlane:
    """What is running; `await ControlPlane.start()` makes one."""

    folder: Path
    server: str
    etcd: str
    """Where etcd answers: the times of practice's objects are moved there (practice/backdate.py)."""
    authority: bytes
    certificate: Path
    key: Path
    """A server certificate for 127.0.0.1 and its key, good for the kubelet too."""
    audit_log: Path
    tokens: dict[str, str]
    children: Children
    own_folder: bool = False
    kubelet_port: int = 0

    @classmethod
    async def start(
        cls, folder: Path | None = None, *, audit: bool = True, seed: int = 1, nodes: int = 3, seconds: float = 60
    ) -> "ControlPlane":
        """Start one in `folder` (a temporary one by default), with a kubelet, and wait until pods can run on it."""
        found = await control_plane_programs()
        own_folder = folder is None
        folder = folder or Path(tempfile.mkdtemp(prefix="practice-"))
        folder.mkdir(parents=True, exist_ok=True)
        children = Children(folder)
        try:
            plane = await _start_programs(found, folder, children, audit=audit, seconds=seconds)
            plane.own_folder = own_folder
            plane.start_kubelet(seed, nodes)
            await plane.set_up(nodes)
        except BaseException:
            children.kill()
            if own_folder:
                shutil.rmtree(folder, ignore_errors=True)
            raise
        return plane

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
        files = {
            "--kubeconfig": self.kubeconfig_of("practice-kubelet"),
            "--worlds": self.worlds,
            "--certificate": self.certificate,
            "--key": self.key,
        }
        numbers = {"--port": self.kubelet_port, "--seed": seed, "--nodes": nodes}
        flags = [str(word) for pair in (files | numbers).items() for word in pair]
        self.children.start(
            [sys.executable, "-m", "practice.kubelet", *flags],
            environment={"PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONSAFEPATH": "1"},
        )

    async def set_up(self, nodes: int) -> None:
        """Mark the cluster as practice's, give everyone their rights, and wait for controllers and nodes."""
        async with Api(self.kubeconfig) as api:
            await asyncio.gather(*(api.ensure(item) for item in access.objects()))
            await self._wait("kube-system", lambda: _exists(api, path_of("v1", "Namespace", name="kube-system")))
            await api.patch(path_of("v1", "Namespace", name="kube-system"), {"metadata": {"labels": access.MARK}})
            # The controllers are at work once they have made the first service account.
            account = path_of("v1", "ServiceAccount", "default", "default")
            await self._wait("the controllers", lambda: _exists(api, account))
            await self._wait("the nodes", lambda: _nodes_take_pods(api, nodes))
        now = datetime.now(UTC)
        age = Move(now - timedelta(minutes=5), now + timedelta(seconds=1), AGE)
        await backdate(self.etcd, ["default", "kube-node-lease", "kube-public", "kube-system"], [age], nodes=True)

    async def _wait(self, what: str, holds: Callable[[], Awaitable[bool]]) -> None:
        await until(what, holds, seconds=40, check=self.children.check)

    async def stop(self) -> None:
        """End everything that was started, and remove the folder if it was a temporary one of ours."""
        await self.children.stop()
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)


async def _start_programs(
    found: dict[str, Path], folder: Path, children: Children, *, audit: bool, seconds: float
) -> ControlPlane:
    etcd_port, peer_port, api_port = free_ports(3)
    etcd = f"http://127.0.0.1:{etcd_port}"
    children.start(
        [
            found["etcd"],
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls={etcd}",
            f"--advertise-client-urls={etcd}",
            f"--listen-peer-urls=http://127.0.0.1:{peer_port}",
            f"--initial-advertise-peer-urls=http://127.0.0.1:{peer_port}",
            f"--initial-cluster=default=http://127.0.0.1:{peer_port}",
            "--unsafe-no-fsync",
            "--log-level=error",
        ]
    )
    signing_key = folder / "service-accounts.key"
    signing_key.touch(mode=0o600)
    signing_key.write_text(new_signing_key())
    tokens = access.write_tokens(folder / "tokens.csv")
    audit_log = folder / "audit.log"
    certificates = folder / "certificates"
    children.start(
        [
            found["kube-apiserver"],
            f"--etcd-servers={etcd}",
            # Objects stored as JSON can be read, and their times moved, without the API server's own code.
            "--storage-media-type=application/json",
            "--bind-address=127.0.0.1",
            # What the Service `kubernetes` points at: an address that no machine has, as endpoints may not be loopback.
            "--advertise-address=192.0.2.10",
            f"--secure-port={api_port}",
            f"--cert-dir={certificates}",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={signing_key}",
            f"--service-account-signing-key-file={signing_key}",
            f"--token-auth-file={folder / 'tokens.csv'}",
            "--anonymous-auth=false",
            "--authorization-mode=RBAC",
            "--kubelet-preferred-address-types=InternalIP",
            "--shutdown-delay-duration=0s",
            "--max-requests-inflight=0",
            "--max-mutating-requests-inflight=0",
            "--enable-priority-and-fairness=false",
            *(_audit_flags(folder, audit_log) if audit else []),
        ]
    )
    server = f"https://127.0.0.1:{api_port}"
    certificate = certificates / "apiserver.crt"
    await until("the API server's certificate", lambda: _written(certificate), seconds=seconds, check=children.check)
    plane = ControlPlane(
        folder=folder,
        server=server,
        etcd=etcd,
        authority=certificate.read_bytes(),
        certificate=certificate,
        key=certificates / "apiserver.key",
        audit_log=audit_log,
        tokens=tokens,
        children=children,
    )
    async with Api(plane.kubeconfig) as api:
        await until("the API server", lambda: _ready(api), seconds=seconds, check=children.check)
    for program, flags in _controllers(plane, signing_key).items():
        children.start([found[program], *flags])
    return plane


def _controllers(plane: ControlPlane, signing_key: Path) -> dict[str, list[str]]:
    manager = plane.kubeconfig_of("system:kube-controller-manager")
    scheduler = plane.kubeconfig_of("system:kube-scheduler")
    return {
        "kube-controller-manager": [
            f"--kubeconfig={manager}",
            "--secure-port=0",
            "--leader-elect=false",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
            f"--service-account-private-key-file={signing_key}",
            f"--root-ca-file={plane.certificate}",
            "--node-monitor-period=2s",
            "--node-monitor-grace-period=24s",
        ],
        "kube-scheduler": [
            f"--kubeconfig={scheduler}",
            "--secure-port=0",
            "--leader-elect=false",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
        ],
    }


def _audit_flags(folder: Path, log: Path) -> list[str]:
    policy = folder / "audit-policy.yaml"
    policy.write_text(json.dumps(access.audit_policy()))
    return [f"--audit-policy-file={policy}", f"--audit-log-path={log}", "--audit-log-mode=blocking"]


async def _written(certificate: Path) -> bool:
    return await asyncio.to_thread(lambda: certificate.exists() and b"END" in certificate.read_bytes())


async def _exists(api: Api, path: str) -> bool:
    return await api.find(path) is not None


async def _nodes_take_pods(api: Api, count: int) -> bool:
    return sum(map(_takes_pods, await api.items(path_of("v1", "Node")))) >= count


def _takes_pods(node: Json) -> bool:
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in node["status"].get("conditions", []))
    return ready and not node["spec"].get("taints")


async def _ready(api: Api) -> bool:
    try:
        return bool((await api.request("GET", "/readyz"))["text"] == "ok")
    except (aiohttp.ClientError, OSError, TimeoutError, ApiError):
        return False
