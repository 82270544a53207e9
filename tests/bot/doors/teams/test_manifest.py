"""The app package is what Microsoft's schema asks for, and the check of the set-up finds each gap."""

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from botframework.connector.auth import ChannelValidation

from bot.doors.checked import Checked
from bot.doors.teams.check import Check
from bot.doors.teams.manifest import COMMANDS, SCHEMA, manifest, package
from bot.settings import load_settings
from domain.errors import Misconfigured
from tests.bot.doors.teams.made_up import open_office
from tests.fakes.teams.keys import SigningKey, published
from tests.needs import needs_teams_client

APP = "7b1e7b0e-0000-4000-8000-00000000a0a0"
SITE = "https://hilda.example.org"
GOOD = {"teams_app_id": APP, "teams_app_password": "secret", "teams_tenant_id": "t1"}


def test_the_manifest_is_valid_by_microsofts_schema() -> None:
    """And the schema would have noticed a command too many."""
    folder = needs_teams_client() / "@microsoft" / "app-manifest" / "build" / "json-schemas" / "teams" / f"v{SCHEMA}"
    schema = json.loads((folder / "MicrosoftTeams.schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    made = manifest(APP, SITE)

    assert [error.message for error in validator.iter_errors(made)] == []
    made["bots"][0]["commandLists"][0]["commands"] *= 2
    assert list(validator.iter_errors(made))


def test_the_package_holds_the_manifest_and_icons_of_the_right_size() -> None:
    with zipfile.ZipFile(io.BytesIO(package(manifest(APP, SITE)))) as archive:
        made = json.loads(archive.read("manifest.json"))
        sizes = {name: struct.unpack(">II", archive.read(name)[16:24]) for name in made["icons"].values()}

    assert sizes == {"color.png": (192, 192), "outline.png": (32, 32)}
    assert len(COMMANDS) <= 12


@pytest.mark.parametrize(
    ("app_id", "site", "name"),
    [("app", SITE, "Hilda"), (APP, "http://hilda.example.org", "Hilda"), (APP, SITE, ""), (APP, SITE, "H" * 31)],
)
def test_what_teams_would_refuse_is_said_before(app_id: str, site: str, name: str) -> None:
    with pytest.raises(Misconfigured):
        manifest(app_id, site, name=name)


async def checks(folder: Path, url: str = "", token: Any = None, **given: Any) -> dict[str, Checked]:
    settings = load_settings(state_dir=folder, **{**GOOD, **given})
    return {one.what: one for one in await Check(settings, url, token).run()}


async def test_what_is_set_up_right_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, secret, keys, and an endpoint that lets nobody in without a token."""
    with published(SigningKey("k")) as keys:
        monkeypatch.setattr(ChannelValidation, "open_id_metadata_endpoint", keys.url)
        async with open_office(tmp_path / "office", **GOOD) as office:
            found = await checks(tmp_path, office.teams.bot_url, lambda: "token")

    assert {one.state for one in found.values()} == {"fine"}, found


async def test_each_gap_is_found_and_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> str:
        raise PermissionError("AADSTS7000215: Invalid client secret provided.")

    with published(SigningKey("k")) as keys:
        monkeypatch.setattr(ChannelValidation, "open_id_metadata_endpoint", keys.url)
        keys.broken = True
        found = await checks(tmp_path, "http://127.0.0.1:9/api/messages", refused)
        not_a_guid = await checks(tmp_path, teams_app_id="app")
        nothing = await checks(tmp_path, teams_app_password="")

    assert {name for name, one in found.items() if one.state == "broken"} == {
        "app password",
        "Microsoft's keys",
        "endpoint",
    }
    assert all(one.fix for one in found.values() if one.state == "broken")
    assert not_a_guid["app id"].state == nothing["settings"].state == "broken"
