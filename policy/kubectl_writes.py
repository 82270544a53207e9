"""kubectl's changing verbs that the executor may run: what each touches, how harmful it is, which requests it makes."""

import re
from collections.abc import Callable, Mapping

from domain.risk import Risk
from domain.scripts import ApiRequest
from policy.judged import Judged
from policy.kubectl_call import PROTECTED_NAMESPACES, KubectlCall, ObjectTarget, choose, namespace_of
from policy.kubectl_flags import Arguments
from policy.kubectl_reads import revisions_of
from policy.marks import judge_marks
from policy.patches import judge_patch
from policy.resources import HAVE_PODS, WORKLOADS
from policy.shell import NotUnderstood

_IMAGE = re.compile(r"[a-zA-Z0-9][\w.\-/:@]{0,500}")
_ENV_NAME = re.compile(r"[A-Za-z_.\-][\w.\-]*")
_CONTAINER = re.compile(r"[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?|\*")
_SCALABLE = frozenset({"deployments", "statefulsets", "replicasets", "replicationcontrollers"})


def writing(verb: str, arguments: Arguments, default_namespace: str) -> KubectlCall:
    """A changing command, understood. By selector or --all it has a risk, but cannot be run: nobody saw the names."""
    namespace = namespace_of(arguments, default_namespace)
    if any(flag in arguments.flags for flag in ("local", "recursive")):
        raise NotUnderstood("it works on files.")
    if arguments.on("list"):
        return _listing(verb, arguments, namespace)
    objects, settings = _split(verb, arguments.words)
    named_kinds = ("nodes",) if verb in ("cordon", "uncordon") else ()
    broad = [
        flag
        for flag in ("selector", "field-selector", "all", "all-namespaces")
        if arguments.flags.get(flag, "false") != "false"
    ]
    chosen = choose(objects, namespace, default_kind=named_kinds[0] if named_kinds else "") if objects else None
    if chosen is None and not broad:
        raise NotUnderstood("it names no object.")
    if chosen is None or not chosen.targets or broad:
        return _unnamed(verb, arguments, namespace)
    judged = _JUDGES[verb](verb, arguments, settings, chosen.targets)
    judged = _in_protected_places(judged, chosen.targets)
    requests = [request for one in chosen.targets for request in _requests(verb, arguments, one)]
    rehearsal = arguments.flags.get("dry-run", "none")
    if rehearsal in ("client", "server"):
        judged = Judged(
            Risk.read, ("It only rehearses (--dry-run); Hilda rehearses every change by itself.",), runnable=False
        )
        requests = [request for request in requests if request.verb in ("get", "list", "watch")]
    elif rehearsal != "none":
        raise NotUnderstood(f"--dry-run is client, server or none, not {rehearsal[:20]!r}.")
    return KubectlCall(
        verb,
        namespace,
        False,
        chosen.targets,
        tuple(dict.fromkeys(requests)),
        arguments.flags,
        judged.risk,
        judged.reasons,
        judged.runnable,
    )


def _split(verb: str, words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The objects, and the settings (`key=value`, `key-`) behind them."""
    if verb not in ("set image", "set env", "label", "annotate"):
        return words, ()
    at = next((n for n, word in enumerate(words) if "=" in word or word.endswith("-")), len(words))
    return words[:at], words[at:]


def _listing(verb: str, arguments: Arguments, namespace: str) -> KubectlCall:
    """`set env --list` and `label --list` only show."""
    objects, settings = _split(verb, arguments.words)
    if settings or "from" in arguments.flags:
        raise NotUnderstood("it lists and changes at once.")
    chosen = choose(objects, namespace)
    requests = tuple(one.request("get") for one in chosen.targets) + tuple(
        ApiRequest("list", kind.group, kind.plural, namespace if kind.namespaced else "", "") for kind in chosen.kinds
    )
    return KubectlCall(
        verb, namespace, False, chosen.targets, requests, arguments.flags, Risk.read, ("It only reads.",)
    )


def _unnamed(verb: str, arguments: Arguments, namespace: str) -> KubectlCall:
    reason = "It changes whatever matches at that moment; to run it, name each object."
    everywhere = arguments.on("all-namespaces")
    return KubectlCall(verb, namespace, everywhere, (), (), arguments.flags, Risk.high, (reason,), runnable=False)


def _in_protected_places(judged: Judged, targets: tuple[ObjectTarget, ...]) -> Judged:
    protected = sorted({one.namespace for one in targets} & PROTECTED_NAMESPACES)
    if not protected:
        return judged
    reason = f"Nothing is ever changed in {', '.join(protected)}, which belongs to the cluster itself."
    return Judged(Risk.forbidden, (*judged.reasons, reason), runnable=False)


def _requests(verb: str, arguments: Arguments, one: ObjectTarget) -> list[ApiRequest]:
    """Every request this command may make about one of its objects."""
    read = one.request("get")
    match verb:
        case "scale" if {"current-replicas", "resource-version"} & arguments.flags.keys():
            return [read, one.request("get", "scale"), one.request("update", "scale")]
        case "scale":
            return [read, one.request("get", "scale"), one.request("patch", "scale")]
        case "delete":
            waits = [ApiRequest(way, one.group, one.resource, one.namespace, "") for way in ("list", "watch")]
            return [read, *waits, one.request("delete")]
        case "rollout undo":
            return [read, *revisions_of(one), one.request("patch")]
        case "set env" if source := arguments.flags.get("from", ""):
            return [read, *(t.request("get") for t in choose((source,), one.namespace).targets), one.request("patch")]
        case "patch":
            return [read, one.request("patch", arguments.flags.get("subresource", ""))]
        case _:
            return [read, one.request("patch")]


_Settings = tuple[str, ...]
_Targets = tuple[ObjectTarget, ...]


def _set_image(verb: str, arguments: Arguments, settings: _Settings, targets: _Targets) -> Judged:
    _only(targets, HAVE_PODS | {"pods"}, "has no containers")
    _need(settings, "it sets no image.")
    for setting in settings:
        container, _, image = setting.partition("=")
        if not _CONTAINER.fullmatch(container) or not _IMAGE.fullmatch(image):
            raise NotUnderstood(f"{setting[:60]!r} is not container=image.")
    return Judged(Risk.medium, ("It rolls out new pods with another image; the former one can be set again.",))


def _set_env(verb: str, arguments: Arguments, settings: _Settings, targets: _Targets) -> Judged:
    _only(targets, HAVE_PODS, "has no pod template")
    source = arguments.flags.get("from", "")
    if source and not re.fullmatch(r"(?:configmaps?|cm)/[a-z0-9.\-]+", source):
        raise NotUnderstood("it takes variables from something that is no ConfigMap.")
    settings = (*settings, *filter(None, arguments.flags.get("env", "").split(",")))
    if not source:
        _need(settings, "it sets no variable.")
    for setting in settings:
        name = setting.partition("=")[0] if "=" in setting else setting.removesuffix("-")
        if not _ENV_NAME.fullmatch(name):
            raise NotUnderstood(f"{setting[:60]!r} is not NAME=value or NAME-.")
    return Judged(
        Risk.medium, ("It rolls out new pods with other environment variables; the former ones can be set again.",)
    )


def _set_resources(verb: str, arguments: Arguments, settings: _Settings, targets: _Targets) -> Judged:
    _only(targets, HAVE_PODS, "has no pod template")
    if not {"limits", "requests"} & arguments.flags.keys():
        raise NotUnderstood("it sets neither --limits nor --requests.")
    return Judged(
        Risk.medium, ("It rolls out new pods with other limits or requests; the former ones can be set again.",)
    )


def _scale(verb: str, arguments: Arguments, settings: _Settings, targets: _Targets) -> Judged:
    _only(targets, _SCALABLE, "cannot be scaled here")
    replicas = arguments.flags.get("replicas", "")
    if not re.fullmatch(r"\d{1,5}", replicas):
        raise NotUnderstood("--replicas is not a number of pods.")
    if int(replicas) == 0:
        return Judged(Risk.high, ("It scales to zero: nothing answers until somebody scales it up again.",))
    return Judged(Risk.medium, (f"It runs {int(replicas)} replicas; the former number can be set again.",))


def _rollout_change(verb: str, arguments: Arguments, settings: _Settings, targets: _Targets) -> Judged:
    if verb in ("rollout pause", "rollout resume"):
        _only(targets, frozenset({"deployments"}), "cannot be paused")
    _only(targets, WORKLOADS, "has no rollout")
    if not re.fullmatch(r"\d{1,9}", arguments.flags.get("to-revision", "0")):
        raise NotUnderstood("--to-revision is not a number.")
    match verb:
        case "rollout undo":
            return Judged(Risk.medium, ("It rolls out an earlier revision; undo works in both directions.",))
        case "rollout restart":
            return Judged(Risk.medium, ("It replaces all pods, a few at a time.",))
        case "rollout pause":
            return Judged(Risk.low, ("It holds back further rollouts and touches no pod.",))
        case _:
            return Judged(Risk.medium, ("It lets a held rollout go on, which may replace pods.",))


def _cordon(verb: str, arguments: Arguments, settings: _Settings, targets: _Targets) -> Judged:
    if verb == "cordon":
        return Judged(Risk.medium, ("New pods are no longer placed on the node; those that run stay. Reversible.",))
    return Judged(Risk.medium, ("New pods may be placed on the node again. Reversible.",))


def _delete(verb: str, arguments: Arguments, settings: _Settings, targets: _Targets) -> Judged:
    others = sorted({one.kind for one in targets if one.resource != "pods"})
    if others:
        return Judged(Risk.high, (f"It deletes a {', '.join(others)}, which cannot be undone.",), runnable=False)
    if arguments.on("force") or arguments.flags.get("grace-period", "1") == "0" or arguments.on("interactive"):
        reason = "It deletes a pod without waiting for its end, so that two of the same name may run."
        return Judged(Risk.high, (reason,), runnable=False)
    if arguments.flags.get("cascade", "background") not in ("background", "true"):
        raise NotUnderstood("only --cascade=background is understood for pods.")
    return Judged(Risk.high, ("It deletes a pod with what only that pod knew; its owner may start another.",))


def _marks(verb: str, arguments: Arguments, settings: _Settings, targets: _Targets) -> Judged:
    _need(settings, f"it sets no {verb}.")
    return judge_marks(verb, settings, targets)


def _patch(verb: str, arguments: Arguments, settings: _Settings, targets: _Targets) -> Judged:
    if arguments.flags.get("subresource", "scale") != "scale":
        raise NotUnderstood("only the subresource scale may be patched.")
    return judge_patch(arguments.flags.get("patch", ""), arguments.flags.get("type", "strategic"), targets)


def _only(targets: _Targets, resources: frozenset[str], complaint: str) -> None:
    for one in targets:
        if one.resource not in resources:
            raise NotUnderstood(f"a {one.kind} {complaint}.")


def _need(settings: _Settings, complaint: str) -> None:
    if not settings:
        raise NotUnderstood(complaint)


_JUDGES: Mapping[str, Callable[[str, Arguments, _Settings, _Targets], Judged]] = {
    "set image": _set_image,
    "set env": _set_env,
    "set resources": _set_resources,
    "scale": _scale,
    "rollout undo": _rollout_change,
    "rollout restart": _rollout_change,
    "rollout pause": _rollout_change,
    "rollout resume": _rollout_change,
    "cordon": _cordon,
    "uncordon": _cordon,
    "delete": _delete,
    "label": _marks,
    "annotate": _marks,
    "patch": _patch,
}
WRITES = frozenset(_JUDGES)
