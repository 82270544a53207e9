"""Who sits at the terminal, and in which time zone."""

import os
from pathlib import Path

import pytest

from bot.doors.terminal.identity import person_as, person_here
from bot.doors.terminal.zones import reader_zone
from domain.errors import Misconfigured, NotAllowed
from domain.people import Person


def test_a_person_is_the_machine_and_the_account(tmp_path: Path) -> None:
    """Never a name; and the machine's own id stays on the machine."""
    machine = tmp_path / "machine-id"
    machine.write_text("0123456789abcdef0123456789abcdef\n")

    person = person_here(tmp_path / "state", machine)

    assert person == person_here(tmp_path / "elsewhere", machine)
    assert (person.platform, person.id) == ("terminal", str(os.getuid()))
    assert "0123456789" not in person.tenant
    assert not (tmp_path / "state").exists()


def test_a_machine_without_an_id_gets_one_that_stays(tmp_path: Path) -> None:
    """Containers have none; the one drawn is kept privately."""
    first = person_here(tmp_path / "state", tmp_path / "none")

    assert person_here(tmp_path / "state", tmp_path / "none") == first
    assert (tmp_path / "state" / "machine-id").stat().st_mode & 0o777 == 0o600
    assert person_here(tmp_path / "other", tmp_path / "none") != first


@pytest.mark.parametrize(("practice", "anywhere"), [(True, False), (False, True)])
def test_made_up_people_belong_to_one_practice_cluster(practice: bool, anywhere: bool) -> None:
    """The lead of this practice is nobody in the next one."""
    person = person_as("lead", "uid-1", practice_cluster=practice, allowed_anywhere=anywhere)

    assert person == Person("practice", "uid-1", "lead")


def test_nobody_is_made_up_on_a_real_cluster() -> None:
    """`--as lead` there is refused in words that say what to do."""
    with pytest.raises(NotAllowed, match="leave --as off"):
        person_as("lead", "uid-1", practice_cluster=False, allowed_anywhere=False)


@pytest.mark.parametrize("name", ["", "a b", "x:y", "../x", "lead\n", "ü"])
def test_a_name_is_a_plain_word(name: str) -> None:
    """Names become part of ids and of headers."""
    with pytest.raises(NotAllowed, match="is not a name"):
        person_as(name, "uid-1", practice_cluster=True, allowed_anywhere=False)


def test_the_zone_is_the_one_asked_for_then_the_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    """--zone, then TZ, then the machine; a wrong one given by hand is said."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")

    assert reader_zone("Europe/Berlin").key == "Europe/Berlin"
    assert reader_zone().key == "Asia/Kolkata"
    with pytest.raises(Misconfigured, match="no time zone 'Mars/Olympus'"):
        reader_zone("Mars/Olympus")


def test_a_strange_tz_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """POSIX rules and nonsense in TZ fall back to what the machine says."""
    monkeypatch.setenv("TZ", "XYZ-3:30")

    assert reader_zone().key
