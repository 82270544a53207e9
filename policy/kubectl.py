"""What a kubectl command line means: its verb, its objects, the API requests it may make, its risk.

Three kinds of verbs: those that read (kubectl_reads.py), those that change and that the executor may run
(kubectl_writes.py), and all the others here, which are judged honestly so that a person who copies one knows what it
does, but which the executor never runs. A verb in none of the three is a plugin for all we know: not understood.
"""

import re
import shlex
from collections.abc import Mapping

from domain.risk import Risk
from domain.scripts import ApiRequest, ShellCommand
from policy.kubectl_call import KubectlCall, ObjectTarget
from policy.kubectl_flags import FOREIGN, take_apart, verb_and_rest
from policy.kubectl_reads import READS, reading
from policy.kubectl_writes import WRITES, writing
from policy.shell import NotUnderstood

__all__ = ["ApiRequest", "KubectlCall", "NotUnderstood", "ObjectTarget", "for_people", "understand"]

_TWO_WORDS = frozenset({"rollout", "set", "top", "auth", "config", "create", "certificate", "apply", "plugin", "alpha"})
_ALIASES = {
    "top pods": "top pod",
    "top po": "top pod",
    "top nodes": "top node",
    "top no": "top node",
    "log": "logs",
}

_NEVER_RUN: Mapping[str, tuple[Risk, str]] = {
    "drain": (Risk.high, "It evicts every pod of a node."),
    "taint": (Risk.high, "It decides which pods may stay on a node, and can evict them all."),
    "exec": (Risk.high, "It runs any program inside a container."),
    "attach": (Risk.high, "It takes over a container's terminal."),
    "debug": (Risk.high, "It starts a container of its own beside a workload or on a node."),
    "run": (Risk.high, "It starts a pod from any image."),
    "cp": (Risk.forbidden, "It copies files into or out of a container."),
    "proxy": (Risk.forbidden, "It opens the API server to everybody who reaches this machine."),
    "port-forward": (Risk.forbidden, "It opens a way into the cluster."),
    "edit": (Risk.forbidden, "It changes whatever somebody types afterwards."),
    "apply": (Risk.forbidden, "It writes what stands in files, which are not part of what people see."),
    "replace": (Risk.forbidden, "It writes what stands in files, which are not part of what people see."),
    "create": (Risk.forbidden, "It creates objects, which nothing here rehearses or undoes."),
    "diff": (Risk.forbidden, "It reads files and starts a program of the environment's choice."),
    "kustomize": (Risk.forbidden, "It reads files or addresses."),
    "expose": (Risk.medium, "It creates a Service."),
    "autoscale": (Risk.medium, "It creates an autoscaler."),
    "certificate approve": (Risk.high, "It lets somebody in with a new certificate."),
    "certificate deny": (Risk.high, "It decides about somebody's certificate."),
    "auth reconcile": (Risk.high, "It changes who may do what."),
    "set serviceaccount": (Risk.high, "It changes the rights that a workload's pods have."),
    "set sa": (Risk.high, "It changes the rights that a workload's pods have."),
    "set subject": (Risk.high, "It changes who may do what."),
    "set selector": (Risk.high, "It changes which pods get a Service's traffic, without saying which lost it."),
    "config current-context": (Risk.read, "It reads this machine's kubeconfig."),
    "config get-contexts": (Risk.read, "It reads this machine's kubeconfig."),
    "config get-clusters": (Risk.read, "It reads this machine's kubeconfig."),
    "config get-users": (Risk.read, "It reads this machine's kubeconfig."),
    "config view": (Risk.read, "It reads this machine's kubeconfig, with credentials left out."),
    "config": (Risk.forbidden, "It changes this machine's kubeconfig."),
    "options": (Risk.read, "It prints help."),
    "help": (Risk.read, "It prints help."),
    "completion": (Risk.read, "It prints a shell's completion script."),
}
"""Verbs that a person may copy. Copying, tunnelling and whatever takes its content from elsewhere is forbidden
(nobody can see what it would do); the rest carries the risk of what it does."""


def understand(command: ShellCommand | tuple[str, ...], *, namespace: str = "default") -> KubectlCall:
    """What `command` means when run in `namespace`; NotUnderstood when that cannot be told.

    >>> call = understand(("kubectl", "scale", "deploy/web", "--replicas=3"), namespace="shop")
    >>> call.risk.name, [f"{r.verb} {r.resource}/{r.subresource}" for r in call.requests if r.verb == "patch"]
    ('medium', ['patch deployments/scale'])
    """
    argv = command.argv if isinstance(command, ShellCommand) else command
    if not argv or argv[0] != "kubectl":
        raise NotUnderstood(f"{(argv or ('nothing',))[0][:60]!r} is not kubectl.")
    verb, rest = verb_and_rest(argv[1:], _TWO_WORDS)
    verb = _ALIASES.get(verb, verb)
    if not verb:
        raise NotUnderstood("it has no verb.")
    if any(flag in rest for flag in ("--help", "-h")) and verb in READS | WRITES:
        return KubectlCall(verb, namespace, reasons=("It prints help.",), runnable=False)
    if verb in READS:
        return reading(verb, take_apart(verb, rest), namespace)
    if verb in WRITES:
        return writing(verb, take_apart(verb, rest), namespace)
    return _never_run(verb, rest, namespace)


def for_people(command: str, context: str) -> str:
    """`command` as people copy it: every kubectl in it names its cluster. What runs never carries a context."""
    if not context:
        return command
    return re.sub(
        r"(?m)(^|&& |; |\| )kubectl(?= )", lambda m: f"{m[1]}kubectl --context {shlex.quote(context)}", command
    )


def _never_run(verb: str, rest: list[str], namespace: str) -> KubectlCall:
    first = verb.split()[0]
    known = _NEVER_RUN.get(verb) or _NEVER_RUN.get(first)
    if known is None:
        raise NotUnderstood(f"`kubectl {verb[:60]}` is no verb that is known here; it may be a plugin.")
    if "--" in rest:
        rest = rest[: rest.index("--")]
    for word in (*verb.split(), *rest):
        name = word.removeprefix("--").partition("=")[0] if word.startswith("--") else ""
        if name in FOREIGN or name == "flatten":
            raise NotUnderstood(f"--{name} {FOREIGN.get(name, 'prints raw credentials')}.")
        if re.match(r"(?i)(?:.*,)?(?:secrets?|token)(?:$|[./,])", word):
            raise NotUnderstood("it touches Secrets or tokens, whose values never pass through here.")
    risk, reason = known
    reasons = (reason, "It is not run here; a person may copy it.")
    return KubectlCall(verb, namespace, risk=risk, reasons=reasons, runnable=False)
