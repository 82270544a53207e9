"""The same way on PostgreSQL, with a model, from a second terminal, and as an ordinary user."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from domain.proposals import ProposalState
from graphs.checkpoints import migrate_checkpoints
from practice import programs
from store.database import Database
from store.record import key_for
from tests.conftest import OpenGround
from tests.fakes.model_server import model_server
from tests.hands.processes import Somebody
from tests.hands.test_ordinary_user import folder, somebody
from tests.journeys.office import open_office
from tests.needs import needs
from tests.postgres import PostgresServer, postgres_server

__all__ = ["folder", "postgres_server", "somebody"]

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


@pytest.mark.postgres
@pytest.mark.sandbox
async def test_the_whole_way_on_postgresql(
    practice_ground: OpenGround, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    """Ask, climb, approve, run, verified: the store and the checkpoints on PostgreSQL."""
    url = postgres_server.new_database()
    database = await Database.connect(url)
    await database.migrate()
    await database.close()
    await migrate_checkpoints(url)
    ground = await practice_ground("bad-image", 51, metrics=False)
    database = await Database.open(url)
    await key_for(database, tmp_path / "keys" / "audit.key", create=True)
    await database.close()
    async with open_office(ground, tmp_path, database_url=url) as office:
        for words in ("what is wrong?", "checklist", "commands", "script"):
            await office.says(words)
        await office.presses("approve")
        done = await office.outcome()

        assert done.state is ProposalState.finished
        assert (await office.app.store.verify_audit()).whole
    assert (await ground.healed()).ok


@pytest.mark.sandbox
async def test_an_approval_from_a_second_terminal_is_seen_in_the_first(
    practice_ground: OpenGround, tmp_path: Path
) -> None:
    """`hilda proposals approve` in another process: the first terminal sees decision, run and outcome by itself."""
    ground = await practice_ground("bad-image", 52, metrics=False)
    async with open_office(ground, tmp_path) as office:
        for words in ("what is wrong?", "script"):
            await office.says(words)
        waiting = await office.proposal()
        command = ["proposals", "approve", waiting.proposal.id, "--digest", waiting.digest[:12], "--as", "lead"]
        environment = {**os.environ, "HILDA_STATE_DIR": str(tmp_path), "KUBECONFIG": str(ground.kubeconfig)}
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.cli", *command, env=environment, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await second.communicate()
        await office.outcome()
        titles = [card.title for card in office.cards()]

    assert second.returncode == 0, said.decode()
    assert "is approved" in said.decode()
    assert any(title.startswith("Approved") for title in titles)
    assert "Running" in titles
    assert any(title.startswith("Done and verified") for title in titles)


async def test_a_good_model_answers_the_question_itself(practice_ground: OpenGround, tmp_path: Path) -> None:
    """On a named question it says what the templates cannot: whether the asker's guess is right."""
    question = "is the database to blame for what is broken?"
    ground = await practice_ground("bad-image", 53, metrics=False)
    async with open_office(ground, tmp_path, executor=False) as office:
        without = await office.says(question)
    async with (
        model_server("good") as server,
        open_office(
            ground, tmp_path, executor=False, openai_base_url=server.url, openai_api_key="k", model="scripted"
        ) as office,
    ):
        with_one = await office.says(question)

    assert "the database to blame" not in without
    assert "the database to blame" in with_one
    assert "[1]" in with_one
    assert "How I know" in with_one


@pytest.mark.parametrize("behaviour", ["lying about objects", "hostile: commands", "broken", "garbage"])
async def test_a_bad_model_costs_one_line_and_nothing_else(
    behaviour: str, practice_ground: OpenGround, tmp_path: Path
) -> None:
    """The answer without a model stands, with one line that says why there are no other words."""
    ground = await practice_ground("bad-image", 54, metrics=False)
    async with (
        model_server(behaviour) as server,
        open_office(
            ground, tmp_path, executor=False, openai_base_url=server.url, openai_api_key="k", model="scripted"
        ) as office,
    ):
        answer = await office.says("what is wrong?")

    assert "cannot pull" in answer
    assert "Without the model:" in answer
    assert "kubectl delete" not in answer
    assert "ledger-db" not in answer


@pytest.mark.sandbox
@pytest.mark.prometheus
def test_an_incident_is_played_to_its_end_as_an_ordinary_user(somebody: Somebody, folder: Path) -> None:
    """`hilda demo --play` as nobody: control plane, kubelet, sandbox, executor and judge without any right."""
    needs(*programs.CONTROL_PLANE, *programs.METRICS, "kubectl")
    home = folder / "home"
    home.mkdir()
    home.chmod(0o777)
    python = _environment_of_their_own(somebody, folder)
    path = os.pathsep.join([str(python.parent), somebody.environment["PATH"], _readable_programs(folder)])
    played = subprocess.run(
        [python, "-m", "bot.cli", "demo", "--play", "bad-image", "--seed", "55"],
        env={"HOME": str(home), "TMPDIR": str(home), "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=280,
        **somebody.identity,
    )

    assert played.returncode == 0, played.stdout[-3000:] + played.stderr[-3000:]
    assert "Done and verified" in played.stdout


def _environment_of_their_own(somebody: Somebody, folder: Path) -> Path:
    """A virtual environment that an ordinary user may run, with the packages of this one."""
    made = folder / "venv"
    subprocess.run([somebody.python, "-m", "venv", "--without-pip", made], check=True, env=somebody.environment)
    (packages,) = made.glob("lib/python*/site-packages")
    (packages / "ours.pth").write_text(somebody.environment["PYTHONPATH"].replace(os.pathsep, "\n") + "\n")
    return made / "bin" / "python"


def _readable_programs(folder: Path) -> str:
    """Copies where nobody may run them: the originals may lie in somebody's home."""
    target = folder / "programs"
    target.mkdir(exist_ok=True)
    for name, source in programs.find((*programs.CONTROL_PLANE, *programs.METRICS, "kubectl")).items():
        shutil.copy(source, target / name)
        (target / name).chmod(0o755)
    return str(target)
