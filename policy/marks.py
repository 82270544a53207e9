"""Labels and annotations: harmless notes on most objects, and on some the switch of another program."""

import re

from domain.risk import Risk
from policy.judged import Judged, worst
from policy.kubectl_call import ObjectTarget
from policy.shell import NotUnderstood

_KEY = re.compile(r"(?:[a-z0-9]([a-z0-9.\-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([\w.\-]{0,61}[A-Za-z0-9])?")
_OURS_TO_WRITE = frozenset(
    {"kubernetes.io/change-cause", "kubectl.kubernetes.io/restartedAt", "kubernetes.io/description"}
)
_READ_BY_CONTROLLERS = frozenset({"ingresses", "services", "gateways", "httproutes"})
_PRIVILEGED = frozenset(
    {"namespaces", "serviceaccounts", "roles", "rolebindings", "clusterroles", "clusterrolebindings", "apiservices",
     "customresourcedefinitions", "mutatingwebhookconfigurations", "validatingwebhookconfigurations", "networkpolicies",
     "certificatesigningrequests", "storageclasses", "persistentvolumes", "priorityclasses"}
)  # fmt: skip


def judge_marks(verb: str, settings: tuple[str, ...], targets: tuple[ObjectTarget, ...]) -> Judged:
    """What setting (`key=value`) or removing (`key-`) labels or annotations does to these objects."""
    keys = [_key_of(setting) for setting in settings]
    return worst(judge_mark(verb, key, one) for key in keys for one in targets)


def judge_mark(verb: str, key: str, one: ObjectTarget) -> Judged:
    what = "label" if verb == "label" else "annotation"
    if one.resource in _PRIVILEGED:
        reason = f"A {what} on a {one.kind} can change who may do what, or what the whole cluster does."
        return Judged(Risk.high, (reason,), runnable=False)
    domain = key.rpartition("/")[0]
    if (
        key not in _OURS_TO_WRITE
        and domain != "app.kubernetes.io"
        and re.search(r"(?:^|\.)(?:kubernetes\.io|k8s\.io|x-k8s\.io)$", domain)
    ):
        owner = f"The {what} {key} belongs to Kubernetes or one of its controllers, which act on it."
        return Judged(Risk.high, (owner,), runnable=False)
    if one.resource == "nodes":
        return Judged(Risk.high, (f"A {what} on a node can move workloads of the whole cluster.",))
    if one.resource == "pods" and what == "label":
        return Judged(Risk.medium, ("A pod's labels decide which Services and controllers count it as theirs.",))
    if one.resource in _READ_BY_CONTROLLERS and domain:
        return Judged(Risk.medium, (f"The {what} {key} on a {one.kind} may steer traffic.",))
    return Judged(
        Risk.low, (f"It writes {'a label' if verb == 'label' else 'an annotation'} and touches no running pod.",)
    )


def _key_of(setting: str) -> str:
    key = setting.partition("=")[0] if "=" in setting else setting.removesuffix("-")
    if not _KEY.fullmatch(key):
        raise NotUnderstood(f"{setting[:60]!r} is not key=value or key-.")
    return key
