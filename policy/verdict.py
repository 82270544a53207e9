"""The judgement on a piece of shell text: how harmful it is, why, and whether the executor may run it.

`risk` and `runnable` are two questions. The risk is what the text would do, the highest of all its commands;
what is not understood, touches Secrets or borrows an identity is `forbidden`. Runnable is what the executor may do:
only single commands of kubectl, of the verbs it knows, on named objects, that were observed where that is asked for,
and amtool's for silences.
`kubectl drain` is high and not runnable; a person may copy it.
"""

from collections.abc import Collection
from dataclasses import dataclass

from domain.objects import ObjectRef
from domain.proposals import READ_VERBS
from domain.risk import Risk
from domain.scripts import ApiRequest, ShellCommand
from policy import amtool
from policy.filters import FILTERS, check_filter
from policy.kubectl import KubectlCall, understand
from policy.shell import NotUnderstood, parse_pipelines


@dataclass(frozen=True, slots=True)
class Verdict:
    risk: Risk
    reasons: tuple[str, ...]
    """Sentences for the person who decides, without repeats."""
    commands: tuple[ShellCommand, ...] = ()
    requests: tuple[ApiRequest, ...] = ()
    """All API requests the commands may make."""
    runnable: bool = False
    calls: tuple[KubectlCall, ...] = ()
    """One for each command, where the text was understood."""


def judge(text: str, *, namespace: str = "default", observed: Collection[ObjectRef] | None = None) -> Verdict:
    """The verdict on `text`, run in `namespace`; with `observed`, only objects among them may be changed."""
    try:
        pipelines = parse_pipelines(text)
        calls = tuple(_understood(pipeline, namespace) for pipeline in pipelines)
    except NotUnderstood as reason:
        return Verdict(Risk.forbidden, (f"Not run: {reason}",))
    reasons = [sentence for call in calls for sentence in call.reasons]
    runnable = all(call.runnable for call in calls)
    if any(len(pipeline) > 1 for pipeline in pipelines):
        reasons.append("It is not run by itself: scripts are made of single commands, without pipes.")
        runnable = False
    if observed is not None and (strangers := _not_observed(calls, observed)):
        reasons += strangers
        runnable = False
    risk = max(call.risk for call in calls)
    return Verdict(
        risk,
        tuple(dict.fromkeys(reasons)),
        tuple(command for pipeline in pipelines for command in pipeline),
        tuple(dict.fromkeys(request for call in calls for request in call.requests)),
        runnable and risk is not Risk.forbidden,
        calls,
    )


def _understood(pipeline: tuple[ShellCommand, ...], namespace: str) -> KubectlCall:
    first, *filters = pipeline
    if filters and (first.argv[0] in FILTERS or first.argv[0] != "kubectl"):
        raise NotUnderstood("only the output of kubectl may be piped.")
    call = amtool.understand(first) if first.argv[0] == "amtool" else understand(first, namespace=namespace)
    for command in filters:
        if call.risk is not Risk.read:
            raise NotUnderstood("it pipes the output of a command that changes something.")
        check_filter(command)
    return call


def _not_observed(calls: tuple[KubectlCall, ...], observed: Collection[ObjectRef]) -> list[str]:
    """What reaches beyond the evidence: changed objects nobody saw, reads of namespaces nobody looked at."""
    seen = {(ref.namespace, ref.kind, ref.name) for ref in observed}
    places = {ref.namespace for ref in observed} | {ref.name for ref in observed if ref.kind == "Namespace"}
    strangers = []
    for call in calls:
        changes = any(request.verb not in READ_VERBS for request in call.requests)
        for one in call.targets:
            known = (one.namespace, one.kind, one.name) in seen
            if not known and (changes or one.namespace not in places or not one.namespace):
                strangers.append(f"{one} was not observed, so nothing is run on it.")
        unseen = {r.namespace for r in call.requests if r.verb in ("list", "watch")} - places - {""}
        strangers += [f"Nothing was observed in the namespace {place}, so nothing is run there." for place in unseen]
        if call.all_namespaces:
            strangers.append("It reaches into every namespace, not only those that were observed.")
    return list(dict.fromkeys(strangers))
