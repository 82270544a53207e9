"""Policy's verdict on a command, as a card."""

from domain.cards import Card, Code, Facts, Part, Table, Tone, card
from domain.risk import Risk
from policy.consent import Consent
from policy.verdict import Verdict

_TONES: dict[Risk, Tone] = {
    Risk.read: "good",
    Risk.low: "neutral",
    Risk.medium: "warning",
    Risk.high: "warning",
    Risk.forbidden: "bad",
}


def verdict_card(text: str, verdict: Verdict, needed: Consent) -> Card:
    """Risk first, then why, who must agree, and every API request it may make."""
    facts = [("Why", reason) for reason in verdict.reasons]
    parts: list[Part] = [Code(text, "sh", risk=verdict.risk), Facts((*facts, ("Consent", _consent(needed))))]
    if verdict.requests:
        rows = tuple(
            (r.verb, f"{r.resource}/{r.subresource}" if r.subresource else r.resource, r.group, r.namespace, r.name)
            for r in verdict.requests
        )
        columns = ("VERB", "RESOURCE", "GROUP", "NAMESPACE", "NAME")
        parts.append(Table(columns, rows, "It may make these requests and no others"))
    title = f"Risk: {verdict.risk.name}" if verdict.runnable else "This never runs through Hilda"
    return card(title, *parts, tone=_TONES[verdict.risk])


def _consent(needed: Consent) -> str:
    if not needed.may_run:
        return "none is enough: a person may copy it and run it themselves"
    if not needed.approvers:
        return "none; it is written down"
    who = "other person" if needed.not_the_requester else "person, who may be the one who asks"
    return f"{needed.approvers} {who}" if needed.approvers == 1 else f"{needed.approvers} other persons"
