"""Filling a runbook: exact commands from observed values, tasks for people where a value is missing."""

import pytest

from domain.findings import Cause, Finding, Severity
from domain.objects import ObjectRef
from domain.scripts import Plan
from runbooks.fill import choose, copyable, fill
from runbooks.library import load


def cause(code: str, kind: str = "Deployment", name: str = "basket", **facts: str) -> Cause:
    ref = ObjectRef("cluster-uid", "store", kind, name)
    return Cause(Finding(code, Severity.critical, ref, "something is wrong", (), None, facts), 0.9)


def plan_for(found: Cause) -> Plan:
    book = choose(found, load())
    assert book is not None
    return fill(book, found, context="staging")


def test_a_bad_image_is_rolled_back_to_the_pinned_revision_and_the_way_back_is_pinned_too() -> None:
    """Kubernetes renumbers the revision rolled back to; the replaced one keeps its number, so that is the undo."""
    plan = plan_for(cause("image-pull", container="web", image="r/a:2", previous_revision="4", current_revision="5"))

    step = plan.steps[0]

    assert step.command is not None
    assert step.command.text == "kubectl -n store rollout undo deployment/basket --to-revision=4"
    assert [undo.text for undo in step.undo] == ["kubectl -n store rollout undo deployment/basket --to-revision=5"]
    assert step.objects == (ObjectRef("cluster-uid", "store", "Deployment", "basket"),)


def test_without_a_revision_the_previous_image_is_set() -> None:
    """The first alternative that can be filled is the step."""
    plan = plan_for(cause("image-pull", container="web", image="r/a:2", previous_image="r/a:1"))

    step = plan.steps[0]

    assert step.command is not None
    assert step.command.argv == ("kubectl", "-n", "store", "set", "image", "deployment/basket", "web=r/a:1")


def test_a_step_that_cannot_be_filled_stays_as_a_task_with_its_reason() -> None:
    """A person is told what is missing and the line that shows it."""
    plan = plan_for(cause("image-pull"))

    step = plan.steps[0]

    assert step.command is None
    assert "the previous revision was not observed" in step.why
    assert "kubectl --context staging -n store rollout history deployment/basket" in step.why


def test_the_line_to_copy_carries_the_context() -> None:
    """What runs has no context of its own; what a person pastes has."""
    plan = plan_for(cause("image-pull", container="web", image="r/a:2", previous_image="r/a:1"))
    command = plan.steps[0].command
    assert command is not None

    line = copyable(command, "my cluster")

    assert line == "kubectl --context 'my cluster' -n store set image deployment/basket web=r/a:1"


@pytest.mark.parametrize("name", ["-rf", "a b", "$(id)", "a;b", "Basket", "bаsket"])
def test_a_name_that_is_no_kubernetes_name_never_reaches_a_command(name: str) -> None:
    """Deceptive or malformed values make a task for a person."""
    plan = plan_for(cause("image-pull", name=name, container="web", previous_revision="4", current_revision="5"))

    commands = [step.command for step in plan.steps if step.command]

    assert commands == []
