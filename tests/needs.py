"""Programs that a test cannot do without: skip with the way to get them, or fail where nothing may be skipped."""

import os
from pathlib import Path

import pytest

from practice import programs

MUST_NOT_SKIP = "HILDA_TESTS_MUST_NOT_SKIP"


def needs(*names: str) -> dict[str, Path]:
    """The programs' paths, or a skip that says how to get them (an error with HILDA_TESTS_MUST_NOT_SKIP=1)."""
    try:
        return programs.find(names)
    except programs.MissingPrograms as missing:
        if os.environ.get(MUST_NOT_SKIP) == "1":
            raise
        pytest.skip(str(missing))
