"""Programs that a test cannot do without: skip with the way to get them, or fail where nothing may be skipped."""

import os
from pathlib import Path

import pytest

from practice import programs
from scripts import teams_painter as painter

MUST_NOT_SKIP = "HILDA_TESTS_MUST_NOT_SKIP"


def needs(*names: str) -> dict[str, Path]:
    """The programs' paths, or a skip that says how to get them (an error with HILDA_TESTS_MUST_NOT_SKIP=1)."""
    try:
        return programs.find(names)
    except programs.MissingPrograms as missing:
        if os.environ.get(MUST_NOT_SKIP) == "1":
            raise
        pytest.skip(str(missing))


def needs_teams_client() -> Path:
    """Where npm's packages are that Teams is judged by; a skip (or an error) with the way to get them."""
    found = painter.modules()
    missing = [
        *([] if found else ["Microsoft's programs for Teams: `make teams-client` (needs npm)"]),
        *([] if painter.chromium() else ["Chromium: on Debian and Ubuntu `apt-get install chromium`"]),
    ]
    if missing and os.environ.get(MUST_NOT_SKIP) == "1":
        raise RuntimeError("; ".join(missing))
    if missing or found is None:
        pytest.skip("; ".join(missing))
    return found
