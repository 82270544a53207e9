"""Records the numbers of the fields of Kubernetes' protobuf messages: practice/api_server/recorded/protobuf.json.

kubectl's generators (`create deployment`, `autoscale`, `auth can-i`) send their objects as protobuf. The messages are
in the modules k8s.io/{api,apimachinery} in Go's module cache, which are there where the API server was built. Run by
`make record`, after scripts/record_fields.py.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

FOLDERS = [
    "api/apps/v1",
    "api/authentication/v1",
    "api/authorization/v1",
    "api/autoscaling/v1",
    "api/autoscaling/v2",
    "api/batch/v1",
    "api/coordination/v1",
    "api/core/v1",
    "api/discovery/v1",
    "api/events/v1",
    "api/networking/v1",
    "api/policy/v1",
    "api/rbac/v1",
    "api/scheduling/v1",
    "api/storage/v1",
    "apimachinery/pkg/apis/meta/v1",
]

_PACKAGE = re.compile(r"^package ([\w.]+);", re.M)
_MESSAGE = re.compile(r"^message (\w+) \{\n(.*?)^\}", re.M | re.S)
_MAP = re.compile(r"^  map<string, ([\w.]+)> (\w+) = (\d+);", re.M)
_PLAIN = re.compile(r"^  (optional|repeated) ([\w.]+) (\w+) = (\d+);", re.M)


def record(version: str, fields: Path, target: Path) -> None:
    """{message: {number: [name, type, "optional" | "repeated" | "map" | "inline"]}}, messages named as in OpenAPI."""
    modules = Path(_said("go", "env", "GOMODCACHE")) / "k8s.io"
    json_names = json.loads(fields.read_text())
    messages = {}
    for folder in FOLDERS:
        module, _, rest = folder.partition("/")
        source = (modules / f"{module}@v0.{version}" / rest / "generated.proto").read_text()
        found = _PACKAGE.search(source)
        assert found, folder
        for name, body in _MESSAGE.findall(source):
            full = _open_api_name(name, found[1])
            messages[full] = _fields(body, found[1], json_names.get(full, {}))
    lines = ",\n".join(
        f"{json.dumps(name)}:{json.dumps(messages[name], separators=(',', ':'))}" for name in sorted(messages)
    )
    target.write_text("{\n" + lines + "\n}\n")


def _fields(body: str, package: str, json_names: dict[str, str]) -> dict[str, list[str]]:
    found = {number: [name, _open_api_name(type_, package), "map"] for type_, name, number in _MAP.findall(body)}
    # Protobuf writes uID where JSON has uid.
    spelled = {name.lower(): name for name in json_names}
    for label, type_, name, number in _PLAIN.findall(body):
        is_embedded = bool(json_names) and name.lower() not in spelled
        name = spelled.get(name.lower(), name)
        found[number] = [name, _open_api_name(type_, package), "inline" if is_embedded else label]
    return found


def _open_api_name(name: str, package: str) -> str:
    """`io.k8s.api.core.v1.Pod` for `Pod` or `.k8s.io.api.core.v1.Pod`; scalars stay as they are."""
    if name[0].islower() and "." not in name:
        return name
    full = name.removeprefix(".") if "." in name else f"{package}.{name}"
    return re.sub(r"^k8s\.io\.", "io.k8s.", full)


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    recorded = Path(sys.argv[1])
    known = json.loads((recorded / "version.json").read_text())["gitVersion"]
    record(known.removeprefix("v1."), recorded / "fields.json", recorded / "protobuf.json")
