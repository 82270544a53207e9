"""Commands over the record: where, migrate, audit, incidents, proposals, and who may speak as whom."""

from pathlib import Path

from tests.bot.cli.conftest import Hilda
from tests.tools.kubernetes.api_server import ApiServer


async def test_where_shows_places_and_no_secret(hilda: Hilda) -> None:
    """A database's password is not for the screen."""
    ran = await hilda("where", "-o", "json", DATABASE_URL="postgresql://hilda:s3cret@db/hilda")

    assert ran.code == 0
    assert {"settings", "database", "audit key", "state"} <= set(ran.json)
    assert "s3cret" not in ran.out


async def test_migrate_makes_tables_and_key_and_can_be_called_again(hilda: Hilda, tmp_path: Path) -> None:
    """The second time there is nothing to do; the key is private."""
    first, second = await hilda("migrate"), await hilda("migrate")

    assert (first.code, second.code) == (0, 0)
    assert "was made" in first.out
    assert "is up to date" in second.out
    key = next((tmp_path / "hilda").rglob("audit.key"))
    assert key.stat().st_mode & 0o777 == 0o600


async def test_an_empty_record_is_whole(hilda: Hilda) -> None:
    """Nothing was done and nothing is missing."""
    ran = await hilda("audit", "verify", "-o", "json")

    assert ran.code == 0
    assert ran.json["whole"] is True


async def test_lists_of_nothing_are_lists(hilda: Hilda) -> None:
    """For programs an empty list, for people a word."""
    for name in ("proposals", "incidents"):
        machine, person = await hilda(name, "list", "-o", "json"), await hilda(name, "list")

        assert machine.json == []
        assert "(none)" in person.out


async def test_an_unknown_id_is_a_no(hilda: Hilda) -> None:
    """Exit 1 with the command that lists the right ones."""
    for name in ("proposals", "incidents"):
        ran = await hilda(name, "show", "x1")

        assert ran.code == 1
        assert f"hilda {name} list" in ran.err


async def test_speaking_as_somebody_on_a_real_cluster_is_refused_and_written_down(
    hilda: Hilda, api: ApiServer, tmp_path: Path
) -> None:
    """`--as lead` is for practice; elsewhere it is an attempt that the record keeps."""
    kubeconfig = api.kubeconfig(tmp_path)

    ran = await hilda("ask", "what is wrong?", "--as", "lead", KUBECONFIG=kubeconfig)
    record = (await hilda("audit", "tail", "-o", "json")).json

    assert ran.code == 1
    assert "practice clusters only" in ran.err
    assert [(entry["what"], entry["subject"]) for entry in record] == [("refused", "identity:lead")]


async def test_approving_needs_the_bytes_to_have_been_read(hilda: Hilda, api: ApiServer, tmp_path: Path) -> None:
    """An id nobody knows is a no; nothing is approved by a pipe without the digest."""
    ran = await hilda("proposals", "approve", "p1", KUBECONFIG=api.kubeconfig(tmp_path))

    assert ran.code == 1
    assert "no proposal 'p1'" in ran.err
