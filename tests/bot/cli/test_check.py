"""`hilda check` against an API server: exit codes, forms of output, nothing written."""

from pathlib import Path

from tests.bot.cli.conftest import Hilda
from tests.tools.kubernetes.api_server import ApiServer

KEYS = {"state", "causes", "findings", "evidence", "coverage", "took"}


async def test_a_cluster_without_trouble_is_healthy(hilda: Hilda, api: ApiServer, tmp_path: Path) -> None:
    """Exit 0, and the card says what was looked at."""
    ran = await hilda("check", KUBECONFIG=api.kubeconfig(tmp_path))

    assert ran.code == 0
    assert "Nothing wrong that I can see" in ran.out
    assert "3 Namespace" in ran.out
    assert "\x1b" not in ran.out


async def test_json_has_the_public_shape(hilda: Hilda, api: ApiServer, tmp_path: Path) -> None:
    """Other programs rely on these names."""
    ran = await hilda("check", "-o", "json", KUBECONFIG=api.kubeconfig(tmp_path))

    assert set(ran.json) == KEYS
    assert ran.json["state"] == "healthy"


async def test_a_look_that_failed_is_json_too(hilda: Hilda) -> None:
    """A program that reads -o json gets an object whatever happens: unknown, with the reason; exit 2."""
    ran = await hilda("check", "-o", "json")

    assert ran.code == 2
    assert set(ran.json) >= KEYS
    assert ran.json["state"] == "unknown"
    assert "kubeconfig" in ran.json["error"]


async def test_a_misspelt_namespace_is_no_healthy_one(hilda: Hilda, api: ApiServer, tmp_path: Path) -> None:
    """Exit 2 and the name that was probably meant."""
    ran = await hilda("check", "-n", "shpo", KUBECONFIG=api.kubeconfig(tmp_path))

    assert ran.code == 2
    assert "Did you mean shop?" in ran.err


async def test_nothing_is_written(hilda: Hilda, api: ApiServer, tmp_path: Path) -> None:
    """Neither in the cluster nor at home nor in the working folder."""
    kubeconfig = api.kubeconfig(tmp_path)

    await hilda("check", KUBECONFIG=kubeconfig)

    assert names_in(tmp_path) == ["kubeconfig"]
    assert {method for method, *_ in api.requests} == {"GET"}


async def test_markdown_is_a_section(hilda: Hilda, api: ApiServer, tmp_path: Path) -> None:
    """Ready for a ticket."""
    ran = await hilda("check", "-o", "markdown", KUBECONFIG=api.kubeconfig(tmp_path))

    assert ran.out.startswith("## ✔ Nothing wrong that I can see\n")


async def test_a_time_that_is_none_is_said(hilda: Hilda) -> None:
    """--now takes ISO 8601."""
    ran = await hilda("check", "--now", "yesterday")

    assert ran.code == 2
    assert "2026-03-12T14:00:00Z" in ran.err


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]
