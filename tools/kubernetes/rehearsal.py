"""Rehearses a command: the real kubectl against the real API server, where every write is turned into a dry run."""

import asyncio
import difflib
import hashlib
import os
import re
import tempfile
from pathlib import Path

import rfc8785
import yaml

from domain.plain_json import Json
from domain.proposals import Identity
from domain.scripts import Effect, ShellCommand
from policy.redaction import redact
from policy.untrusted import clean
from tools.kubernetes.client import KubeClient
from tools.kubernetes.history import RESTARTED_AT
from tools.kubernetes.rehearsal_proxy import DryRunProxy, Written

_SECONDS = 15.0
_VERBS = frozenset({"set", "scale", "rollout", "patch", "label", "annotate", "cordon", "uncordon", "delete"})
_READS = frozenset({("rollout", "status"), ("rollout", "history")})
_ELSEWHERE = re.compile(
    r"--(kubeconfig|server|token|user|username|password|cluster|as|as-group|as-uid|as-user-extra|client-certificate|"
    r"client-key|certificate-authority|insecure-skip-tls-verify|tls-server-name|filename|kustomize|from-file|env-file|"
    r"from-env-file|raw|profile|profile-output|cache-dir|log-file|log-dir|patch-file|kuberc)(=|$)"
)
_SHORT = re.compile(r"-([locpvA]|n.*)(=.*)?")
"""Short flags that are known to be harmless; bundles such as -Rf are not taken apart but refused."""
_VOLATILE = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")


async def rehearse(
    client: KubeClient,
    command: ShellCommand,
    *,
    kubectl: str,
    identity: Identity | None = None,
    seconds: float = _SECONDS,
) -> Effect:
    """What the command would change, as the API server answers to a dry run of it; nothing is changed.

    `identity` is whom the run would impersonate. `not possible` means that it could not be found out: the server
    refuses dry runs of it, these credentials may not write, or the command is not one that can be rehearsed.
    """
    if refusal := _not_rehearsable(command):
        return Effect("not possible", why=refusal)
    if _verbs(command.argv[1:]) in _READS:
        return Effect("passed", digest=_digest([]), why="It only reads.")
    async with DryRunProxy(client, identity or Identity()) as proxy:
        with tempfile.TemporaryDirectory(prefix="rehearsal-") as home:
            try:
                code, said = await _run(kubectl, command, client, proxy.url, Path(home), seconds)
            except TimeoutError:
                return Effect("not possible", why=f"kubectl did not finish within {seconds:.0f} s.")
            except OSError as broken:
                return Effect("not possible", why=f"kubectl could not be started: {broken}.")
    return _effect(code, said, proxy.written, proxy.refused)


def _not_rehearsable(command: ShellCommand) -> str:
    """Why not, or "": kubectl must not be led past the proxy, to files, or to plugins."""
    words = command.argv
    if not words or Path(words[0]).name != "kubectl":
        return "Only kubectl commands can be rehearsed."
    for word in words[1:]:
        short = word.startswith("-") and not word.startswith("--")
        if _ELSEWHERE.match(word) or (short and not _SHORT.fullmatch(word)):
            return f"{word.partition('=')[0]} may lead elsewhere than to the cluster in question."
    verb = _verbs(words[1:])[:1]
    if not set(verb) & _VERBS:
        return f"`kubectl {' '.join(verb)}` is not a command that can be rehearsed."
    return ""


_TAKES_VALUE = frozenset(
    {"-n", "--namespace", "--context", "--request-timeout", "-v", "-l", "--selector", "-o", "--output"}
)


def _verbs(words: tuple[str, ...]) -> tuple[str, ...]:
    """The first two words that are neither flags nor values of the usual flags before a verb."""
    found: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in _TAKES_VALUE
        else:
            found.append(word)
    return tuple(found[:2])


async def _run(
    kubectl: str, command: ShellCommand, client: KubeClient, url: str, home: Path, seconds: float
) -> tuple[int, str]:
    config = home / "kubeconfig"
    config.touch(mode=0o600)
    config.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": client.context,
                "contexts": [
                    {"name": client.context, "context": {"cluster": "rehearsal", "namespace": client.namespace}}
                ],
                "clusters": [{"name": "rehearsal", "cluster": {"server": url}}],
            }
        )
    )
    process = await asyncio.create_subprocess_exec(
        kubectl,
        *command.argv[1:],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=home,
        # Nothing of ours: no KUBECONFIG, no in-cluster variables, no proxy that the loopback would be sent through.
        env={"PATH": os.defpath, "HOME": str(home), "KUBECONFIG": str(config)},
    )
    try:
        async with asyncio.timeout(seconds):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said.decode(errors="replace")


def _effect(code: int, said: str, written: list[Written], refused: list[str]) -> Effect:
    why = clean(redact(said.strip()), cap=500)
    if refused:
        return Effect("not possible", why=refused[0])
    for write in written:
        if write.status >= 400:
            return Effect(_refused_as(write), why=clean(redact(write.message), cap=500) or why)
    if code != 0:
        return Effect("failed", why=why)
    parts = [_part(write) for write in written]
    changes = [change for part in parts if (change := part[1])["changes"]]
    diff = clean(redact("".join(part[0] for part in parts)), cap=20_000)
    return Effect("passed", diff=diff, digest=_digest(changes), why="" if changes else "It would change nothing.")


def _refused_as(write: Written) -> str:
    """`failed` when the object would be refused in earnest too; otherwise the dry run could not be made."""
    match write.status:
        case 404 | 409 | 422:
            return "failed"
        case 400:
            return "not possible" if re.search(r"dry.?run", write.message, re.IGNORECASE) else "failed"
        case 403:
            # RBAC speaks about whoever rehearses; quotas and admission rules about the object.
            return "not possible" if re.search(r"\bcannot \w+ resource\b", write.message) else "failed"
        case _:
            return "not possible"


def _digest(changes: list[Json]) -> str:
    return hashlib.sha256(rfc8785.dumps(changes)).hexdigest()


def _part(write: Written) -> tuple[str, Json]:
    """One write as a unified diff for people, and as canonical changes for the digest."""
    before, after = _normal(write.before), _normal(write.after)
    lines = difflib.unified_diff(_yaml(before), _yaml(after), f"live {write.path}", f"after {write.path}", n=2)
    old, new = _leaves(before), _leaves(after)
    changed = {path: [old.get(path), new.get(path)] for path in sorted({*old, *new}) if old.get(path) != new.get(path)}
    return "".join(lines), {"method": write.method, "path": write.path, "changes": changed}


def _normal(value: Json | None) -> Json:
    """Without what every write changes, or what the clock does."""
    if value is None:
        return {}
    metadata = {key: part for key, part in (value.get("metadata") or {}).items() if key not in _VOLATILE}
    kept = {key: part for key, part in value.items() if key not in {"status", "metadata"}}
    normal: Json = {**kept, "metadata": metadata}
    _still_restart(normal)
    return normal


def _still_restart(value: Json) -> None:
    """The moment of a restart differs between two rehearsals of the same command; that it restarts does not."""
    template = (value.get("spec") or {}).get("template") if isinstance(value.get("spec"), dict) else None
    annotations = ((template or {}).get("metadata") or {}).get("annotations") or {}
    if RESTARTED_AT in annotations:
        spec = value["spec"] = dict(value["spec"])
        template = spec["template"] = dict(spec["template"])
        template["metadata"] = {**template["metadata"], "annotations": {**annotations, RESTARTED_AT: "<now>"}}


def _leaves(value: object, path: str = "") -> dict[str, str]:
    """Every leaf by its path; a list's position is part of it, since order may matter."""
    if isinstance(value, dict) and value:
        return {k: v for key, part in value.items() for k, v in _leaves(part, f"{path}/{key}").items()}
    if isinstance(value, list) and value:
        return {k: v for position, part in enumerate(value) for k, v in _leaves(part, f"{path}/{position}").items()}
    return {path: "null" if value is None else yaml.safe_dump(value, default_flow_style=True).strip()}


def _yaml(value: Json) -> list[str]:
    return yaml.safe_dump(value, sort_keys=True).splitlines(keepends=True) if value else []
