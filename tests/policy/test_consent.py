"""Who must agree, and who may: the table of the design, each cell."""

import pytest

from domain.people import Role
from domain.risk import Risk
from policy.consent import Consent, consent
from policy.explain import as_json, explain
from policy.roles import Act, may, may_approve, may_reject, required_role
from policy.version import policy_version


@pytest.mark.parametrize(
    ("risk", "approvers", "others", "runs"),
    [
        (Risk.read, 0, False, True),
        (Risk.low, 1, False, True),
        (Risk.medium, 1, True, True),
        (Risk.high, 2, True, True),
        (Risk.forbidden, 0, True, False),
    ],
)
def test_consent_grows_with_the_risk(risk: Risk, approvers: int, others: bool, runs: bool) -> None:
    """Nobody, the asker, another person, two other persons, never."""
    assert consent(risk) == Consent(approvers, others, runs)


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        (Role.nobody, set()),
        (Role.viewer, {Act.ask}),
        (Role.developer, {Act.ask, Act.propose, Act.approve_low, Act.mute}),
        (Role.operator, set(Act) - {Act.manage_people, Act.configure}),
        (Role.admin, set(Act)),
    ],
)
def test_each_role_may_do_what_the_ones_before_it_may(role: Role, acts: set[Act]) -> None:
    """The whole table."""
    assert {act for act in Act if may(role, act)} == acts


def test_what_is_forbidden_is_approved_by_nobody() -> None:
    """Not by an admin either."""
    assert not any(may_approve(role, Risk.forbidden) for role in Role)
    assert may_approve(Role.operator, Risk.high)
    assert not may_approve(Role.developer, Risk.medium)
    assert required_role(Act.propose) is Role.developer


def test_ones_own_proposal_may_always_be_rejected() -> None:
    """Stopping needs less right than starting."""
    assert may_reject(Role.nobody, own=True)
    assert not may_reject(Role.developer, own=False)
    assert may_reject(Role.operator, own=False)


def test_the_policys_version_changes_with_the_settings() -> None:
    """And is the same for the same rules under the same settings."""
    assert policy_version("a") == policy_version("a") != policy_version("b")
    assert len(policy_version("a")) == 16


def test_an_explanation_says_what_would_be_asked_of_whom() -> None:
    """The shape that `hilda policy explain -o json` prints."""
    told = as_json(explain("kubectl get pods | grep x; kubectl -n shop delete pod web", "default"))

    assert told["risk"] == "high"
    assert told["runnable"] is False
    assert told["consent"] == {"approvers": 2, "not_the_requester": True, "may_run": True}
    assert [(c["verb"], c["namespace"], c["targets"], c["risk"]) for c in told["commands"]] == [
        ("get", "default", [], "read"),
        ("delete", "shop", ["Pod shop/web"], "high"),
    ]
    assert {
        "verb": "delete",
        "group": "",
        "resource": "pods",
        "namespace": "shop",
        "name": "web",
        "subresource": "",
    } in (told["commands"][1]["requests"])
