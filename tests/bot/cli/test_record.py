"""Commands over the record: where, migrate, audit, incidents, proposals, and who may speak as whom."""

from pathlib import Path

import pytest

from domain.people import Person, Role
from store.record import Store
from tests.bot.cli.conftest import Hilda
from tests.store.making import claimed, out_of_lease
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


async def _lost_run(folder: Path) -> str:
    """In the record that the commands of this test use: a run whose executor died."""
    store = await Store.open(f"sqlite:///{folder}/hilda/hilda.db", folder / "keys" / "audit.key")
    for name, role in (("lead", Role.operator), ("guest", Role.viewer)):
        await store.identities.bind(Person("practice", "uid-of-kube-system", name), role, "hilda")
    run = await claimed(store, cluster="uid-of-kube-system")
    await store.claims.started(run)
    await out_of_lease(store, "execution")
    await store.claims.orphans()
    await store.close()
    return run.proposal.id


@pytest.mark.timeout(120)
async def test_a_lost_run_is_settled_once_and_by_somebody_who_may(hilda: Hilda, api: ApiServer, tmp_path: Path) -> None:
    """A guest may not, the lead may, and then it is settled; who said what and why is in the record."""
    run = await _lost_run(tmp_path)
    given = {
        "KUBECONFIG": api.kubeconfig(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/hilda/hilda.db",
        "HILDA_AUDIT_KEY_FILE": str(tmp_path / "keys" / "audit.key"),
        "HILDA_PRACTICE_IDENTITIES": "true",
    }

    guest = await hilda("proposals", "settle", run, "ran", "--why", "so it seems", "--as", "guest", **given)
    lead = await hilda(
        "proposals", "settle", run, "did-not-run", "--why", "still on revision 4", "--as", "lead", **given
    )
    again = await hilda("proposals", "settle", run, "ran", "--why", "or not", "--as", "lead", **given)
    record = (await hilda("audit", "tail", "-o", "json", **given)).json

    assert (guest.code, lead.code, again.code) == (1, 0, 1)
    assert "needs operator" in guest.out
    assert f"{run} is failed." in lead.out
    assert "only a run whose end is unknown" in again.out
    assert "lead says that it did not run: still on revision 4" in lead.out
    assert [entry["what"] for entry in record[-3:]] == ["refused", "settled", "refused"]


async def test_settling_needs_a_reason_and_one_of_two_words(hilda: Hilda) -> None:
    """A slip is usage, exit 2, and says what there is."""
    no_reason = await hilda("proposals", "settle", "p1", "ran")
    no_word = await hilda("proposals", "settle", "p1", "maybe", "--why", "x")

    assert (no_reason.code, no_word.code) == (2, 2)
    assert "--why" in no_reason.err
    assert "did-not-run" in no_word.err


async def test_without_an_id_the_only_one_that_waits_is_meant(hilda: Hilda) -> None:
    """And where none waits, that is said."""
    ran = await hilda("proposals", "show")

    assert ran.code == 2
    assert "No proposal waits" in ran.err
