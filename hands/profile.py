"""Profile `bubblewrap/2`: the exact command line around a script. Pure, so that a test can read it."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from domain.errors import NotAllowed
from domain.proposals import Proposal
from domain.sandbox import SANDBOX_PROFILE
from hands.programs import Bind, Programs

API_PORT = 8001
"""Inside, on the sandbox's own loopback, where nobody else listens."""
API_SERVER = f"http://127.0.0.1:{API_PORT}"
SCRIPT, KUBECONFIG, SOCKET, FORWARDER = "/run/script", "/run/kubeconfig", "/run/api.sock", "/run/forwarder.py"
AMTOOL = "/opt/bin/amtool"
"""Before any amtool of the host on PATH."""

_INTERPRETERS = frozenset({"/usr/bin/bash", "/bin/bash", "/usr/bin/sh", "/bin/sh"})
_FOLDERS_OF_THE_PROFILE = ("/usr", "/bin", "/lib", "/lib64", "/proc", "/dev", "/run", "/opt", "/etc", "/sys")
_VARIABLES = frozenset({"LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "TZ", "TERM", "NO_COLOR", "COLUMNS"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What one script may use. Memory and processes hold per script where a cgroup is to be had."""

    processes: int = 128
    address_space: int = 4 * 1024**3
    memory: int = 1024**3
    scratch: int = 64 * 1024**2
    open_files: int = 512


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a proposal says about where its script runs."""

    profile: str
    interpreter: str
    working_directory: str
    environment: tuple[tuple[str, str], ...]
    timeout_seconds: int

    def check(self) -> None:
        """NotAllowed where the profile cannot give exactly this."""
        if self.profile != SANDBOX_PROFILE:
            raise NotAllowed(f"The proposal asks for sandbox {self.profile!r}; this executor has {SANDBOX_PROFILE!r}.")
        if self.interpreter not in _INTERPRETERS:
            raise NotAllowed(f"The interpreter {self.interpreter!r} is none of {', '.join(sorted(_INTERPRETERS))}.")
        folder = self.working_directory
        if not re.fullmatch(r"(/[a-z0-9_-]+)+", folder) or folder.startswith(_FOLDERS_OF_THE_PROFILE):
            raise NotAllowed(f"The working directory {folder!r} cannot be a scratch folder; use /scratch.")
        for name, value in self.environment:
            if name not in _VARIABLES or "\0" in value:
                raise NotAllowed(f"The environment variable {name!r} is none of {', '.join(sorted(_VARIABLES))}.")


def surroundings(proposal: Proposal) -> Surroundings:
    """What this proposal says about them."""
    return Surroundings(
        proposal.sandbox,
        proposal.interpreter,
        proposal.working_directory,
        proposal.environment,
        proposal.timeout_seconds,
    )


def command_line(
    programs: Programs, around: Surroundings, limits: Limits, *, binds: Iterable[Bind], command: Iterable[str]
) -> list[str]:
    """bubblewrap and its arguments. Start it with an empty environment: `--clearenv` does not cover bwrap itself."""
    around.check()
    scratch = around.working_directory
    environment = {
        "PATH": "/opt/bin:/usr/bin:/bin",
        "HOME": scratch,
        "TMPDIR": scratch,
        "KUBECONFIG": KUBECONFIG,
        **dict(around.environment),
    }
    arguments = [programs.bubblewrap]
    arguments += ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    for name, value in environment.items():
        arguments += ["--setenv", name, value]
    arguments += ["--ro-bind", "/usr", "/usr"]
    for link in ("bin", "lib", "lib64"):
        arguments += ["--symlink", f"usr/{link}", f"/{link}"]
    arguments += ["--proc", "/proc", "--dev", "/dev", "--size", str(limits.scratch), "--tmpfs", scratch]
    for bind in (Bind(programs.kubectl, "/opt/bin/kubectl"), *programs.python_binds, *binds):
        arguments += ["--ro-bind", bind.source, bind.target]
    # What bubblewrap makes of memory (/ and /dev) could be filled too; only the scratch folder has a size.
    arguments += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", scratch, "--"]
    return [*arguments, *command]


def limited(around: Surroundings, limits: Limits, command: Iterable[str]) -> list[str]:
    """The command under prlimit. Set inside, where processes are counted in the sandbox's own user namespace."""
    return [
        "/usr/bin/prlimit",
        f"--nproc={limits.processes}",
        f"--as={limits.address_space}",
        f"--fsize={limits.scratch}",
        f"--nofile={limits.open_files}",
        f"--cpu={around.timeout_seconds + 5}",
        "--core=0",
        "--",
        *command,
    ]


def behind_the_forwarder(programs: Programs, command: Iterable[str]) -> list[str]:
    """The command as a child of the forwarder, which listens before it starts."""
    return [programs.python, "-I", "-S", "-B", FORWARDER, str(API_PORT), SOCKET, *command]


def kubeconfig(context: str, namespace: str) -> str:
    """A kubeconfig (JSON is YAML) without credentials: the proxy outside has them."""
    name = context or "approved"
    inside = {"cluster": "proxy", "user": "nobody", "namespace": namespace or "default"}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": "proxy", "cluster": {"server": API_SERVER}}],
            "users": [{"name": "nobody", "user": {}}],
            "contexts": [{"name": name, "context": inside}],
        }
    )
