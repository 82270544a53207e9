"""The phrases people use, as patterns: the vocabulary that understanding.py reads a question with."""

import re


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


GREETING = _any(r"^\s*(hi|hello|hey|good (morning|evening|afternoon)|moin|yo)\b[\s!.,]*(hilda)?[\s!.]*$")
THANKS = _any(r"^\s*(thanks?|thank you|thx|cheers|great|nice|well done|perfect|ok(ay)?|cool)\b[^?]{0,30}$")
WHO = _any(r"\b(who are you|what are you|how are you|are you (a )?(bot|human|there))\b")
HELP = _any(
    r"^\s*(help|\?|what can you do|how do(es)? (this|you) work|commands\?)",
    r"^\s*how (do|can|may) (i|we) (approve|reject|decide|climb|leave|exit|quit|use)\b",
    r"^\s*who (can|may|must|should|has to) (approve|decide)\b",
    r"^\s*(what now|i am lost|i'm lost|what can i (say|type))\b",
)
STOP = _any(r"^\s*(stop|cancel|abort|halt|never ?mind)\b")
UNDO = _any(
    r"^\s*(please\s+)?(undo|revert|take back|roll back)\s*(that|it|this|the (last|fix|change)|p[0-9a-f]{10})?"
    r"\s*[.!]?\s*$",
)
PROPOSAL = re.compile(r"\bp[0-9a-f]{10}\b")
"""The id of a proposal, as cards show it."""
SILENCE = _any(r"^\s*(please\s+|can you\s+|could you\s+)?silence\b")
SEE = _any(r"\bwhat (can|do) you (see|have access to|read)\b", r"\bwhat (is|are) (connected|visible)\b")
WHY = _any(
    r"\bwhy do you (think|say|believe)\b",
    r"\bhow do you know\b",
    r"\bshow (me )?(the |your )?(evidence|proof|sources?)\b",
    r"^\s*(evidence|sources?|proof)\s*\??$",
    r"\bare you sure\b",
    r"\bprove it\b",
)
SINCE = _any(r"^\s*(and\s+)?(since when|when did (it|this|that) (start|begin|happen)|how long( has| is)?)\b")
CHANGES = _any(
    r"\bwhat('s| has| have| is)? ?(recently )?(changed|change|different|new)\b",
    r"\b(recent|latest|last) (changes?|deploy\w*|rollouts?)\b",
    r"\bwho (changed|deployed)\b",
    r"\brollout history\b",
)
NEXT = _any(r"^\s*(please\s+)?(next( level)?|go on|continue|climb|level up|up|deeper|more)\s*[.!]?\s*$")
LEVEL = _any(r"\blevel\s*([1-5])\b")
SCRIPT = _any(
    r"^\s*(please\s+)?(fix (it|this|that)|heal it|repair it|do it|mitigate it)\b",
    r"\b(write|give|show|make|prepare|propose)\b[^?]{0,30}\b(script|fix|proposal)\b",
    r"^\s*(the\s+)?script\b",
)
COMMANDS = _any(
    r"\b(which|what|give|show|exact)\b[^?]{0,30}\bcommands?\b",
    r"^\s*(the\s+)?commands?\s*[?.!]?$",
)
CHECKLIST = _any(
    r"\bcheck ?list\b",
    r"\bwhat (should|can|must|do) (i|we) do\b",
    r"\bhow (do|can|should) (i|we) (fix|mitigate|solve|resolve|repair|heal)\b",
    r"^\s*(mitigat\w+|steps|tasks)\s*[?.!]?$",
    r"\bnext steps?\b",
)
INCIDENTS = _any(
    r"^\s*(list |show |past |open |recent )*(the )?incidents?\s*\??$",
    r"\b(happened|seen this) before\b",
)
RUNBOOK = _any(r"\brun ?books?\b", r"\bplaybooks?\b")
LOGS = _any(r"\blogs?\b", r"\blog lines?\b", r"\bstdout\b", r"\bstack ?trace\b")
LOG_IN = _any(r"\blog in\b")
PREVIOUS = _any(r"\bprevious\b", r"\bbefore (it|the) (crash|restart)\w*\b", r"\blast (crash|run)\b")
STATUS = _any(
    r"\bstatus\b", r"\bhow (is|are) (?!you)\b", r"\bis \S+ (ok|okay|up|down|healthy|fine)\b", r"\bhealth of\b"
)
DIAGNOSE = _any(
    r"\bwhat('s| is| was|s)? (wrong|broken|going on|happening|up|the (matter|problem|issue|cause))\b",
    r"\b(why|problem|broken|slow|latency|down|crash|outage|incident|alert|unhealthy|spike|investigate|diagnos|check)",
    r"\b(debug|oom|stuck|pending|unavailable|degraded|healthy)\b",
    r"\bfail(s|ing|ed|ure)?\b",
    r"\bwhat('s| has| have)? ?happen(ed|s|ing)?\b",
    r"\b(complain\w*|impact(ed)?|affected|hang(s|ing)?|refus(ed|es|ing)|unreachable|evicted|killed|backing off)\b",
    r"\berrors?\b",
    r"\bnot (working|starting|ready|responding|available)\b",
    r"\blook (at|into)\b",
    r"\banything (wrong|odd)\b",
    r"\btime ?outs?\b",
    r"\b5\d\ds?\b",
    r"\brestart(s|ing|ed)\b",
    r"\bcan(not|'t)\b",
    r"\bokay?\?",
)
DIAGNOSE_STRONGLY = _any(r"\b(why|wrong|spik\w*|slow|high|problem|what happened)\b")
TROUBLED = _any(r"\b(fail|crash|broken|not ready|unhealthy)")
TROUBLE = _any(
    r"\b(errors?|spik\w*|outage|crash\w*|latency|slow|5\d\ds?|time ?outs?|unavailable|degraded|oom|unhealthy)\b",
)
"""Words that need no object: nobody says them about the weather."""
BARE_SUBJECT = _any(
    r"\bwhat happened\b",
    r"\b(what('s| is| was|s)?|anything|something|everything|all|it|this|that|there|here|we|users?|customers?)\b",
    r"\b(site|shop|app|check|look|investigate)\b",
)
METRIC_ASKED = _any(
    r"\b(show|graph|plot|chart|usage|use|utili[sz]ation|consumption|how much|what is the|give|top|trend|rate)\b",
    r"\b(over|last|current)\b",
)
METRICS = {
    "cpu": _any(r"\bcpu\b", r"\bprocessor\b"),
    "memory": _any(r"\bmemory\b", r"\bram\b", r"\bmem\b"),
    "latency": _any(r"\blatenc(y|ies)\b", r"\bresponse times?\b", r"\bp9[0-9]\b", r"\bp50\b"),
    "errors": _any(r"\berror (rate|share|ratio)s?\b", r"\b5xx\b"),
    "traffic": _any(r"\btraffic\b", r"\brequest rates?\b", r"\brps\b", r"\bthroughput\b", r"\brequests per second\b"),
    "restarts": _any(r"\brestart (count|rate)s?\b", r"\bhow (often|many)\b.*\brestart"),
}
KINDS = {
    "autoscaler": "HorizontalPodAutoscaler",
    "configmap": "ConfigMap",
    "cronjob": "CronJob",
    "daemonset": "DaemonSet",
    "deploy": "Deployment",
    "deployment": "Deployment",
    "endpointslice": "EndpointSlice",
    "event": "Event",
    "hpa": "HorizontalPodAutoscaler",
    "job": "Job",
    "namespace": "Namespace",
    "node": "Node",
    "pod": "Pod",
    "pvc": "PersistentVolumeClaim",
    "replicaset": "ReplicaSet",
    "service": "Service",
    "statefulset": "StatefulSet",
    "svc": "Service",
    "volume claim": "PersistentVolumeClaim",
}
"""What people call kinds, singular; a plural "s" is understood."""

LIST = _any(
    r"^\s*(please\s+)?(list|show( me)?|get|which|what|kubectl get)\b[^?]{0,40}?\b(?P<kind>"
    + "|".join(sorted(map(re.escape, KINDS), key=len, reverse=True))
    + r")s?\b",
)
OURS = _any(
    r"\b(pods?|services?|nodes?|cluster|namespace|containers?|images?|rollouts?|prometheus|grafana|incident)\b",
    r"\b(metrics?|logs?|cpu|memory|disk|network|dns|quota|scal(e|ing)|production|prod|staging|latency|database)\b",
    r"\b(deploy|kube|k8s|alert|certificate|volume|backup|on-?call|runbook|queue)",
)
"""Words of the trade: what Hilda exists for."""

PASTED = re.compile(
    r"^\s*(NAME\s+READY\s+STATUS|NAMESPACE\s+NAME\s+|LAST SEEN\s+TYPE|\[(FIRING|RESOLVED)|Error from server)"
    r"|\balertname\s*[:=]|^\s*(Labels|Annotations|Warning\s+\w+|Name):\s|\"(alertname|startsAt|involvedObject)\""
    r"|^Traceback|\bpanic:",
    re.IGNORECASE | re.MULTILINE,
)
WORD = _any(r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?")
NAMESPACE_SAID = _any(r"\b(?:in|namespace|ns|-n)\s+(?:the\s+)?(?:namespace\s+)?[`'\"]?(?P<name>[a-z0-9][-a-z0-9]*)")
OBJECT_SAID = _any(
    r"\b(?:of|for|with|to|from|about|is|service|deployment|deploy|pod|app|into|at)\s+(?:the\s+)?"
    r"[`'\"]?(?P<name>[a-z0-9][-a-z0-9]+)",
)
_NEVER_NAMES = """
the a an it this that there here now all every each prod production staging last past hour hours minute
minutes day today yesterday service services pod pods deployment deployments node nodes cluster namespace
namespaces me my our us you your what which how why when wrong down up ok healthy do be being going happening
general detail details error errors latency cpu memory logs user users customer customers high low slow fast
one two working starting ready responding broken failing not available crashing stuck pending anything
something everything fix mitigate help see look check request requests traffic response restart restarts event
events configmap alert alerts incident incidents database front order terms progress trouble charge short long
full and or at on in of for with to from about noon midnight pm am
"""
NEVER_NAMES = frozenset(_NEVER_NAMES.split())
"""Words that stand where a name could stand and are none."""

_VOCABULARY = """
broken changed changes checklist command commands crash crashing deployments down errors evidence failing happened
healthy incidents incident latency level logs memory namespaces next nodes pods previous problem restarts runbook script
services since slow status traffic undo wrong
"""
VOCABULARY = tuple(_VOCABULARY.split())
"""Words that decide what is meant, for telling a slip of the keyboard from another subject."""
