"""The command line as a newcomer meets it: help, spelling, exit codes, no traceback."""

import asyncio
import os
import pkgutil
import re
import resource
import sys
from importlib import import_module

import pytest
from typer.testing import CliRunner

import bot.cli
from bot.cli.catalog import COMMANDS
from bot.cli.exits import MEANINGS
from bot.cli.main import root
from tests.bot.cli.conftest import ROOT, Hilda

PARTS = {
    "catalog",
    "check_card",
    "checks",
    "command",
    "drill_results",
    "drill_round",
    "examinations",
    "executor_child",
    "exits",
    "looking",
    "main",
    "moments",
    "options",
    "output",
    "playing",
    "policy_card",
    "practice_card",
    "practice_people",
    "practising",
    "proposal_card",
    "speaking",
    "starting",
    "storing",
    "__main__",
}
"""Files of bot/cli that are no command."""


def test_every_command_is_in_the_catalog() -> None:
    """A command that is forgotten in catalog.py would be there and not be found."""
    files = {module.name for module in pkgutil.iter_modules(bot.cli.__path__)} - PARTS

    assert files == {command.module for command in COMMANDS}


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_a_commands_app_is_where_the_catalog_says(name: str) -> None:
    """Each module has its `app`, with help."""
    command = next(command for command in COMMANDS if command.name == name)

    assert import_module(f"bot.cli.{command.module}").app


async def test_help_names_every_command_and_every_exit_code(hilda: Hilda) -> None:
    """One screen tells what there is and what the codes mean."""
    ran = await hilda("--help")

    assert ran.code == 0
    for command in COMMANDS:
        assert f"\n  {command.name} " in ran.out
    for code in MEANINGS:
        assert re.search(rf"^  {int(code)} ", ran.out, re.MULTILINE)


async def test_help_loads_nothing_heavy() -> None:
    """What is not imported costs nothing: no settings, no drawing, no clients."""
    heavy = {"pydantic", "rich", "aiohttp", "kubernetes", "sqlalchemy", "langgraph", "prompt_toolkit", "yaml"}
    script = "import sys\nfrom bot.cli.main import run\ntry: run(['--help'])\nfinally: print(*sys.modules)"

    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    out, _ = await process.communicate()

    assert not heavy & set(out.decode().splitlines()[-1].split())


async def test_help_comes_at_once(hilda: Hilda) -> None:
    """Processor time well below 0.3 s: the clock on the wall would measure this machine's other work."""
    spans = []

    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        await hilda("--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spans.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    assert min(spans) < 0.3


def test_the_documentation_names_every_command_and_exit_code() -> None:
    """docs/command-line.md is what people find before they have installed anything."""
    text = (ROOT / "docs" / "command-line.md").read_text()

    for command in COMMANDS:
        assert f"`hilda {command.name}" in text
    for code, meaning in MEANINGS.items():
        assert f"| {int(code)} | {meaning} |" in text


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_explains_itself(name: str) -> None:
    """`hilda X --help` works without a cluster, a database or a setting."""
    ran = CliRunner().invoke(root, [name, "--help"], prog_name="hilda")

    assert ran.exit_code == 0
    assert f"Usage: hilda {name}" in ran.output


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (("chekc",), "Did you mean 'check'?"),
        (("proposal", "list"), "Did you mean 'proposals'"),
        (("incidents", "lst"), "Did you mean 'list'?"),
        (("check", "--contxt", "x"), "--context"),
        (("check", "-o", "yaml"), "'json'"),
        (("check", "-n", "shop", "-A"), "exclude each other"),
    ],
)
def test_a_slip_gets_a_suggestion(arguments: tuple[str, ...], suggestion: str) -> None:
    """Wrong commands, options and values are usage errors that name the right one."""
    ran = CliRunner().invoke(root, list(arguments))

    assert ran.exit_code == 2
    assert suggestion in ran.output


async def test_what_was_typed_is_not_played_back_as_escapes(hilda: Hilda) -> None:
    """A command name with control characters does not reach the terminal as such."""
    ran = await hilda("chec\x1b[31mk")

    assert ran.code == 2
    assert "\x1b" not in ran.err


@pytest.mark.parametrize(
    "arguments",
    [("check",), ("ask", "what is wrong?"), ("chat",)],
)
async def test_an_expected_error_is_one_line(hilda: Hilda, arguments: tuple[str, ...]) -> None:
    """Without a kubeconfig every command that looks says so in a line, and shows the trace only for --debug."""
    plain, debug = await hilda(*arguments), await hilda(*arguments, "--debug")

    assert plain.code == debug.code == 2
    assert plain.err.startswith("hilda: The kubeconfig")
    assert plain.err.count("\n") == 1
    assert "Traceback" in debug.err


async def test_a_wrong_setting_is_named(hilda: Hilda) -> None:
    """The line names the variable to mend."""
    ran = await hilda("check", PROMETHEUS_URL="prometheus:9090")

    assert ran.code == 2
    assert "PROMETHEUS_URL" in ran.err
    assert ran.err.count("\n") == 1


async def test_output_survives_a_terminal_without_utf8(hilda: Hilda) -> None:
    """Where a character cannot be shown its escape is, and marks are ASCII."""
    ran = await hilda("where", PYTHONIOENCODING="latin-1")

    assert ran.code == 0
    assert "[*] Where Hilda keeps what" in ran.out
