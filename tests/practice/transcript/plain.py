"""What kubectl printed, without what differs from one moment, cluster or draw to the next."""

import re

_AGE = r"(?:\d{1,3}s|[2-9]m(?:\d+s)?)"
_DROPS = [
    # Whether a change of the same second counts as one is a matter of when the second began.
    (r"^ *annotations:\n *endpoints\.kubernetes\.io/last-change-trigger-time: .*\n", ""),
    (r"endpoints\.kubernetes\.io/last-change-trigger-time: .*", "<none>"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "<time>"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4}( \w+)?", "<time>"),
    (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "<time>"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<uid>"),
    (r'(resourceVersion"?: ?"?|Resource Version: +)\d+', r"\1<version>"),
    (r"(?<=[:\s])3[012]\d{3}(?=/TCP|\s)", "<port>"),
    (r"https?://127\.0\.0\.1:\d+", "<server>"),
    (r"\b192\.0\.2\.10:\d+|(?<=TargetPort:)\s+\d{5}(?=/TCP)", "<server>"),
    (r"\b10\.(96|24\d)\.\d+\.\d+\b", "<address>"),
    (r"containerd://[0-9a-f]{64}", "<container>"),
    # Nothing here is ten minutes old; other durations stand behind a sign, and 50m is a quantity.
    (rf"(?<![\w=.:/-])(?<!for ){_AGE}( \(x\d+ over {_AGE}\))?(?![\w=])", "<age>"),
    (r"<(invalid|unknown)>(?=  )", "<age>"),
    # Names that controllers draw: a ReplicaSet's hash, then a pod's letters; an event's number.
    (
        r"\b(web|worker|small|recreate)-[bcdfghjklmnpqrstvwxz2456789]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b",
        r"\1-<hash>-<drawn>",
    ),
    (r"\b(web|worker|small|recreate)-[bcdfghjklmnpqrstvwxz2456789]{6,10}(?=-?([^a-z0-9-]|$))", r"\1-<hash>"),
    (r"(pod-template-hash[=:]\s*\"?)[a-z0-9]{6,10}", r"\1<hash>"),
    (r"(controller-revision-hash[=:]\s*\"?(?:[a-z]+-)?)[a-z0-9]{6,10}", r"\1<hash>"),
    (r"\b(kube-api-access|agent|web|done|failing|headless)-[bcdfghjklmnpqrstvwxz2456789]{5}\b", r"\1-<drawn>"),
    (r"(?<=[\w>])\.[0-9a-f]{16}\b", ".<number>"),
    (r"/tmp/(LIVE|MERGED)-\d+/", r"/tmp/\1/"),
    (r"\b(port|Port): \d{5}\b", r"\1: <port>"),
    # Columns are as wide as their widest cell.
    (r"[ \t]{2,}", "  "),
    (r"[ \t]+$", ""),
]
_PATTERNS = [(re.compile(pattern, re.MULTILINE), drop) for pattern, drop in _DROPS]

_EVENTS = re.compile(r"^(Events:\n(?:  (?:Type|----).*\n)+)((?:  .*\n)+)", re.MULTILINE)
"""The table at the end of a description: what happened within one second comes in no order."""


def plain(text: str) -> str:
    """The same for the same thing."""
    for pattern, drop in _PATTERNS:
        text = pattern.sub(drop, text)
    return _EVENTS.sub(lambda found: found[1] + "".join(sorted(found[2].splitlines(keepends=True))), text)
