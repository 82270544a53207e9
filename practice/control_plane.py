"""A real Kubernetes control plane on loopback: etcd, API server, controllers, scheduler, as our children."""

import asyncio
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from practice import access
from practice.api import Api, ApiError
from practice.backdate import Move, backdate
from practice.children import Children, free_ports
from practice.fetch import control_plane_programs
from practice.plane import Plane
from practice.signing_key import new_signing_key
from practice.waiting import until


@dataclass(kw_only=True)
class ControlPlane(Plane):
    """The real one; `await ControlPlane.start()` makes it."""

    etcd: str
    """Where etcd answers: the times of practice's objects are moved there (practice/backdate.py)."""

    @classmethod
    async def start(
        cls,
        folder: Path | None = None,
        *,
        audit: bool = True,
        seed: int = 1,
        nodes: int = 3,
        seconds: float = 60,
        own_controllers: bool = False,
    ) -> "ControlPlane":
        """Start one in `folder` (a temporary one by default), with a kubelet, and wait until pods can run on it.

        `own_controllers` puts practice's controllers (practice/controllers/) in the place of Kubernetes' own.
        """
        found = await control_plane_programs()
        with cls.starting(folder) as (place, children):
            plane = await _start_programs(found, place, children, audit=audit, seconds=seconds)
            if own_controllers:
                manager = plane.kubeconfig_of("system:kube-controller-manager")
                children.start_module("practice.controllers", {"--kubeconfig": manager})
            else:
                _start_controllers(found, plane)
            plane.own_folder = folder is None
            plane.start_kubelet(seed, nodes)
            await plane.set_up(nodes)
        return plane

    async def backdate(self, namespaces: Collection[str], moves: Sequence[Move], *, nodes: bool = False) -> None:
        await backdate(self.etcd, namespaces, moves, nodes=nodes)


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
    signing_key = _signing_key(folder)
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
    return plane


def _start_controllers(found: dict[str, Path], plane: ControlPlane) -> None:
    manager = plane.kubeconfig_of("system:kube-controller-manager")
    scheduler = plane.kubeconfig_of("system:kube-scheduler")
    programs = {
        "kube-controller-manager": [
            f"--kubeconfig={manager}",
            "--secure-port=0",
            "--leader-elect=false",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
            f"--service-account-private-key-file={_signing_key(plane.folder)}",
            f"--root-ca-file={plane.certificate}",
            "--node-monitor-period=2s",
            "--node-monitor-grace-period=24s",
            # Autoscalers look often, believe new pods at once and forget soon: nobody waits five minutes in a drill.
            "--horizontal-pod-autoscaler-sync-period=1s",
            "--horizontal-pod-autoscaler-downscale-stabilization=5s",
            "--horizontal-pod-autoscaler-initial-readiness-delay=1s",
            "--horizontal-pod-autoscaler-cpu-initialization-period=1s",
        ],
        "kube-scheduler": [
            f"--kubeconfig={scheduler}",
            "--secure-port=0",
            "--leader-elect=false",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
        ],
    }
    for program, flags in programs.items():
        plane.children.start([found[program], *flags])


def _signing_key(folder: Path) -> Path:
    return folder / "service-accounts.key"


def _audit_flags(folder: Path, log: Path) -> list[str]:
    policy = folder / "audit-policy.yaml"
    policy.write_text(json.dumps(access.audit_policy()))
    return [f"--audit-policy-file={policy}", f"--audit-log-path={log}", "--audit-log-mode=blocking"]


async def _written(certificate: Path) -> bool:
    return await asyncio.to_thread(lambda: certificate.exists() and b"END" in certificate.read_bytes())


async def _ready(api: Api) -> bool:
    try:
        return bool((await api.request("GET", "/readyz"))["text"] == "ok")
    except (aiohttp.ClientError, OSError, TimeoutError, ApiError):
        return False
