"""kubectl's reading verbs: which requests they make, and the few ways in which they are not for us."""

from collections.abc import Callable, Mapping

from domain.risk import Risk
from domain.scripts import ApiRequest
from policy.kubectl_call import Chosen, KubectlCall, ObjectTarget, choose, namespace_of
from policy.kubectl_flags import Arguments
from policy.resources import HAVE_PODS, WORKLOADS, Resource
from policy.shell import NotUnderstood

_ENDLESS = "it follows what happens and does not end by itself."
_OUTPUTS = frozenset({"json", "yaml", "name", "wide"})
_OUTPUTS_WITH_TEXT = ("jsonpath=", "jsonpath-as-json=", "custom-columns=", "go-template=", "template=")

_Kinds = tuple[tuple[str, str], ...]
_PODS: _Kinds = (("", "pods"),)
_READ_ALONGSIDE: Mapping[str, _Kinds] = {
    "deployments": (("apps", "replicasets"), ("", "pods")),
    "statefulsets": (("apps", "controllerrevisions"), ("", "pods")),
    "daemonsets": (("apps", "controllerrevisions"), ("", "pods")),
    "replicasets": _PODS,
    "replicationcontrollers": _PODS,
    "jobs": _PODS,
    "cronjobs": (("batch", "jobs"),),
    "services": (("discovery.k8s.io", "endpointslices"), ("", "endpoints")),
    "namespaces": (("", "resourcequotas"), ("", "limitranges")),
    "persistentvolumeclaims": _PODS,
    "ingresses": (("", "services"), ("discovery.k8s.io", "endpointslices")),
}
"""What describe, history and logs look up beside the object itself."""


def reading(verb: str, arguments: Arguments, default_namespace: str) -> KubectlCall:
    """A reading command, understood."""
    namespace = namespace_of(arguments, default_namespace)
    _check_output(arguments)
    call = _READERS[verb](arguments, "" if arguments.on("all-namespaces") else namespace, verb)
    reasons: tuple[str, ...] = ("It only reads.",)
    runnable = True
    if any(arguments.on(flag) for flag in ("watch", "watch-only", "follow")) and verb != "rollout status":
        reasons, runnable = (*reasons, f"It is not run by itself: {_ENDLESS}"), False
    if verb.startswith("auth"):
        reasons = (*reasons, "It is not run by itself: it would tell what the executor may do, not you.")
        runnable = False
    return KubectlCall(
        verb,
        namespace,
        arguments.on("all-namespaces"),
        call[0],
        tuple(dict.fromkeys(call[1])),
        arguments.flags,
        Risk.read,
        reasons,
        runnable,
    )


_Understood = tuple[tuple[ObjectTarget, ...], list[ApiRequest]]


def _get(arguments: Arguments, namespace: str, verb: str) -> _Understood:
    if arguments.flags.get("subresource", "status") not in ("status", "scale"):
        raise NotUnderstood("only the subresources status and scale are read.")
    chosen = choose(arguments.words, namespace)
    watch = arguments.on("watch") or arguments.on("watch-only")
    requests = [one.request("get", arguments.flags.get("subresource", "")) for one in chosen.targets]
    requests += _lists(chosen, namespace, watch=watch)
    if watch:
        requests += [ApiRequest("watch", t.group, t.resource, t.namespace, "") for t in chosen.targets]
    return chosen.targets, requests


def _describe(arguments: Arguments, namespace: str, verb: str) -> _Understood:
    chosen = choose(arguments.words, namespace)
    requests = [one.request("get") for one in chosen.targets] + _lists(chosen, namespace)
    places = [(one.resource, one.namespace) for one in chosen.targets]
    places += [(kind.plural, namespace if kind.namespaced else "") for kind in chosen.kinds]
    for resource, where in places:
        requests.append(ApiRequest("list", "", "events", where, ""))
        if resource == "nodes":
            requests += [
                ApiRequest("list", "", "pods", "", ""),
                ApiRequest("list", "coordination.k8s.io", "leases", "", ""),
            ]
        requests += [ApiRequest("list", group, other, where, "") for group, other in _READ_ALONGSIDE.get(resource, ())]
    return chosen.targets, requests


def _logs(arguments: Arguments, namespace: str, verb: str) -> _Understood:
    if "selector" in arguments.flags:
        if arguments.words:
            raise NotUnderstood("it names a pod and a selector.")
        return (), [ApiRequest("list", "", "pods", namespace, ""), ApiRequest("get", "", "pods", namespace, "", "log")]
    words = arguments.words
    if not words or len(words) > 2 or (len(words) == 2 and "container" in arguments.flags):
        raise NotUnderstood("logs are of one pod or workload.")
    chosen = choose(words[:1], namespace, default_kind="" if "/" in words[0] else "pods")
    one = chosen.targets[0]
    if one.resource == "pods":
        return chosen.targets, [one.request("get"), one.request("get", "log")]
    if one.resource not in HAVE_PODS | {"services"}:
        raise NotUnderstood(f"a {one.kind} has no logs.")
    listed = ApiRequest("list", "", "pods", namespace, "")
    return chosen.targets, [one.request("get"), listed, ApiRequest("get", "", "pods", namespace, "", "log")]


def _events(arguments: Arguments, namespace: str, verb: str) -> _Understood:
    if arguments.words:
        raise NotUnderstood("`kubectl events` takes no names; use --for=kind/name.")
    targets = choose((arguments.flags["for"],), namespace).targets if "for" in arguments.flags else ()
    return targets, [ApiRequest("list", "", "events", namespace, "")]


def _top(arguments: Arguments, namespace: str, verb: str) -> _Understood:
    pods = verb == "top pod"
    kind, where = ("pods", namespace) if pods else ("nodes", "")
    listed = ApiRequest("list", "metrics.k8s.io", kind, where, "")
    if not arguments.words:
        return (), [listed, ApiRequest("list", "", kind, where, "")]
    if len(arguments.words) > 1:
        raise NotUnderstood("`kubectl top` takes one name.")
    targets = choose(arguments.words, namespace, default_kind=kind).targets
    measured = ApiRequest("get", "metrics.k8s.io", kind, where, targets[0].name)
    return targets, [measured, targets[0].request("get")]


def _wait(arguments: Arguments, namespace: str, verb: str) -> _Understood:
    if "for" not in arguments.flags:
        raise NotUnderstood("it does not say what to wait --for.")
    chosen = choose(arguments.words, namespace)
    requests = [one.request("get") for one in chosen.targets] + _lists(chosen, namespace, watch=True)
    for one in chosen.targets:
        requests += [ApiRequest(way, one.group, one.resource, one.namespace, "") for way in ("list", "watch")]
    return chosen.targets, requests


def _rollout(arguments: Arguments, namespace: str, verb: str) -> _Understood:
    chosen = choose(arguments.words, namespace)
    requests = [one.request("get") for one in chosen.targets] + _lists(chosen, namespace)
    for one in chosen.targets:
        if one.resource not in WORKLOADS:
            raise NotUnderstood(f"a {one.kind} has no rollout.")
        if verb == "rollout status":
            requests += [ApiRequest(way, one.group, one.resource, one.namespace, "") for way in ("list", "watch")]
        else:
            requests += revisions_of(one)
    return chosen.targets, requests


def revisions_of(one: ObjectTarget) -> list[ApiRequest]:
    """Where the older revisions of a workload are looked up."""
    return [
        ApiRequest("list", "apps", resource, one.namespace, "") for resource in ("replicasets", "controllerrevisions")
    ]


def _about_the_server(arguments: Arguments, namespace: str, verb: str) -> _Understood:
    if arguments.words and verb != "explain":
        raise NotUnderstood(f"`kubectl {verb} {arguments.words[0][:40]}` is not understood here.")
    return (), []


def _about_rights(arguments: Arguments, namespace: str, verb: str) -> _Understood:
    return (), []


def _lists(chosen: Chosen, namespace: str, *, watch: bool = False) -> list[ApiRequest]:
    ways = ("list", "watch") if watch else ("list",)
    return [_every(kind, way, namespace) for kind in chosen.kinds for way in ways]


def _every(kind: Resource, way: str, namespace: str) -> ApiRequest:
    return ApiRequest(way, kind.group, kind.plural, namespace if kind.namespaced else "", "")


def _check_output(arguments: Arguments) -> None:
    output = arguments.flags.get("output", "wide")
    if output in _OUTPUTS or output in ("go-template", "template", "jsonpath", "plaintext", "plaintext-openapiv2"):
        if "template" in arguments.flags and output not in ("go-template", "template", "jsonpath"):
            raise NotUnderstood("--template is given without -o go-template.")
        return
    if not output.startswith(_OUTPUTS_WITH_TEXT):
        raise NotUnderstood(f"the output format {output[:40]!r} is not understood here, or reads a file.")


_READERS: Mapping[str, Callable[[Arguments, str, str], _Understood]] = {
    "get": _get,
    "describe": _describe,
    "logs": _logs,
    "events": _events,
    "top pod": _top,
    "top node": _top,
    "wait": _wait,
    "rollout status": _rollout,
    "rollout history": _rollout,
    "explain": _about_the_server,
    "api-resources": _about_the_server,
    "api-versions": _about_the_server,
    "version": _about_the_server,
    "cluster-info": _about_the_server,
    "auth can-i": _about_rights,
    "auth whoami": _about_rights,
}
READS = frozenset(_READERS)
