"""Fixtures of the tests of acting."""

import os

import pytest

from domain.errors import Misconfigured
from hands.programs import find_programs
from hands.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    """The real one; skipped, with the way to get it, where it cannot be had."""
    try:
        return Sandbox(find_programs(os.environ["PATH"]))
    except Misconfigured as missing:
        pytest.skip(str(missing))
