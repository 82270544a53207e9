"""The verdict as plain data, for `hilda policy explain` and whoever else shows it."""

from typing import Any

from domain.plain_json import Json
from policy.consent import consent
from policy.verdict import Verdict, judge


def explain(text: str, namespace: str = "default") -> Verdict:
    """The verdict on `text` as it stands, whatever was observed."""
    return judge(text, namespace=namespace)


def as_json(verdict: Verdict) -> Json:
    """`{"risk", "runnable", "reasons", "commands": [...], "requests": [...], "consent": {...}}`."""
    needed = consent(verdict.risk)
    return {
        "risk": verdict.risk.name,
        "runnable": verdict.runnable,
        "reasons": list(verdict.reasons),
        "commands": _commands(verdict),
        "requests": [request.as_json() for request in verdict.requests],
        "consent": {
            "approvers": needed.approvers,
            "not_the_requester": needed.not_the_requester,
            "may_run": needed.may_run,
        },
    }


def _commands(verdict: Verdict) -> list[dict[str, Any]]:
    asked = [command for command in verdict.commands if command.argv[0] in {"kubectl", "amtool"}]
    return [
        {
            "text": command.text,
            "verb": call.verb,
            "namespace": "" if call.all_namespaces else call.namespace,
            "targets": [str(one) for one in call.targets],
            "requests": [request.as_json() for request in call.requests],
            "risk": call.risk.name,
        }
        for command, call in zip(asked, verdict.calls, strict=True)
    ]
