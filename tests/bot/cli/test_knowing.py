"""Commands over what Hilda knows: runbooks, policy, practice, and what is missing here."""

from pathlib import Path

import pytest

from tests.bot.cli.conftest import Hilda

MORE = """---
title: The printer is on fire
---
# The printer is on fire

Paper burns at 230 degrees. Pull the plug of the printer, then call the fire brigade.
"""


async def test_our_runbooks_are_good_enough_to_follow(hilda: Hilda) -> None:
    """Exit 0, and a count."""
    ran = await hilda("runbooks", "lint")

    assert ran.code == 0, ran.out
    assert "all good" in ran.out


async def test_a_broken_runbook_is_told_by_file_and_line(hilda: Hilda, tmp_path: Path) -> None:
    """Editors jump there; programs read it as JSON."""
    broken = tmp_path / "broken.md"
    broken.write_text("---\ntitle: [\n---\n# x\n")

    text, machine = (
        await hilda("runbooks", "lint", str(broken)),
        await hilda("runbooks", "lint", str(broken), "-o", "json"),
    )

    assert (text.code, machine.code) == (1, 1)
    assert text.out.startswith(f"{broken}:")
    assert machine.json[0]["file"] == str(broken)


async def test_a_runbook_is_found_by_what_is_wrong(hilda: Hilda, tmp_path: Path) -> None:
    """In a team's own folder, as JSON; and nothing where nothing fits."""
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "printer.md").write_text(MORE)

    found = await hilda("runbooks", "search", "burning printer", "--folder", str(folder), "-k", "2", "-o", "json")
    nothing = await hilda("runbooks", "search", "quarterly revenue of the sales team", "--folder", str(folder))

    assert found.code == 0
    assert [hit["id"] for hit in found.json] == ["printer"]
    assert nothing.code == 1
    assert "No runbook fits" in nothing.out


@pytest.mark.parametrize(
    ("command", "risk", "code"),
    [
        ("kubectl get pods -n shop", "read", 0),
        ("kubectl -n shop rollout undo deployment/web", "medium", 0),
        ("bash -c 'rm -rf /'", "forbidden", 1),
        ("kubectl get secret db -o yaml", "forbidden", 1),
    ],
)
async def test_policy_explains_a_command(hilda: Hilda, command: str, risk: str, code: int) -> None:
    """Risk, reasons, requests, consent; exit 1 for what never runs."""
    machine, person = await hilda("policy", "explain", command, "-o", "json"), await hilda("policy", "explain", command)

    assert (machine.json["risk"], machine.code, person.code) == (risk, code, code)
    assert machine.json["reasons"]
    assert command in person.out


async def test_policy_takes_the_command_unquoted_after_dashes(hilda: Hilda) -> None:
    """As people type it."""
    ran = await hilda("policy", "explain", "-o", "json", "--", "kubectl", "-n", "shop", "get", "pods")

    assert ran.json["command"] == "kubectl -n shop get pods"


async def test_the_incidents_to_practise_on_are_listed(hilda: Hilda) -> None:
    """Names and titles, without starting anything."""
    ran = await hilda("demo", "--list", "-o", "json")

    assert ran.code == 0
    assert "bad-image" in ran.json


async def test_an_unknown_incident_is_said_before_anything_starts(hilda: Hilda) -> None:
    """With the names there are."""
    ran = await hilda("demo", "--play", "bad-imag")

    assert ran.code == 2
    assert "bad-image" in ran.err


async def test_missing_programs_are_named_with_the_way_to_get_them(hilda: Hilda, tmp_path: Path) -> None:
    """Exit 3, so that a script can tell it from a failed practice."""
    ran = await hilda("demo", "--play", "bad-image", "--cluster", "real", PATH=str(tmp_path))

    assert ran.code == 3
    assert "Get it" in ran.err or "How to get them" in ran.err


async def test_doctor_names_each_gap_with_its_fix(hilda: Hilda) -> None:
    """No cluster is a fault; no Prometheus and no model are not, and say what they would give."""
    ran = await hilda("doctor", "-o", "json")
    found = {check["what"]: check for check in ran.json["checks"]}

    assert ran.code == 1
    assert found["cluster"]["state"] == "broken"
    assert "kubeconfig" in found["cluster"]["fix"]
    assert found["Prometheus"]["state"] == found["language model"]["state"] == "absent"
    assert all(check["fix"] for check in found.values() if check["state"] != "fine")
