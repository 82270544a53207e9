"""The holes in a runbook's commands: what each is called, what may go in, and what never may.

A slot is written `{{workload}}`. Its value comes from what was observed and from nowhere else, and it must be of the
slot's type: what is not is `Unfillable`, so a strange name in a cluster ends as a task for a person, not as a command.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from domain.errors import HildaError
from policy.untrusted import has_deceptive_characters

SLOT = re.compile(r"\{\{\s*([A-Za-z0-9_]*)\s*\}\}")


class Unfillable(HildaError):
    """A slot has no value that may stand in a command; says which, and what would be needed."""

    def __init__(self, slot: str, needed: str) -> None:
        super().__init__(f"{{{{{slot}}}}} cannot be filled: {needed}")
        self.slot = slot
        self.needed = needed
        """A clause for a sentence: "the previous image was not observed"."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot: its type, and what to call it where it has no value."""

    name: str
    phrase: str
    """How a person says it: "the previous image"."""
    accepts: Callable[[str], bool]
    form: str
    """What a right value looks like, for the sentence that refuses a wrong one."""
    sample: str
    """A harmless value of the right form, for checking runbooks without a cluster."""
    plural: bool = False
    rendered: Callable[[str], str] = str

    def render(self, value: str) -> str:
        """The value as it stands in a command; Unfillable when it is not of the slot's type."""
        if has_deceptive_characters(value):
            raise Unfillable(self.name, f"{self.phrase} holds characters that do not show as what they are")
        if not self.accepts(value):
            raise Unfillable(self.name, f"{self.phrase} is not {self.form}")
        return self.rendered(value)


def _matches(pattern: str, *, longest: int) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: len(value) <= longest and compiled.fullmatch(value) is not None


_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
dns_label = _matches(_LABEL, longest=63)
dns_subdomain = _matches(rf"{_LABEL}(?:\.{_LABEL})*", longest=253)
revision = _matches(r"[1-9][0-9]*", longest=18)
env_name = _matches(r"[A-Za-z_][A-Za-z0-9_.-]*", longest=253)
config_key = _matches(r"[A-Za-z0-9._][-A-Za-z0-9._]*", longest=253)
quantity = _matches(r"[0-9]+(?:\.[0-9]+)?(?:m|k|[MGTPE]|[KMGTPE]i|e[0-9]+)?", longest=32)
number = _matches(r"-?[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?", longest=40)
count = _matches(r"[0-9]+", longest=9)
label_key = _matches(rf"(?:{_LABEL}(?:\.{_LABEL})*/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?", longest=317)
label_value = _matches(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", longest=63)
image = _matches(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/)?"
    r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[a-f0-9]{64})?",
    longest=512,
)


def line_value(value: str) -> bool:
    """Plain printable text on one line: the value of an environment variable.

    Without quotes that a shell word could only carry in pieces; policy does not read such words.
    """
    return len(value) <= 1024 and value.isascii() and value.isprintable() and "'" not in value and '""' not in value


def text_value(value: str) -> bool:
    """Printable text that may have several lines: the value of a ConfigMap key."""
    return len(value) <= 4096 and all(line.isprintable() for line in value.replace("\t", " ").split("\n"))


def promql(value: str) -> bool:
    """A query that was asked before; it is read by Prometheus only, never by a shell."""
    return 0 < len(value) <= 2000 and value.isprintable()


_ROLLED_OUT = {"deployment", "statefulset", "daemonset"}


def workload_kind(value: str) -> bool:
    """A kind that has rollouts."""
    return value.lower() in _ROLLED_OUT


def config_map_kind(value: str) -> bool:
    """Only ConfigMaps: what a Secret held is never read, so it cannot be written back."""
    return value.lower() == "configmap"


_NAME = "a lower-case DNS name of Kubernetes"
_REVISION = "a positive whole number"

_ALL = (
    Slot("namespace", "the namespace", dns_label, _NAME, "shop"),
    Slot("workload", "the workload", dns_subdomain, _NAME, "checkout"),
    Slot(
        "workload_kind",
        "the workload's kind",
        workload_kind,
        "a Deployment, StatefulSet or DaemonSet",
        "Deployment",
        rendered=str.lower,
    ),
    Slot("container", "the container", dns_label, _NAME, "app"),
    Slot("pod", "the pod", dns_subdomain, _NAME, "checkout-5d9c7b6f4-x2x7q"),
    Slot("service", "the service", dns_label, _NAME, "checkout"),
    Slot("node", "the node", dns_subdomain, _NAME, "node-1"),
    Slot("image", "the present image", image, "an image reference", "registry.example.com/shop/checkout:1.8.0"),
    Slot(
        "previous_image", "the previous image", image, "an image reference", "registry.example.com/shop/checkout:1.7.3"
    ),
    Slot("current_revision", "the present revision", revision, _REVISION, "7"),
    Slot("previous_revision", "the previous revision", revision, _REVISION, "6"),
    Slot(
        "config_kind",
        "the kind of configuration",
        config_map_kind,
        "a ConfigMap (Secrets are neither read nor written)",
        "ConfigMap",
        rendered=str.lower,
    ),
    Slot("config_name", "the ConfigMap", dns_subdomain, _NAME, "checkout-config"),
    Slot("config_key", "the ConfigMap's key", config_key, "a ConfigMap key", "DATABASE_HOST"),
    Slot(
        "config_value", "the key's previous value", text_value, "printable text of at most 4,096 characters", "db.shop"
    ),
    Slot(
        "present_config_value",
        "the key's present value",
        text_value,
        "printable text of at most 4,096 characters",
        "db.elsewhere",
    ),
    Slot("env_name", "the environment variable", env_name, "the name of an environment variable", "DB_POOL_SIZE"),
    Slot("env_value", "the variable's present value", line_value, "one plain line of at most 1,024 characters", "5"),
    Slot(
        "previous_env_value",
        "the variable's previous value",
        line_value,
        "one plain line of at most 1,024 characters",
        "50",
    ),
    Slot("memory_limit", "the present memory limit", quantity, "a Kubernetes quantity such as 512Mi", "128Mi"),
    Slot(
        "previous_memory_limit", "the previous memory limit", quantity, "a Kubernetes quantity such as 512Mi", "512Mi"
    ),
    Slot("replicas", "the number of replicas", count, "a whole number", "3"),
    Slot("autoscaler", "the autoscaler", dns_subdomain, _NAME, "checkout"),
    Slot("max_replicas", "the autoscaler's present limit", revision, _REVISION, "5"),
    Slot("needed_replicas", "the number of replicas that the load needs", revision, _REVISION, "8"),
    Slot("claim", "the volume claim", dns_subdomain, _NAME, "checkout-data"),
    Slot("storage_class", "the storage class", dns_subdomain, _NAME, "fast"),
    Slot("selector_key", "the label's name", label_key, "a label's name", "app.kubernetes.io/name"),
    Slot("selector_value", "the label that the pods have", label_value, "a label's value", "checkout"),
    Slot("present_selector_key", "the present label's name", label_key, "a label's name", "app.kubernetes.io/nmae"),
    Slot("present_selector_value", "the present label", label_value, "a label's value", "chekout"),
    Slot("baseline", "the latency from before", number, "a number", "0.12"),
    Slot("latency_query", "the latency query", promql, "a PromQL expression", "latency_p95_seconds"),
    Slot("errors_bound", "the share of errors that is usual", number, "a number", "2"),
    Slot("errors_query", "the query for errors", promql, "a PromQL expression", "errors_percent"),
    Slot("pool_query", "the query for the pool's use", promql, "a PromQL expression", "pool_used_percent"),
)

SLOTS: Mapping[str, Slot] = {slot.name: slot for slot in _ALL}

WHOLE_NUMBERS = frozenset(slot.name for slot in _ALL if slot.accepts in (revision, count))
"""Slots that may stand in JSON where a number does, without quotes."""

CHANGED_FROM: Mapping[str, str] = {
    "previous_image": "image",
    "previous_revision": "current_revision",
    "previous_env_value": "env_value",
    "previous_memory_limit": "memory_limit",
    "needed_replicas": "max_replicas",
    "config_value": "present_config_value",
}
"""Where going back only makes sense when the two differ."""


CALLED_BY: Mapping[str, str] = {
    "config_value": "config_key",
    "present_config_value": "config_key",
    "previous_env_value": "env_name",
    "env_value": "env_name",
}
"""Free values, and the name each goes by: together they tell whether it is a secret."""


def slots_in(template: str) -> tuple[str, ...]:
    """Names of the slots in a text, in order of first appearance, known or not."""
    return tuple(dict.fromkeys(found.group(1) for found in SLOT.finditer(template)))


def say(template: str, values: Mapping[str, str]) -> str:
    """A title for a person: observed values where there are any, what the slot is called where not."""

    def word(found: re.Match[str]) -> str:
        slot = SLOTS.get(found.group(1))
        return (_shown(slot, values) or slot.phrase) if slot else found.group(0)

    return SLOT.sub(word, template)


def say_what_is_known(template: str, values: Mapping[str, str]) -> str:
    """Prose for a person, without the sentences that would need a value nobody observed."""
    sentences = re.split(r"(?<=[.!?:])\s+(?=[A-Z{`\-])", template)
    known = [s for s in sentences if all(_shown(SLOTS[name], values) for name in slots_in(s) if name in SLOTS)]
    return say(" ".join(known), values)


def _shown(slot: Slot, values: Mapping[str, str]) -> str:
    try:
        return slot.render(values.get(slot.name, ""))
    except Unfillable:
        return ""
