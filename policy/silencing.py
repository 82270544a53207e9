"""Which silence keeps exactly the alerts quiet that were seen: the labels that they all carry, and no others."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from domain.errors import NotAllowed
from domain.silences import Silence

_OF_ONE_POD = frozenset({"pod", "uid", "instance", "endpoint", "pod_ip", "container_id"})
"""What kube-state-metrics says of the pod that it tells about, and of itself; another pod's alert is the same one."""


def matchers_for(alerts: Sequence[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    """Label and value, sorted, of what all these alerts have in common; NotAllowed where that cannot be written.

    >>> matchers_for([{"alertname": "Slow", "pod": "a"}, {"alertname": "Slow", "pod": "b"}])
    (('alertname', 'Slow'),)
    """
    first, *others = [dict(labels) for labels in alerts]
    common = {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}
    if common.get("job", "").endswith("kube-state-metrics") and common.get("namespace") and common.get("container"):
        common = {name: value for name, value in common.items() if name not in _OF_ONE_POD}
    for name, value in common.items():
        if not value.isascii() or not value.isprintable() or set(value) & set('"\\'):
            raise NotAllowed(
                f"The label {name} of this alert has a value that no command here can hold ({value[:60]!r}). "
                "Silence it in Alertmanager itself."
            )
    return tuple(sorted((name, value) for name, value in common.items() if value))


def no_wider(wanted: Silence, than: Iterable[Silence]) -> bool:
    """Whether `wanted` keeps nothing quiet that one of the others would not."""
    return any(set(other.matchers) <= set(wanted.matchers) for other in than)


def signed_anew(silence: Silence, author: str) -> Silence:
    return dataclasses.replace(silence, author=author)
