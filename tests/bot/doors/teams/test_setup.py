"""What the door refuses to start with: an empty app id would let anybody in without a word."""

from pathlib import Path

import pytest

from bot.doors.teams.door import checked, tenants_of
from bot.settings import load_settings
from domain.errors import Misconfigured

GOOD = {"teams_app_id": "app", "teams_app_password": "secret", "teams_tenant_id": "t1"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"teams_app_id": ""}, "TEAMS_APP_ID"),
        ({"teams_app_password": ""}, "TEAMS_APP_PASSWORD"),
        ({"teams_tenant_id": ""}, "TEAMS_TENANT_ID"),
        ({"teams_app_id": "", "teams_development": True, "http_host": "0.0.0.0"}, "HILDA_HTTP_HOST"),
    ],
)
def test_what_is_missing_stops_the_start_and_is_named(given: dict[str, object], named: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=named):
        checked(load_settings(state_dir=tmp_path, **{**GOOD, **given}))


def test_further_tenants_are_let_in_beside_our_own(tmp_path: Path) -> None:
    settings = load_settings(state_dir=tmp_path, **GOOD, teams_tenants=("t2",))
    checked(settings)

    assert tenants_of(settings) == {"t1", "t2"}
