"""The house keeps its own rules: names, folders, catalogs, and who cannot reach whom."""

import ast
import importlib
import importlib.metadata
import inspect
import pkgutil
import sys
from pathlib import Path

import pytest

from graphs import amending, assist, climbing, reading, remediate
from graphs.langgraph_strictly import assert_strict

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "graphs", "hands", "tools", "store", "runbooks", "prompts", "policy", "domain", "practice")
SHADOWING = {"platform", "http", "logging", "queue", "types"}
VAGUE = {"utils", "helpers", "manager", "common", "misc"}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_owns_one_of_our_names(package: str) -> None:
    """A stranger called `tools` would overwrite ours without a word."""
    owners = set(importlib.metadata.packages_distributions().get(package, []))

    assert owners <= {"hilda-oncall"}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_file_shadows_the_standard_library_or_says_nothing(package: str) -> None:
    """A name that stands for anything means that the idea has not been found yet."""
    names = {path.stem for path in (ROOT / package).rglob("*.py")}

    assert not names & (SHADOWING | VAGUE)


@pytest.mark.parametrize("package", [p for p in PACKAGES if p != "bot"])
def test_a_folders_init_is_only_its_docstring(package: str) -> None:
    """What an `__init__` drags in, every import of the folder pays for, and no contract sees."""
    for path in (ROOT / package).rglob("__init__.py"):
        body = ast.parse(path.read_text()).body
        assert len(body) == 1, path
        assert isinstance(body[0], ast.Expr), path


def test_every_file_says_what_it_is_for() -> None:
    """The first line of a file is a sentence."""
    silent = [
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert silent == []


def test_checkpoints_are_read_strictly() -> None:
    """The switch is on, whoever imported LangGraph first in this process."""
    assert_strict()


async def test_a_poisoned_checkpoint_runs_no_code(tmp_path: Path) -> None:
    """What a writer of the database puts into a checkpoint comes back as data."""
    import ormsgpack
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    mark = tmp_path / "ran"
    call = ormsgpack.packb(("os", "system", f"touch {mark}"))
    poisoned = ormsgpack.packb(ormsgpack.Ext(0, call))

    JsonPlusSerializer().loads_typed(("msgpack", poisoned))

    assert not mark.exists()


def test_no_workflow_can_reach_what_acts_or_approves() -> None:
    """Whatever a model might say: the graphs know neither the hands nor the ledger's decisions and claims."""
    importlib.import_module("bot.dispatcher")
    for module in (assist, remediate, climbing, amending, reading):
        source = inspect.getsource(module)
        assert "hands" not in {name.split(".")[0] for name in _imports(source)}
        assert ".decisions" not in source
        assert ".claims" not in source
        assert "identities.bind" not in source


def test_the_graphs_folder_loads_without_the_hands() -> None:
    """In a fresh interpreter, importing every workflow imports nothing that acts."""
    import subprocess

    modules = [f"graphs.{found.name}" for found in pkgutil.iter_modules([str(ROOT / "graphs")])]
    program = f"import sys, {', '.join(modules)}; print([m for m in sys.modules if m.split('.')[0] == 'hands'])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout.strip() == "[]"


def test_the_readme_speaks_of_commands_that_exist() -> None:
    """Every `make` target and `hilda` command of the README is there."""
    import re

    from bot.cli.catalog import COMMANDS

    readme = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    commands = {command.name for command in COMMANDS}

    for target in re.findall(r"^    make (\S+)", readme, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for command in re.findall(r"hilda ([a-z]+)", readme):
        assert command in commands or command == "chat", command


def _imports(source: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found
