"""What a message asks for, told without a model: commands, known names and a small grammar.

The grammar reads only the first few hundred characters as a question; what is pasted below is searched for
names. Anything that fits no pattern and names nothing we know is asked of the runbooks, or declined.
"""

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from domain.levels import Level
from domain.look import Window
from domain.messages import Message
from graphs import grammar
from graphs.report_asked import REPORT
from graphs.windows import window_in


class Intent(StrEnum):
    diagnose = "diagnose"
    metric = "metric"
    logs = "logs"
    listing = "list"
    status = "status"
    changes = "changes"
    since = "since"
    why = "why"
    climb = "climb"
    see = "see"
    undo = "undo"
    silence = "silence"
    stop = "stop"
    runbook = "runbook"
    incidents = "incidents"
    report = "report"
    help = "help"
    smalltalk = "smalltalk"
    decline = "decline"


@dataclass(frozen=True, slots=True)
class Names:
    """Names that exist in the cluster: what a message may refer to."""

    namespaces: frozenset[str] = frozenset()
    workloads: frozenset[tuple[str, str]] = frozenset()
    """(namespace, name) of Deployments, StatefulSets, DaemonSets and Services."""
    pods: frozenset[tuple[str, str]] = frozenset()
    whole: bool = True
    """Whether all of them could be read: only then does a name that is not among them not exist."""


@dataclass(frozen=True, slots=True)
class Understanding:
    intent: Intent
    namespace: str = ""
    service: str = ""
    window: Window | None = None
    what: str = ""
    """The metric, the kind to list, or the words to look up."""
    level: Level | None = None
    """For `climb`: where to; None is one up."""
    previous: bool = False
    pasted: bool = False
    unknown_name: str = ""
    """A name that was clearly meant as one but does not exist."""
    did_you_mean: tuple[str, ...] = ()
    words: tuple[str, ...] = field(default=())


_QUESTION_LENGTH = 400


def understand(message: Message, names: Names, *, focus_namespace: str = "") -> Understanding:
    """What `message` asks for. Follow-ups inherit what the conversation is about from the caller, not from here."""
    text = message.text.strip()
    pasted = bool(grammar.PASTED.search(text)) or text.count("\n") > 3 or len(text) > 4 * _QUESTION_LENGTH
    question = text[:_QUESTION_LENGTH]
    namespace, service = _entities(text, names, focus_namespace)
    intent, what, level = _intent(question, service=service or namespace, pasted=pasted)
    if intent is Intent.decline:
        intent, what, level = _intent(_respelt(question), service=service or namespace, pasted=pasted)
    can_tell = names.whole and not pasted
    unknown, near = _unknown_name(question, names, namespace, service, intent) if can_tell else ("", ())
    return Understanding(
        intent=intent,
        namespace=namespace,
        service=service,
        window=window_in(question, message.at, message.zone) if not pasted else None,
        what=what,
        level=level,
        previous=bool(grammar.PREVIOUS.search(question)),
        pasted=pasted,
        unknown_name=unknown,
        did_you_mean=near,
        words=tuple(grammar.WORD.findall(question.lower())),
    )


def _intent(question: str, *, service: str, pasted: bool) -> tuple[Intent, str, Level | None]:
    if pasted:
        return Intent.diagnose, "", None
    for pattern, intent in _FIXED:
        if pattern.search(question):
            return intent, "", None
    if asked := grammar.LEVEL.search(question):
        return Intent.climb, "", Level(int(asked[1]))
    for pattern, level in _LEVELS:
        if pattern.search(question):
            return Intent.climb, "", level
    if grammar.RUNBOOK.search(question):
        return Intent.runbook, question, None
    if grammar.LOGS.search(question) and not grammar.LOG_IN.search(question):
        return Intent.logs, "", None
    if grammar.CHANGES.search(question):
        return Intent.changes, "", None
    diagnosing = grammar.DIAGNOSE_STRONGLY.search(question)
    for metric, pattern in grammar.METRICS.items():
        if pattern.search(question) and grammar.METRIC_ASKED.search(question) and not diagnosing:
            return Intent.metric, metric, None
    listed = grammar.LIST.search(question)
    if listed and not diagnosing and not grammar.TROUBLED.search(question):
        return Intent.listing, grammar.KINDS[listed["kind"].lower()], None
    if grammar.STATUS.search(question) and service:
        return Intent.status, "", None
    if grammar.DIAGNOSE.search(question) and (
        service or any(about.search(question) for about in (grammar.OURS, grammar.TROUBLE, grammar.BARE_SUBJECT))
    ):
        return Intent.diagnose, "", None
    if grammar.STATUS.search(question):
        return Intent.diagnose, "", None
    if service:
        return Intent.status, "", None
    if grammar.OURS.search(question):
        return Intent.runbook, question, None
    return Intent.decline, "", None


def _respelt(question: str) -> str:
    """The question with slips of the keyboard put right; only asked for when nothing was understood."""

    def nearest(found: re.Match[str]) -> str:
        word = found[0].lower()
        near = difflib.get_close_matches(word, grammar.VOCABULARY, n=1, cutoff=0.8) if len(word) > 3 else []
        return near[0] if near else found[0]

    return re.sub(r"[A-Za-z]+", nearest, question)


_FIXED = (
    (REPORT, Intent.report),
    (grammar.GREETING, Intent.smalltalk),
    (grammar.THANKS, Intent.smalltalk),
    (grammar.WHO, Intent.smalltalk),
    (grammar.HELP, Intent.help),
    (grammar.STOP, Intent.stop),
    (grammar.UNDO, Intent.undo),
    (grammar.SILENCE, Intent.silence),
    (grammar.SEE, Intent.see),
    (grammar.WHY, Intent.why),
    (grammar.SINCE, Intent.since),
    (grammar.INCIDENTS, Intent.incidents),
)
_LEVELS: tuple[tuple[re.Pattern[str], Level | None], ...] = (
    (grammar.NEXT, None),
    (grammar.SCRIPT, Level.script),
    (grammar.COMMANDS, Level.commands),
    (grammar.CHECKLIST, Level.checklist),
)


def _entities(text: str, names: Names, focus_namespace: str) -> tuple[str, str]:
    """The namespace and the workload that the text names, both observed; "" where it names none."""
    words = [word.lower() for word in grammar.WORD.findall(text[:20_000])]
    present = set(words)
    said = [match["name"].lower() for match in grammar.NAMESPACE_SAID.finditer(text[:20_000])]
    namespace = next((name for name in said if name in names.namespaces), "")
    services = {(ns, name) for ns, name in names.workloads if name in present}
    for ns, pod in names.pods:
        if pod in present:
            owner = next((name for other, name in names.workloads if other == ns and pod.startswith(name + "-")), "")
            services.add((ns, owner or pod))
    if not namespace:
        candidates = [word for word in words if word in names.namespaces]
        namespace = next((c for c in candidates if not any(name == c for _, name in services)), "")
    chosen = _best_service(services, words, namespace or focus_namespace)
    if chosen and not namespace:
        return chosen[0], chosen[1]
    return namespace, chosen[1] if chosen and chosen[0] == namespace else ""


def _best_service(services: Iterable[tuple[str, str]], words: list[str], namespace: str) -> tuple[str, str] | None:
    ranked = sorted(
        services, key=lambda found: (found[0] != namespace, words.index(found[1]) if found[1] in words else 0, found)
    )
    return ranked[0] if ranked else None


def _unknown_name(
    question: str, names: Names, namespace: str, service: str, intent: Intent
) -> tuple[str, tuple[str, ...]]:
    """A word that stands where a name stands but is none, with near misses among the names that exist."""
    if intent not in {Intent.diagnose, Intent.logs, Intent.status, Intent.metric, Intent.listing, Intent.changes}:
        return "", ()
    if not namespace:
        for match in grammar.NAMESPACE_SAID.finditer(question):
            word = match["name"].lower()
            explicit = re.match(r"(namespace|ns|-n)\b", match[0], re.I) or "namespace" in match[0].lower()
            near = _near(word, names.namespaces)
            if word not in grammar.NEVER_NAMES and not word.isdigit() and (explicit or near):
                return word, near
    if not service:
        known = {name for _, name in names.workloads}
        for match in grammar.OBJECT_SAID.finditer(question):
            word = match["name"].lower()
            if word in grammar.NEVER_NAMES or word in names.namespaces or word in known or word.isdigit():
                continue
            near = _near(word, known | names.namespaces)
            if near or "-" in word:
                return word, near
    return "", ()


def _near(word: str, names: Collection[str]) -> tuple[str, ...]:
    return tuple(difflib.get_close_matches(word, sorted(names), n=3, cutoff=0.7))
