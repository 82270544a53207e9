"""The same for an ordinary user as for root: these run as root and become somebody without any right."""

import asyncio
import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.proposals import ProposalState
from practice.control_plane import ControlPlane
from store.record import Store
from tests.hands.cluster import writes_in
from tests.hands.ledger import approved, new_store, ready
from tests.hands.processes import ROOT, Somebody, executor_process
from tests.hands.proposals import as_it_is
from tools.kubernetes.client import KubeClient

pytestmark = pytest.mark.sandbox


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that others can enter, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="hilda-ordinary-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def somebody(folder: Path) -> Somebody:
    """nobody, with an interpreter that nobody can run: this one, or the system's of the same version."""
    user = pwd.getpwnam("nobody")
    packages = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    programs = os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"])
    environment = {"PYTHONPATH": packages, "PATH": programs, "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        found = Somebody(user.pw_uid, user.pw_gid, python, environment)
        try:
            command = [python, "-c", "import hands.executor, pytest"]
            subprocess.run(command, check=True, capture_output=True, env=environment, cwd="/", **found.identity)
        except (OSError, subprocess.CalledProcessError):
            continue
        return found
    pytest.skip(f"no {version} with our packages that user nobody can read: put checkout and .venv outside of /root")


@pytest.mark.timeout(240)
def test_the_sandbox_holds_for_an_ordinary_user(somebody, folder):
    """All of its tests, run again as nobody."""
    files = [str(ROOT / "tests" / "hands" / name) for name in ("test_sandbox.py", "test_self_test.py")]
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        f"--basetemp={folder}/tests",
        f"--rootdir={ROOT}",
        "-c",
        f"{ROOT}/pyproject.toml",
    ]
    folder.chmod(0o777)

    ran = subprocess.run(
        [somebody.python, "-m", "pytest", *options, *files],
        env=somebody.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        **somebody.identity,
    )

    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    assert "passed" in ran.stdout


@pytest.mark.cluster
@pytest.mark.timeout(120)
async def test_an_executor_of_an_ordinary_user_carries_out_what_was_approved(
    somebody, folder, sandbox, shop, control_plane: ControlPlane
):
    """From the claim to the outcome, without any privilege."""
    url, key = f"sqlite:///{folder / 'state' / 'hilda.db'}", folder / "keys" / "audit.key"
    kubeconfig = control_plane.kubeconfig_of("executor", folder=folder)
    store = await new_store(url, key)
    ns = shop.namespace
    async with await KubeClient.connect(str(kubeconfig)) as client:
        wanted = await ready(
            client,
            sandbox.programs.kubectl,
            ns,
            [f"kubectl -n {ns} set image deployment/web web=registry.example/web:2"],
            preconditions=(as_it_is(await shop.get("Deployment", "web")),),
            verify=f"kubectl -n {ns} rollout status deployment/web --timeout=20s",
        )
    await approved(store, wanted)
    await store.close()
    for path in [folder, *folder.rglob("*")]:
        shutil.chown(path, somebody.uid, somebody.gid)

    async with executor_process(
        folder, url=url, key=key, kubeconfig=kubeconfig, lease=20.0, somebody=somebody
    ) as executor:
        async with asyncio.timeout(80):
            while not writes_in(control_plane.audit_log, ns):
                assert executor.process.returncode is None, executor.log.read_text()
                await asyncio.sleep(0.1)
        assert await executor.stop() == 0, executor.log.read_text()

    store = await Store.open(url, key)
    record = await store.proposals.get(wanted.id)
    await store.close()
    assert record.state is ProposalState.finished, record.why
    assert record.execution.outcome.verified is True
    assert len(writes_in(control_plane.audit_log, ns)) == 1
