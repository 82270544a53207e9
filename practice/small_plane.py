"""A control plane without Kubernetes' own programs: an API server and controllers of practice's own."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import trustme

from practice import access
from practice.api import Api, ApiError
from practice.backdate import Move
from practice.children import Children, free_ports
from practice.plane import Plane
from practice.waiting import until


@dataclass(kw_only=True)
class SmallPlane(Plane):
    """`await SmallPlane.start()` makes one; unmodified kubectl talks to it (practice/api_server/)."""

    @classmethod
    async def start(
        cls,
        folder: Path | None = None,
        *,
        audit: bool = True,
        seed: int = 1,
        nodes: int = 3,
        seconds: float = 30,
        port: int = 0,
    ) -> "SmallPlane":
        """Start one in `folder` (a temporary one by default), with a kubelet, and wait until pods can run on it.

        `port` is where it listens on loopback; 0 is any free one.
        """
        with cls.starting(folder) as (place, children):
            plane = await _start_processes(place, children, audit=audit, seconds=seconds, port=port)
            plane.own_folder = folder is None
            plane.start_kubelet(seed, nodes)
            await plane.set_up(nodes)
        return plane

    async def backdate(self, namespaces: Collection[str], moves: Sequence[Move], *, nodes: bool = False) -> None:
        told = [
            {"start": move.start.isoformat(), "end": move.end.isoformat(), "by": move.by.total_seconds()}
            for move in moves
        ]
        async with Api(self.kubeconfig) as api:
            body = {"namespaces": list(namespaces), "moves": told, "nodes": nodes}
            await api.request("POST", "/practice/backdate", body)


async def _start_processes(folder: Path, children: Children, *, audit: bool, seconds: float, port: int) -> SmallPlane:
    authority = trustme.CA(organization_name="practice")
    certificate, key = folder / "apiserver.crt", folder / "apiserver.key"
    issued = authority.issue_cert("127.0.0.1", "localhost")
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.touch(mode=0o600)
    issued.private_key_pem.write_to_path(key)
    tokens = access.write_tokens(folder / "tokens.csv")
    port = port or free_ports(1)[0]
    audit_log = folder / "audit.log"
    flags: dict[str, object] = {
        "--port": port,
        "--certificate": certificate,
        "--key": key,
        "--tokens": folder / "tokens.csv",
    }
    children.start_module("practice.api_server", flags | ({"--audit-log": audit_log} if audit else {}))
    plane = SmallPlane(
        folder=folder,
        server=f"https://127.0.0.1:{port}",
        authority=authority.cert_pem.bytes(),
        certificate=certificate,
        key=key,
        audit_log=audit_log,
        tokens=tokens,
        children=children,
    )
    async with Api(plane.kubeconfig) as api:
        await until("the API server", lambda: _ready(api), seconds=seconds, check=children.check)
    manager = plane.kubeconfig_of("system:kube-controller-manager")
    children.start_module("practice.controllers", {"--kubeconfig": manager})
    return plane


async def _ready(api: Api) -> bool:
    try:
        async with asyncio.timeout(2):  # Where somebody else listens on that port, no answer may ever come.
            return bool((await api.request("GET", "/readyz"))["text"] == "ok")
    except (aiohttp.ClientError, OSError, TimeoutError, ApiError):
        return False
