"""What each role may do. Roles are checked when a person acts, and again before anything runs."""

from enum import StrEnum

from domain.people import Role
from domain.risk import Risk


class Act(StrEnum):
    """What people do through Hilda."""

    ask = "ask"
    """Ask, read evidence, checklists and recommended commands; see incidents, proposals and the audit."""
    propose = "propose"
    """Have a script made into a proposal, and edit one."""
    approve_low = "approve a low risk"
    approve_medium = "approve a medium risk"
    approve_high = "approve a high risk"
    reject = "reject"
    """Reject or revoke somebody else's proposal; one's own may always be rejected."""
    settle = "settle how a run ended"
    """Say what became of a run whose executor was lost."""
    tend = "look after incidents"
    """Acknowledge, take, hand over, snooze, merge and close them."""
    mute = "mute a channel"
    """Have nothing said unasked in a place that others read, too."""
    manage_people = "manage people"
    configure = "configure"


_LEAST = {
    Act.ask: Role.viewer,
    Act.propose: Role.developer,
    Act.approve_low: Role.developer,
    Act.approve_medium: Role.operator,
    Act.approve_high: Role.operator,
    Act.reject: Role.operator,
    Act.settle: Role.operator,
    Act.tend: Role.operator,
    Act.mute: Role.developer,
    Act.manage_people: Role.admin,
    Act.configure: Role.admin,
}
"""High asks for two operators rather than one admin: more eyes, not more power, make a destructive act safer."""


def required_role(act: Act) -> Role:
    """The least role that may do `act`."""
    return _LEAST[act]


def may(role: Role, act: Act) -> bool:
    return role >= _LEAST[act]


def approving(risk: Risk) -> Act:
    """The act of approving something of this risk; what is forbidden cannot be approved at all."""
    match risk:
        case Risk.read | Risk.low:
            return Act.approve_low
        case Risk.medium:
            return Act.approve_medium
        case Risk.high:
            return Act.approve_high
        case Risk.forbidden:
            raise ValueError("what is forbidden cannot be approved")


def may_approve(role: Role, risk: Risk) -> bool:
    return risk is not Risk.forbidden and may(role, approving(risk))


def may_reject(role: Role, *, own: bool) -> bool:
    """Whether somebody may reject or revoke a proposal; one's own always."""
    return own or may(role, Act.reject)
