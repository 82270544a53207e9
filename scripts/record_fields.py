"""Records which Go type each field has and when it is left out: practice/api_server/recorded/fields.json.

And internal.json: the fields of the types that the server itself works with, by which it shows what an update would
change of a pod or a claim.

OpenAPI does not say whether a zero is kept (`replicas: 0`, a pointer) or is nothing (`minReadySeconds: 0`), nor how
an error calls a field's type. The server's own source does: the modules k8s.io/{api,apimachinery,kube-aggregator,
kubernetes} in Go's module cache, which are there where the API server was built. Run by `make record`.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

SOURCES = {
    "api/admissionregistration/v1": "io.k8s.api.admissionregistration.v1",
    "api/apps/v1": "io.k8s.api.apps.v1",
    "api/authentication/v1": "io.k8s.api.authentication.v1",
    "api/authorization/v1": "io.k8s.api.authorization.v1",
    "api/autoscaling/v1": "io.k8s.api.autoscaling.v1",
    "api/autoscaling/v2": "io.k8s.api.autoscaling.v2",
    "api/batch/v1": "io.k8s.api.batch.v1",
    "api/coordination/v1": "io.k8s.api.coordination.v1",
    "api/core/v1": "io.k8s.api.core.v1",
    "api/discovery/v1": "io.k8s.api.discovery.v1",
    "api/events/v1": "io.k8s.api.events.v1",
    "api/networking/v1": "io.k8s.api.networking.v1",
    "api/policy/v1": "io.k8s.api.policy.v1",
    "api/rbac/v1": "io.k8s.api.rbac.v1",
    "api/scheduling/v1": "io.k8s.api.scheduling.v1",
    "api/storage/v1": "io.k8s.api.storage.v1",
    "apimachinery/pkg/apis/meta/v1": "io.k8s.apimachinery.pkg.apis.meta.v1",
    "kube-aggregator/pkg/apis/apiregistration/v1": "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1",
}
"""Folder of a module: prefix of its types' names in OpenAPI."""

_STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.M | re.S)
_FIELD = re.compile(r'^\t(?:(\w+)\s+)?([^\s`/]+)\s+`json:"([^"]*)"', re.M)
_INTERNAL_FIELD = re.compile(r"^\t(?:(\w+)\s+)?([^\s`/]+)\s*(?://.*)?$", re.M)
_ALIAS = re.compile(r"^type (\w+) (string|int32|int64|map\[\S+|\[\]\S+)", re.M)
_BUILTIN = frozenset("string bool int int32 int64 float64 byte".split())


def record(version: str, target: Path) -> None:
    modules = Path(_said("go", "env", "GOMODCACHE")) / "k8s.io"
    structs: dict[str, list[tuple[str, str, str]]] = {}
    for folder, prefix in SOURCES.items():
        module, _, rest = folder.partition("/")
        source = modules / f"{module}@v0.{version}" / rest
        for file in sorted(source.glob("*.go")):
            if not file.name.startswith("zz_") and not file.name.endswith("_test.go"):
                for name, body in _STRUCT.findall(file.read_text()):
                    structs[f"{prefix}.{name}"] = _FIELD.findall(body)
    fields = {name: _fields(name, structs) for name in sorted(structs)}
    _write(target, {name: each for name, each in fields.items() if each})


SHOWN = ("PodSpec", "PersistentVolumeClaimSpec", "PersistentVolumeSource", "PodTemplateSpec")
"""The server's own types that it shows whole."""


def record_internal(version: str, target: Path) -> None:
    """`{"PodSpec": {"Volumes": "[]Volume", ...}, ...}`: what SHOWN is made of, names of simple types resolved."""
    source = Path(_said("go", "env", "GOMODCACHE")) / "k8s.io" / f"kubernetes@v1.{version}" / "pkg/apis/core/types.go"
    text = source.read_text()
    aliases = dict(_ALIAS.findall(text))
    structs = {name: _INTERNAL_FIELD.findall(body) for name, body in _STRUCT.findall(text)}
    found: dict[str, dict[str, str]] = {}
    waiting = list(SHOWN)
    while waiting:
        name = waiting.pop()
        if name in structs and name not in found:
            found[name] = _internal(name, structs, aliases)
            waiting += [re.sub(r"^[*\[\]]+", "", each) for each in found[name].values()]
    _write(target, {name: found[name] for name in sorted(found)})


def _internal(name: str, structs: dict[str, list[tuple[str, str]]], aliases: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for field, go_type in structs[name]:
        if field:
            plain = go_type.lstrip("*")
            found[field] = go_type.replace(plain, aliases.get(plain, plain))
        elif go_type in structs:
            found |= _internal(go_type, structs, aliases)
        else:
            found[go_type] = go_type
    return found


def _fields(name: str, structs: dict[str, list[tuple[str, str, str]]]) -> dict[str, str]:
    """`{"replicas": "*int32,omitempty", ...}` in the order of the source, embedded structs' fields in their place.

    `in=ProbeHandler` is the embedded struct that a field comes from.
    """
    prefix = name.rpartition(".")[0]
    found: dict[str, str] = {}
    for _, go_type, tag in structs[name]:
        json_name, _, options = tag.partition(",")
        if options == "inline":
            embedded = f"{prefix}.{go_type}" if "." not in go_type else _META + go_type.partition(".")[2]
            inside = f"in={embedded.rpartition('.')[2]}"
            found |= {key: f"{value},{inside}" for key, value in _fields(embedded, structs).items()}
        elif json_name != "-":
            found[json_name] = ",".join(filter(None, [_qualified(go_type, prefix), options]))
    return found


_META = "io.k8s.apimachinery.pkg.apis.meta.v1."


def _qualified(go_type: str, prefix: str) -> str:
    """The type as Go's reflection prints it: `v1.PullPolicy` for `PullPolicy`.

    >>> _qualified("[]Container", "io.k8s.api.core.v1"), _qualified("*metav1.Time", "io.k8s.api.core.v1")
    ('[]v1.Container', '*v1.Time')
    """
    package = prefix.rpartition(".")[2]
    words = re.split(r"(\[\]|\*|map\[|\])", re.sub(r"\b(?:meta|core)v(\d)\.", r"v\1.", go_type))
    return "".join(
        word if not re.fullmatch(r"\w+", word) or word in _BUILTIN else f"{package}.{word}" for word in words
    )


def _write(target: Path, content: dict[str, dict[str, str]]) -> None:
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(content[name], separators=(',', ':'))}" for name in content)
    target.write_text("{\n" + lines + "\n}\n")


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    recorded = Path(sys.argv[1])
    known = json.loads((recorded / "version.json").read_text())["gitVersion"]
    record(known.removeprefix("v1."), recorded / "fields.json")
    record_internal(known.removeprefix("v1."), recorded / "internal.json")
