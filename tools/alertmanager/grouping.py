"""Which alerts belong together, and what makes two words speak of the same alert."""

import hashlib
import re
from collections.abc import Mapping

_PLAIN = re.compile(r"[\w.:/@-]*", re.ASCII)
_LONGEST = 180
_OFFSET, _PRIME, _MASK = 0xCBF29CE484222325, 0x100000001B3, 0xFFFFFFFFFFFFFFFF
"""FNV-1a with 64 bits."""
_TOO_LONG = 100_000
"""Bytes that nobody else's fingerprint is worth counting through."""


def group_key(labels: Mapping[str, str], group_labels: Mapping[str, str]) -> str:
    """What is announced and followed together: the group that Alertmanager made, if it made one.

    A route without `group_by` makes one group of everything, and `group_by: ['...']` one of each alert; there the same
    alert in the same namespace belongs together. Alerts of different clusters never do.

    >>> group_key({"alertname": "KubeJobFailed", "namespace": "shop", "job_name": "a"}, {})
    'alertname=KubeJobFailed,namespace=shop'
    """
    chosen = dict(group_labels)
    if not chosen or chosen == labels:
        chosen = {name: labels[name] for name in ("alertname", "namespace") if name in labels} or dict(labels)
    if "cluster" in labels:
        chosen["cluster"] = labels["cluster"]
    written = ",".join(f"{name}={value}" for name, value in sorted(chosen.items()))
    if len(written) <= _LONGEST and all(_PLAIN.fullmatch(part) for item in chosen.items() for part in item):
        return written
    readable = re.sub(r"[^\w.:/@=,-]+", "_", written, flags=re.ASCII)[: _LONGEST - 20]
    return f"{readable}~{hashlib.sha256(repr(sorted(chosen.items())).encode()).hexdigest()[:16]}"


def fingerprint_of(labels: Mapping[str, str]) -> str:
    """As Prometheus makes it (common/model): 64 bits over sorted names and values, each followed by a byte 255."""
    pairs = sorted((name.encode(errors="replace"), text.encode(errors="replace")) for name, text in labels.items())
    told = b"".join(name + b"\xff" + text + b"\xff" for name, text in pairs)
    if len(told) > _TOO_LONG:
        return hashlib.sha256(told).hexdigest()[:16]
    value = _OFFSET
    for byte in told:
        value = ((value ^ byte) * _PRIME) & _MASK
    return f"{value:016x}"
