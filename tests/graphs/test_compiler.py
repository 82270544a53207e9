"""The scripts that people review: strict, plain, clean for shellcheck, and nothing in them that was not checked."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.plain_json import Json
from domain.proposals import Precondition
from domain.scripts import Plan, Script, ShellCommand, Step
from graphs.amending import commands_in
from graphs.compiler import compile_script, precondition
from policy.shell import parse
from tests.needs import MUST_NOT_SKIP


def command(text: str) -> ShellCommand:
    (found,) = parse(text)
    return found


def plan(*commands: str, title: str = "Go back") -> Plan:
    steps = tuple(
        Step(
            f"s{number}",
            f"{title} {number}",
            "why",
            "done",
            command(text),
            verify=(command("kubectl -n shop rollout status deployment/web --timeout=60s"),),
            undo=(command("kubectl -n shop rollout undo deployment/web"),),
        )
        for number, text in enumerate(commands, 1)
    )
    return Plan("r@1", title, "k", steps)


DEPLOYMENT = Precondition("apps/v1", "Deployment", "shop", "web", "u-1", "generation:3")
NODE = Precondition("v1", "Node", "", "node-1", "u-3", "spec.unschedulable:true")
SETTINGS = Precondition("v1", "ConfigMap", "shop", "web-settings", "u-2", "resourceVersion:17")
PLAN = plan(
    'kubectl -n shop patch configmap web-settings --type=merge -p \'{"data":{"A":"b c"}}\'',
    "kubectl -n shop rollout restart deployment/web",
)


def compiled(title: str = "Give it back; don't panic") -> Script:
    return compile_script(PLAN, (DEPLOYMENT, SETTINGS), title=title, where="practice · namespace shop")


@pytest.mark.parametrize("part", ["run", "verify", "undo"])
def test_shellcheck_finds_nothing(part: str, tmp_path: Path) -> None:
    """What people review has no warning of any kind."""
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        assert os.environ.get(MUST_NOT_SKIP) != "1", "shellcheck is not on PATH"
        pytest.skip("shellcheck is not on PATH: apt-get install shellcheck")
    script = tmp_path / "script.sh"
    script.write_text(getattr(compiled(), part))

    found = subprocess.run([shellcheck, "--severity=style", script], capture_output=True, text=True)

    assert found.stdout == ""


def test_each_command_stands_in_the_script_as_it_was_checked() -> None:
    """Byte for byte, in order, and no other kubectl that changes anything."""
    script = compiled().run
    places = [script.index(f"\n{step.command.text}\n") for step in PLAN.steps if step.command]

    assert places == sorted(places)
    assert [found.text for found in commands_in(script)] == [step.command.text for step in PLAN.steps if step.command]


def test_a_script_without_commands_has_none() -> None:
    """What takes something back often has no way back of its own."""
    assert commands_in("#!/bin/bash\nset -euo pipefail\n\nsay 'Nothing to undo.'\n") == ()


def test_the_script_stops_before_the_first_change_when_something_has_changed(tmp_path: Path) -> None:
    """Run with a kubectl that answers another generation: it says so and changes nothing."""
    log = tmp_path / "calls"
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(f'#!/bin/sh\necho "$@" >> {log}\necho "u-1 4"\n')
    kubectl.chmod(0o755)
    script = tmp_path / "script"
    script.write_text(compiled().run)

    ran = subprocess.run(["bash", script], capture_output=True, text=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})

    assert ran.returncode == 3
    assert "deployment web has changed" in ran.stderr
    assert all(line.startswith("get ") for line in log.read_text().splitlines())


@pytest.mark.parametrize(
    ("item", "version"),
    [
        ({"kind": "Deployment", "metadata": {"generation": 3, "resourceVersion": "9"}}, "generation:3"),
        ({"kind": "Service", "metadata": {"resourceVersion": "9"}}, "resourceVersion:9"),
        (
            {"kind": "Node", "metadata": {"resourceVersion": "9"}, "spec": {"unschedulable": True}},
            "spec.unschedulable:true",
        ),
        ({"kind": "Node", "metadata": {"resourceVersion": "9"}, "spec": {}}, "spec.unschedulable:"),
        (
            {"kind": "HorizontalPodAutoscaler", "metadata": {"resourceVersion": "9"}, "spec": {"maxReplicas": 4}},
            "spec.maxReplicas:4",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fix_is_void_by_what_somebody_decides_and_not_by_what_changes_by_itself(item: Json, version: str) -> None:
    """Status of nodes and autoscalers is written all the time, and neither has a generation."""
    metadata = {**item["metadata"], "name": "x", "uid": "u"}

    assert precondition({"apiVersion": "v1", **item, "metadata": metadata}).version == version


def test_the_script_reads_the_deciding_field_as_kubectl_prints_it() -> None:
    script = compile_script(plan("kubectl uncordon node-1"), (NODE,), title="x", where="y").run

    assert "kubectl get node node-1 -o 'jsonpath={.metadata.uid} {.spec.unschedulable}'" in script
    assert "[[ \"$now\" == 'u-3 true' ]]" in script


def test_the_undo_takes_the_last_step_back_first_and_each_once() -> None:
    """Equal ways back are gone once."""
    assert compiled().undo.count("\nkubectl -n shop rollout undo deployment/web\n") == 1


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), max_size=60))
def test_no_title_becomes_code(title: str) -> None:
    """Titles carry observed names; whatever they hold, they stay text."""
    script = compile_script(
        plan("kubectl -n shop rollout undo deployment/web", title=title), (), title=title, where="x"
    )

    checked = subprocess.run(["bash", "-n"], input=script.run, capture_output=True, text=True)

    assert checked.returncode == 0
    assert len(commands_in(script.run)) == 1
