"""`hilda incidents`: looked after from a terminal as from chat, and reported."""

from pathlib import Path

import pytest

from domain.people import Person, Role
from store.record import Store
from tests.bot.cli.conftest import Hilda
from tests.tools.kubernetes.api_server import ApiServer

CLUSTER = "uid-of-kube-system"


@pytest.mark.timeout(120)
async def test_an_incident_is_looked_after_and_reported(hilda: Hilda, api: ApiServer, tmp_path: Path) -> None:
    """A guest may not, the lead may; the report says who did what and why."""
    store = await Store.open(f"sqlite:///{tmp_path}/hilda/hilda.db", tmp_path / "keys" / "audit.key")
    for name, role in (("lead", Role.operator), ("guest", Role.viewer)):
        await store.identities.bind(Person("practice", CLUSTER, name), role, "test")
    opened = await store.incidents.open_or_join("image-pull|c|shop|Deployment|web", "web is *down*", CLUSTER, "c:1")
    await store.close()
    given = {
        "KUBECONFIG": api.kubeconfig(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/hilda/hilda.db",
        "HILDA_AUDIT_KEY_FILE": str(tmp_path / "keys" / "audit.key"),
        "HILDA_PRACTICE_IDENTITIES": "true",
    }

    guest = await hilda("incidents", "take", opened.id, "--as", "guest", **given)
    lead = await hilda("incidents", "close", opened.id, "--why", "a rehearsal", "--as", "lead", **given)
    report = await hilda("incidents", "report", opened.id, **given)
    listed = await hilda("incidents", "list", "-o", "json", **given)

    assert (guest.code, lead.code, report.code) == (1, 0, 0)
    assert "needs operator" in guest.out
    assert "closed: a rehearsal" in lead.out
    assert report.out.startswith("# web is \\*down\\*\n")
    assert "**closed** a rehearsal by lead" in report.out
    assert [one["state"] for one in listed.json] == ["closed"]
