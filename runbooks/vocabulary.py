"""How text becomes words that can be compared: the same for runbooks and for what people ask."""

import re

_STOP = frozenset(
    "a an and are as at be been but by can could do does for from had has have he if in into is it its may might no "
    "not of on or our s should so such t than that the their them then there these they this to was we were what when "
    "which while who will with would you your".split()
)
_ABBREVIATIONS = {
    "oom": "out of memory",
    "pv": "persistent volume",
    "pvc": "persistent volume claim",
    "hpa": "horizontal pod autoscaler",
    "pdb": "pod disruption budget",
    "csr": "certificate signing request",
    "sts": "statefulset",
    "ds": "daemonset",
    "ns": "namespace",
    "k8s": "kubernetes",
    "db": "database",
    "lb": "load balancer",
    "fs": "filesystem",
    "vm": "virtual machine",
    "vmi": "virtual machine instance",
    "unready": "not ready",
}
"""What people on call write short, and runbooks write out."""

_INSTANCE = re.compile(
    r"(?<!\S)[(\[\"'`]*(?=\S*\d)(?=\S*[-.:/_])[\w.:/@-]+[)\]\"'`.,;]*(?!\S)",
)
_WORD = re.compile(r"[A-Za-z0-9]+")
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_.][A-Za-z0-9]+)*")
_LONGEST_QUERY = 4000


def spaced(text: str) -> str:
    """CamelCase written as words, in lower case."""
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", text).lower()


def words(text: str) -> list[str]:
    """The words that carry meaning, each cut to its stem."""
    return [
        stem(word) for word in _WORD.findall(spaced(text)) if word not in _STOP and not word.isdigit() and len(word) > 1
    ]


def identifiers(text: str) -> list[str]:
    """Names of several parts (`KubePodCrashLooping`, `pg_xid_wraparound`), reduced to letters and digits."""
    return [joined(name) for name in _IDENTIFIER.findall(text) if len(_WORD.findall(spaced(name))) > 1]


def joined(name: str) -> str:
    """A name without what separates its parts, so that two spellings of it are equal."""
    return "".join(_WORD.findall(name)).lower()


def question(text: str) -> str:
    """What is asked, without the names of single pods, hosts and addresses, and with abbreviations written out."""
    text = text[:_LONGEST_QUERY]
    general = _INSTANCE.sub(" ", text)
    if not words(general):
        general = text
    return _WORD.sub(lambda word: _written_out(word.group()), general)


def stem(word: str) -> str:
    """A light stem: endings of plural, past and progress."""
    if len(word) > 4:
        for ending, instead in (
            ("ies", "y"),
            ("sses", "ss"),
            ("ing", ""),
            ("edly", ""),
            ("ed", ""),
            ("es", ""),
            ("s", ""),
        ):
            if word.endswith(ending) and len(word) - len(ending) >= 3 and not (ending == "s" and word.endswith("ss")):
                word = word[: -len(ending)] + instead
                break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def _written_out(word: str) -> str:
    long = _ABBREVIATIONS.get(word.lower())
    return f"{word} {long}" if long else word
