"""Hilda as a pod: the service account's files are all she needs, and a renewed token is taken up."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.errors import Misconfigured, ToolFailed
from practice.control_plane import ControlPlane
from tests.needs import MUST_NOT_SKIP, needs
from tools.kubernetes import client as client_module
from tools.kubernetes.client import KubeClient

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Pod:
    """What a pod of namespace `hilda` finds: environment and files."""

    plane: ControlPlane
    files: Path

    @property
    def environment(self) -> dict[str, str]:
        host, port = self.plane.server.removeprefix("https://").rsplit(":", 1)
        return {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}

    def renew(self) -> None:
        """As the kubelet does long before a token ends."""
        self.write("token", self.kubectl("-n", "hilda", "create", "token", "hilda").strip())

    def write(self, name: str, text: str) -> None:
        (self.files / name).write_text(text)

    def kubectl(self, *words: str) -> str:
        command = [needs("kubectl")["kubectl"], "--kubeconfig", self.plane.kubeconfig, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def pod(control_plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pod:
    """The account that deploy/reader.yaml makes; no kubeconfig anywhere."""
    files = tmp_path / "serviceaccount"
    files.mkdir()
    found = Pod(control_plane, files)
    found.kubectl("apply", "-f", str(ROOT / "deploy" / "reader.yaml"))
    found.renew()
    found.write("ca.crt", control_plane.authority.decode())
    found.write("namespace", "hilda")
    for name, value in {**found.environment, "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setattr(client_module, "_SERVICE_ACCOUNT", files)
    return found


@pytest.mark.cluster
async def test_a_pod_looks_with_its_own_account(pod: Pod) -> None:
    """It reads what its role lets it read, knows where it is, and may not read more."""
    async with await KubeClient.connect() as client:
        names = [item["metadata"]["name"] for item in await client.items("Namespace", seconds=10)]
        with pytest.raises(ToolFailed, match=r"system:serviceaccount:hilda:hilda.*secrets"):
            await client.items("Secret", seconds=10)

    assert {"hilda", "kube-system"} <= set(names)
    assert (client.context, client.namespace) == ("in-cluster", "hilda")


@pytest.mark.cluster
async def test_a_renewed_token_is_taken_up(pod: Pod) -> None:
    """A client that lives longer than a token goes on with the next one; the file is what counts."""
    async with await KubeClient.connect() as client:
        await client.items("Namespace", seconds=10)
        token = (pod.files / "token").read_text()
        pod.write("token", "ended")
        _let_a_minute_pass(client)
        with pytest.raises(ToolFailed):
            await client.items("Namespace", seconds=10)

        pod.write("token", token)
        _let_a_minute_pass(client)
        names = await client.items("Namespace", seconds=10)

    assert names


def _let_a_minute_pass(client: KubeClient) -> None:
    hook = client._api.configuration.refresh_api_key_hook
    loader = next(cell.cell_contents for cell in hook.__closure__ or ())
    loader.token_expires_at -= loader._token_refresh_period


@pytest.mark.cluster
@pytest.mark.parametrize("name", ["token", "ca.crt"])
async def test_an_empty_file_is_said_to_be_the_pods(pod: Pod, name: str) -> None:
    """Nobody is told to set KUBECONFIG in a pod whose own files are broken."""
    pod.write(name, "")

    with pytest.raises(Misconfigured, match="service account"):
        await KubeClient.connect()


@pytest.mark.cluster
@pytest.mark.sandbox
def test_hilda_check_runs_in_a_pod(pod: Pod, tmp_path: Path) -> None:
    """The whole command with the files where a pod has them, and no other credentials."""
    bwrap = shutil.which("bwrap")
    if bwrap is None and os.environ.get(MUST_NOT_SKIP) != "1":
        pytest.skip("bubblewrap is not here: apt install bubblewrap")
    assert bwrap
    at = "/run/secrets/kubernetes.io/serviceaccount"
    inside = ["--dev-bind", "/", "/", "--tmpfs", "/run", "--ro-bind", str(pod.files), at]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "HILDA_STATE_DIR": str(tmp_path / "hilda"),
        **pod.environment,
    }

    ran = subprocess.run(
        [bwrap, *inside, sys.executable, "-m", "bot.cli", "check", "-n", "hilda", "-o", "json"],
        env=environment,
        capture_output=True,
        text=True,
    )

    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["state"] == "healthy"
