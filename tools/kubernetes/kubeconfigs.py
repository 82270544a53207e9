"""Which kubeconfig and context are meant, decided before any client is built, so that mistakes get a clear line."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from domain.errors import Misconfigured
from domain.plain_json import dig


@dataclass(frozen=True, slots=True)
class ChosenContext:
    """One context of one or several merged kubeconfig files."""

    paths: str
    """The files, joined as in KUBECONFIG."""
    name: str
    namespace: str
    exec_command: str
    """The credential plugin's command; "" where there is none."""
    impersonation: Mapping[str, tuple[str, ...]]
    """Impersonate headers that the kubeconfig's user asks for (`as:`, `as-groups:`, ...)."""


def choose(kubeconfig: str | None, context: str | None) -> ChosenContext | None:
    """The context to use, or None when there is no kubeconfig at all and in-cluster credentials may be tried."""
    wanted = kubeconfig or os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    files = [Path(part).expanduser() for part in wanted.split(os.pathsep) if part]
    present = [file for file in files if file.is_file()]
    if not present:
        if kubeconfig:
            raise Misconfigured(f"The kubeconfig {kubeconfig} does not exist. Give the path of one that does.")
        return None
    documents = [_read(file) for file in present]
    name = context or _first(document.get("current-context") for document in documents)
    contexts = _named(documents, "contexts")
    if not name:
        raise Misconfigured(
            f"{_list(present)} has no current-context. Choose one with --context: {_offer(sorted(contexts))}."
        )
    if name not in contexts:
        near = get_close_matches(name, contexts, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {_offer(sorted(contexts))}."
        raise Misconfigured(f"There is no context {name!r} in {_list(present)}. {hint}")
    user = dig(
        _named(documents, "users").get(dig(contexts[name], "context", "user", default=""), {}), "user", default={}
    )
    return ChosenContext(
        paths=os.pathsep.join(map(str, present)),
        name=name,
        namespace=dig(contexts[name], "context", "namespace", default="default"),
        exec_command=dig(user, "exec", "command", default=""),
        impersonation=_impersonation(user),
    )


def refuse_socks(proxy: str) -> None:
    """Misconfigured for a proxy that is not spoken to in HTTP."""
    if proxy and urlsplit(proxy).scheme not in ("http", "https"):
        raise Misconfigured(
            f"The kubeconfig's `proxy-url: {proxy}` is no HTTP proxy, and only those work here. "
            "For a SOCKS proxy, put an HTTP proxy in front of it (privoxy, or `ssh -L` to the server itself)."
        )


def nowhere_to_look() -> Misconfigured:
    """What to say when there is neither a kubeconfig nor a pod's own credentials."""
    variable = os.environ.get("KUBECONFIG")
    named = f"KUBECONFIG={variable} names no file that exists" if variable else "KUBECONFIG is not set"
    return Misconfigured(
        f"No kubeconfig: {named}, {Path.home() / '.kube' / 'config'} is not there, and this is not a pod of a cluster. "
        "Set KUBECONFIG, or pass --kubeconfig."
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(file.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as broken:
        first_line = str(broken).splitlines()[0] if str(broken) else type(broken).__name__
        raise Misconfigured(f"The kubeconfig {file} cannot be read: {first_line}.") from broken
    if not isinstance(document, dict):
        raise Misconfigured(f"The kubeconfig {file} is not a YAML mapping. Is it really a kubeconfig?")
    return document


def _named(documents: list[dict[str, Any]], section: str) -> dict[str, dict[str, Any]]:
    """Entries of a section by name; the first file that has a name wins, as with kubectl."""
    found: dict[str, dict[str, Any]] = {}
    for document in documents:
        for entry in document.get(section) or []:
            if isinstance(entry, dict) and isinstance(entry.get("name"), str):
                found.setdefault(entry["name"], entry)
    return found


def _impersonation(user: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    headers: dict[str, tuple[str, ...]] = {}
    if user.get("as"):
        headers["Impersonate-User"] = (str(user["as"]),)
    if user.get("as-uid"):
        headers["Impersonate-Uid"] = (str(user["as-uid"]),)
    if user.get("as-groups"):
        headers["Impersonate-Group"] = tuple(map(str, user["as-groups"]))
    for key, values in (user.get("as-user-extra") or {}).items():
        headers[f"Impersonate-Extra-{key}"] = tuple(map(str, values))
    return headers


def _first(values: Any) -> str:
    return next((str(value) for value in values if value), "")


def _list(files: list[Path]) -> str:
    return ", ".join(map(str, files))


def _offer(names: list[str]) -> str:
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") if names else "it names no contexts"
