"""Why a container restarts: what its exit code means, who ended it, and whether it is over by now."""

from datetime import timedelta
from typing import Literal

from domain.plain_json import Json, dig
from tools.kubernetes.moments import ago, created, moment
from tools.kubernetes.pods import Container
from tools.kubernetes.relations import Relations, event_time

Why = Literal["out-of-memory", "liveness", "startup", "crash"]

_FORGIVEN = timedelta(minutes=10)
"""A kubelet forgets the earlier failures of a container that has run for so long."""
_SETTLED = timedelta(seconds=10)
_PROVEN = timedelta(seconds=30)
"""However short the tries were, one that runs for so long is another kind of try."""
_A_HABIT = timedelta(hours=1)
"""Restarts that come more often than this, all of a pod's life, belong together."""

_EXIT_CODES = {
    0: "it finished by itself, although it should keep running",
    1: "the program ended with an error",
    2: "wrong usage, or an error the program calls 2",
    125: "the container runtime could not start it",
    126: "the command was found but may not be executed",
    127: "the command was not found in the image",
    128: "the runtime could not start the command",
    130: "interrupted (SIGINT)",
    132: "illegal instruction (SIGILL): perhaps an image for another CPU",
    134: "the program aborted itself (SIGABRT)",
    135: "bus error (SIGBUS)",
    136: "arithmetic error (SIGFPE)",
    137: "killed (SIGKILL): out of memory, a failed liveness probe, or too slow to stop",
    139: "segmentation fault (SIGSEGV)",
    141: "broken pipe (SIGPIPE)",
    143: "asked to stop (SIGTERM): a failed liveness probe, or a shutdown",
    255: "the program ended with -1, or the node lost it",
}


def explain_exit(code: int | None) -> str:
    """What an exit code says, in a few words; "" where it says nothing in particular."""
    if code is None:
        return ""
    if code in _EXIT_CODES:
        return _EXIT_CODES[code]
    return f"ended by signal {code - 128}" if 128 < code < 160 else "the program's own code"


def why_restarting(relations: Relations, container: Container) -> Why:
    """Who ended the last try: the kernel for memory, the kubelet for a probe, or the program itself."""
    if container.last_end.get("reason") == "OOMKilled":
        return "out-of-memory"
    for event in relations.events("Pod", container.pod):
        message = str(event.get("message", "")).lower()
        if event.get("reason") != "Killing" or not _about(event, container):
            continue
        if ago(event_time(event), relations.state.now) > timedelta(hours=1):
            break
        if "startup probe" in message:
            return "startup"
        if "liveness probe" in message:
            return "liveness"
    return "crash"


def keeps_restarting(container: Container, relations: Relations) -> bool:
    """Whether restarting is still going on: a crash counts until the try after it has clearly outlived the one before.

    What it is doing at the moment of a look says little: a container in a crash loop runs, and may be ready, between
    any two crashes.
    """
    if container.waiting_reason == "CrashLoopBackOff":
        return True
    if container.terminated:
        return _is_started_again(container)
    if container.restarts == 0 or not container.is_running:
        return False
    running, last_try = ago(container.running_since, relations.state.now), _last_try(container)
    if container.restarts == 1 and container.ready:
        # One crash that was survived is no loop; one of a young container may be the first of many.
        return last_try < _FORGIVEN and running < max(last_try * 1.5, _SETTLED)
    return running < min(max(last_try * 2, _PROVEN), _memory(container, relations))


def _is_started_again(container: Container) -> bool:
    """Whether a container that has just ended is going to be tried again, and not as an init container that is done."""
    if container.restarts == 0:
        return bool(container.exit_code) and dig(container.pod, "spec", "restartPolicy", default="Always") != "Never"
    return container.exit_code != 0 or not container.init


def _last_try(container: Container) -> timedelta:
    """How long the newest finished try lasted; nothing where that is not known."""
    began, ended = moment(container.last_end.get("startedAt")), container.last_end_at
    return ended - began if began and ended else timedelta()


def _memory(container: Container, relations: Relations) -> timedelta:
    """How long after a restart it still matters: longer where restarting has become a habit."""
    age = ago(created(container.pod), relations.state.now)
    is_habit = container.restarts >= 3 and age < container.restarts * _A_HABIT
    return _A_HABIT if is_habit else _FORGIVEN


def _about(event: Json, container: Container) -> bool:
    """Events name the container as `spec.containers{web}`; one without a name is about the pod's only container."""
    field = str(dig(event, "involvedObject", "fieldPath", default=""))
    return "{" not in field or field.endswith("{" + container.name + "}")
