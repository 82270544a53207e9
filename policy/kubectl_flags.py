"""kubectl's flags: which of them each verb knows, which take a value, and which never belong in a command of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from policy.shell import NotUnderstood

FOREIGN = {
    "as": "acts as somebody else",
    "as-group": "acts as somebody else",
    "as-uid": "acts as somebody else",
    "as-user-extra": "acts as somebody else",
    "user": "uses another identity",
    "token": "brings its own credential",
    "username": "brings its own credential",
    "password": "brings its own credential",
    "client-key": "brings its own credential",
    "client-certificate": "brings its own credential",
    "kubeconfig": "uses another kubeconfig",
    "kuberc": "reads preferences from a file",
    "context": "names its own cluster; leave --context out, commands run on the cluster of the conversation",
    "cluster": "names its own cluster",
    "server": "talks to another server",
    "certificate-authority": "trusts another authority",
    "tls-server-name": "trusts another server name",
    "insecure-skip-tls-verify": "does not check who answers",
    "disable-compression": "changes how kubectl talks to the server",
    "raw": "sends a raw request, or prints raw credentials",
    "cache-dir": "writes files",
    "profile": "writes files",
    "profile-output": "writes files",
    "log-file": "writes files",
    "log-dir": "writes files",
    "output-directory": "writes files",
    "resolve": "reads the values of Secrets",
}
"""Flags that no command may carry, whatever its verb, with what is wrong about them."""

_FROM_FILES = ("filename", "kustomize", "patch-file", "from-file", "from-env-file", "env-file")
_COMMON = "namespace/n= request-timeout= v/v="
_PRINTED = "output/o= template= show-managed-fields allow-missing-template-keys no-headers"
_CHOSEN = "selector/l= all field-selector= recursive/R local all-namespaces/A"
_WRITTEN = f"dry-run=? field-manager= {_PRINTED} {_CHOSEN} record"
_PODS = "pod-running-timeout= container/c="

_VERBS: Mapping[str, str] = {
    "get": f"{_PRINTED} selector/l= field-selector= all-namespaces/A watch/w watch-only output-watch-events "
    "chunk-size= ignore-not-found label-columns/L= show-kind show-labels sort-by= subresource= server-print "
    "recursive/R",
    "describe": "selector/l= all-namespaces/A show-events chunk-size= recursive/R",
    "logs": f"{_PODS} follow/f previous/p tail= since= since-time= timestamps prefix selector/l= all-containers "
    "all-pods ignore-errors limit-bytes= max-log-requests= insecure-skip-tls-verify-backend",
    "events": "all-namespaces/A for= types= watch/w output/o= no-headers chunk-size= template= show-managed-fields "
    "allow-missing-template-keys",
    "top pod": "all-namespaces/A containers selector/l= field-selector= sort-by= sum no-headers use-protocol-buffers",
    "top node": "selector/l= sort-by= no-headers show-capacity use-protocol-buffers",
    "explain": "recursive api-version= output=",
    "api-resources": "api-group= cached categories= namespaced=? no-headers output/o= sort-by= verbs=",
    "api-versions": "",
    "version": "client output/o= short",
    "cluster-info": "",
    "auth can-i": "all-namespaces/A list quiet/q subresource= no-headers",
    "auth whoami": f"{_PRINTED}",
    "wait": f"for= timeout= {_PRINTED} {_CHOSEN}",
    "rollout status": "watch/w=? timeout= revision= selector/l=",
    "rollout history": f"revision= selector/l= {_PRINTED}",
    "rollout undo": f"to-revision= {_WRITTEN}",
    "rollout restart": _WRITTEN,
    "rollout pause": _WRITTEN,
    "rollout resume": _WRITTEN,
    "scale": f"replicas= current-replicas= resource-version= timeout= {_WRITTEN}",
    "set image": _WRITTEN,
    "set env": f"containers/c= env/e= keys= overwrite list prefix= from= {_WRITTEN}",
    "set resources": f"containers/c= limits= requests= {_WRITTEN}",
    "patch": f"patch/p= type= subresource= {_WRITTEN}",
    "label": f"overwrite resource-version= list {_WRITTEN}",
    "annotate": f"overwrite resource-version= list {_WRITTEN}",
    "cordon": "dry-run=? selector/l=",
    "uncordon": "dry-run=? selector/l=",
    "delete": "grace-period= now force wait=? timeout= cascade=? ignore-not-found output/o= interactive/i dry-run=? "
    f"{_CHOSEN}",
}
"""Name, short name after a slash; `=` takes a value, `=?` takes one only when it is joined with `=`."""

_REPEATABLE = frozenset({"label-columns", "env", "limits", "requests"})


@dataclass(frozen=True, slots=True)
class Arguments:
    """A command line after its verb, taken apart."""

    words: tuple[str, ...]
    flags: Mapping[str, str] = field(default_factory=dict)
    """Long name to value; "true" for a switch."""

    def on(self, name: str) -> bool:
        return self.flags.get(name, "false") == "true"


@cache
def _known(verb: str) -> dict[str, tuple[str, str]]:
    """Every spelling to (long name, how it takes a value)."""
    known: dict[str, tuple[str, str]] = {}
    for spec in f"{_COMMON} {_VERBS[verb]}".split():
        name = spec.rstrip("=?")
        takes = spec[len(name) :]
        long, _, short = name.partition("/")
        known[long] = (long, takes)
        if short:
            known[f"-{short}"] = (long, takes)
    return known


def knows(verb: str) -> bool:
    return verb in _VERBS


def verb_and_rest(argv: tuple[str, ...], two_words: frozenset[str]) -> tuple[str, list[str]]:
    """The verb (two words for `rollout undo` and its like) and everything else, wherever the global flags stand."""
    words: list[str] = []
    rest: list[str] = []
    waiting = iter(argv)
    wanted = 1
    for word in waiting:
        if len(words) == wanted:
            rest.append(word)
        elif word.startswith("-") and len(word) > 1:
            _refuse_foreign(word)
            rest.append(word)
            if word in ("-n", "--namespace", "--request-timeout"):
                rest.append(next(waiting, ""))
            elif not word.startswith(("-n", "--namespace=", "--request-timeout=")):
                raise NotUnderstood(f"{word[:60]} stands before the verb; write the verb first.")
        else:
            words.append(word)
            if words == [word] and word in two_words:
                wanted = 2
    return " ".join(words), rest


def take_apart(verb: str, rest: list[str]) -> Arguments:
    """Words and flags of a command, as kubectl would read them; NotUnderstood for what `verb` does not know."""
    known = _known(verb)
    words: list[str] = []
    flags: dict[str, str] = {}
    waiting = iter(rest)
    for word in waiting:
        if word == "--":
            raise NotUnderstood("it ends its flags with `--`, which hides what follows.")
        if not word.startswith("-") or word == "-":
            words.append(word)
            continue
        _refuse_foreign(word)
        for name, takes, value in _flags_in(word, known, verb):
            if name in flags and name not in _REPEATABLE:
                raise NotUnderstood(f"it gives --{name} twice.")
            if value is None and takes == "=":
                value = next(waiting, None)
                if value is None:
                    raise NotUnderstood(f"--{name} has no value.")
            if takes == "" and value not in (None, "true", "false"):
                raise NotUnderstood(f"--{name} is a switch; {value[:40]!r} is no value for it.")
            joined = flags[name] + "," if name in flags else ""
            flags[name] = joined + ("true" if value is None else value)
    return Arguments(tuple(words), flags)


def _flags_in(word: str, known: dict[str, tuple[str, str]], verb: str) -> list[tuple[str, str, str | None]]:
    """The flags in one word: one long flag, or a bundle of short ones of which the last may carry a value."""
    if word.startswith("--"):
        name, joined, value = word[2:].partition("=")
        if name in _FROM_FILES:
            raise NotUnderstood(f"--{name} takes what it does from a file, which is not part of what people see.")
        if name not in known or name.startswith("-"):
            raise NotUnderstood(f"--{name[:40]} is no flag of `kubectl {verb}` that is understood here.")
        long, takes = known[name]
        return [(long, takes, value if joined else None)]
    found: list[tuple[str, str, str | None]] = []
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter in "fk" and f"-{letter}" not in known:
            raise NotUnderstood(f"-{letter} takes what it does from a file, which is not part of what people see.")
        if f"-{letter}" not in known:
            raise NotUnderstood(f"-{letter} is no flag of `kubectl {verb}` that is understood here.")
        long, takes = known[f"-{letter}"]
        if (takes == "=" and letters) or letters.startswith("="):
            found.append((long, takes, letters.removeprefix("=")))
            break
        found.append((long, takes, None))
    return found


def _refuse_foreign(word: str) -> None:
    name = word[2:].partition("=")[0] if word.startswith("--") else ""
    if word.startswith("-s") and not word.startswith("--"):
        name = "server"
    if name in FOREIGN:
        raise NotUnderstood(f"--{name} {FOREIGN[name]}.")
