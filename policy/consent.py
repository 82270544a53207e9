"""Who must agree before something runs."""

from dataclasses import dataclass

from domain.risk import Risk


@dataclass(frozen=True, slots=True)
class Consent:
    approvers: int
    """How many distinct persons must approve."""
    not_the_requester: bool
    """Whether the person who asked does not count among them."""
    may_run: bool


_CONSENT = {
    Risk.read: Consent(0, not_the_requester=False, may_run=True),
    Risk.low: Consent(1, not_the_requester=False, may_run=True),
    Risk.medium: Consent(1, not_the_requester=True, may_run=True),
    Risk.high: Consent(2, not_the_requester=True, may_run=True),
    Risk.forbidden: Consent(0, not_the_requester=True, may_run=False),
}


def consent(risk: Risk) -> Consent:
    """What a risk asks for: nobody for reading, the asker for low, another person for medium, two others for high."""
    return _CONSENT[risk]
