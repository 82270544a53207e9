"""What was recorded from the real server is what it says."""

import asyncio
import json
from pathlib import Path

import pytest

from practice.api_server.schema.schemas import RECORDED, schema_of
from practice.control_plane import ControlPlane
from scripts.record_api import KINDS, record


@pytest.mark.cluster
@pytest.mark.timeout(120)
def test_recording_again_changes_nothing(control_plane: ControlPlane, tmp_path: Path) -> None:
    """After an upgrade of the control plane: `make record`. The objects of a new cluster are another cluster's here."""
    asyncio.run(record(tmp_path, control_plane))

    for file in [each for each in tmp_path.rglob("*.json") if each.name != "bootstrap.json"]:
        recorded = RECORDED / file.relative_to(tmp_path)
        assert recorded.read_text() == file.read_text(), f"{recorded} is not what the server says: run `make record`"


def test_no_description_was_recorded() -> None:
    """They are three quarters of OpenAPI, and kubectl explain can do without; a property of that name stays."""
    for file in (RECORDED / "openapi").glob("*_v1.json"):
        for name, schema in json.loads(file.read_text())["components"]["schemas"].items():
            assert "description" not in schema, name
    assert "description" in schema_of("scheduling.k8s.io/v1", "PriorityClass").fields


@pytest.mark.parametrize("version", KINDS)
def test_every_kind_that_is_served_has_a_shape(version: str) -> None:
    for kind in KINDS[version].split():
        assert schema_of(version, kind).fields, kind
