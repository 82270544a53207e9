"""Rules for ConfigMaps and Secrets."""

import base64
import json
from collections.abc import Iterator

from practice.api_server.schema.faults import Fault, forbidden, invalid, required, too_long
from practice.api_server.schema.rules import names
from practice.api_server.schema.rules.metadata import unchanged
from practice.api_server.schema.schemas import Json

_LARGEST = 1024 * 1024
_FIXED = "field is immutable when `immutable` is set"
_NEEDED = {
    "kubernetes.io/dockercfg": ((".dockercfg",),),
    "kubernetes.io/dockerconfigjson": ((".dockerconfigjson",),),
    "kubernetes.io/ssh-auth": (("ssh-privatekey",),),
    "kubernetes.io/tls": (("tls.crt",), ("tls.key",)),
}


def config_map(item: Json, old: Json | None) -> Iterator[Fault]:
    if old is not None:
        yield from _fixed(item, old, "data", "binaryData")
    data, binary = item.get("data", {}), item.get("binaryData", {})
    for key in data:
        yield from (invalid(f"data[{key}]", key, why) for why in names.config_key(key))
        if key in binary:
            yield invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    for key in binary:
        yield from (invalid(f"binaryData[{key}]", key, why) for why in names.config_key(key))
    size = sum(len(value.encode()) for value in data.values()) + sum(map(_decoded_length, binary.values()))
    if size > _LARGEST:
        yield too_long("", _LARGEST)


def secret(item: Json, old: Json | None) -> Iterator[Fault]:
    if old is not None:
        yield from unchanged(item, old, "type", "")
        yield from _fixed(item, old, "data")
    data = item.get("data", {})
    for key in data:
        yield from (invalid(f"data[{key}]", key, why) for why in names.config_key(key))
    if sum(map(_decoded_length, data.values())) > _LARGEST:
        yield too_long("data", _LARGEST)
    kind = item.get("type", "")
    for (key,) in _NEEDED.get(kind, ()):
        if key not in data:
            yield required(f"data[{key}]")
        elif kind.startswith("kubernetes.io/dockerc"):
            yield from _json(key, data[key])
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & data.keys():
        yield required("data[username]")
        yield required("data[password]")
    account = "kubernetes.io/service-account.name"
    if kind == "kubernetes.io/service-account-token" and not item["metadata"].get("annotations", {}).get(account):
        yield required(f"metadata.annotations[{account}]")


def _json(key: str, coded: str | None) -> Iterator[Fault]:
    try:
        json.loads(base64.b64decode(coded or ""))
    except ValueError as bad:
        yield invalid(f"data[{key}]", "<secret contents redacted>", str(bad))


def _fixed(item: Json, old: Json, *names_of_data: str) -> Iterator[Fault]:
    if not old.get("immutable"):
        return
    if not item.get("immutable"):
        yield forbidden("immutable", _FIXED)
    for name in names_of_data:
        if item.get(name) != old.get(name):
            yield forbidden(name, _FIXED)


def _decoded_length(coded: str | None) -> int:
    return 0 if coded is None else len(coded) * 3 // 4 - coded.count("=")
