"""`alerting:` in hilda.yaml: what people write, and what it means; what is wrong is said in one line."""

import re
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from bot.settings import load_settings
from domain.errors import Misconfigured
from domain.findings import Severity
from policy.alerting import AlertPolicy

WRITTEN = """
alerting:
  announce: critical
  look: warning
  severities: {P1: critical, blocker: critical}
  ignore:
    - alertname=~"CPUThrottlingHigh|.*Test"
  quiet_hours:
    - {from: 22:00, to: 07:30, zone: Europe/Berlin, days: [fri, sat]}
  maintenance:
    - match: [namespace="shop"]
      from: 2026-03-01T22:00:00+01:00
      to: 2026-03-02T02:00:00+01:00
      why: database upgrade
  flapping: {fires: 4, within_minutes: 30}
  clusters: [prod-eu]
"""


def policy(written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AlertPolicy:
    (tmp_path / "hilda.yaml").write_text(written)
    monkeypatch.setenv("HILDA_CONFIG", str(tmp_path / "hilda.yaml"))
    return load_settings().alerting.policy("kind-kind")


def test_it_means_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every key once, times of day without quotes among them, which YAML reads as numbers."""
    meant = policy(WRITTEN, tmp_path, monkeypatch)

    (quiet,), (window,) = meant.quiet, meant.maintenance
    assert (meant.announce, meant.look) == (Severity.critical, Severity.warning)
    assert meant.severity("p1") is Severity.critical
    assert [str(matcher) for matcher in meant.ignore[0]] == ['alertname=~"CPUThrottlingHigh|.*Test"']
    assert (quiet.start, quiet.end, str(quiet.zone), quiet.days) == (
        time(22),
        time(7, 30),
        "Europe/Berlin",
        frozenset({4, 5}),
    )
    assert (window.end, window.why) == (datetime(2026, 3, 2, 1, tzinfo=UTC), "database upgrade")
    assert (meant.flapping_fires, meant.clusters) == (4, frozenset({"prod-eu", "kind-kind"}))


def test_the_page_about_it_says_what_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What docs/on-duty.md shows can be copied."""
    page = (Path(__file__).parents[2] / "docs" / "on-duty.md").read_text()
    (shown,) = re.findall(r"```yaml\n(alerting:.*?)```", page, re.DOTALL)

    meant = policy(shown, tmp_path, monkeypatch)

    assert (len(meant.quiet), len(meant.maintenance), len(meant.ignore)) == (2, 1, 1)
    assert (meant.announce, meant.flapping_fires) == (AlertPolicy().announce, AlertPolicy().flapping_fires)


@pytest.mark.parametrize(
    ("written", "look"), [("on", Severity.warning), ("off", None), ("high", Severity.critical), ("info", Severity.info)]
)
def test_looking_is_switched_or_has_a_threshold(
    written: str, look: Severity | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a switch, as a severity, or as how high the threshold is."""
    assert policy(f"alerting: {{look: {written}}}", tmp_path, monkeypatch).look == look


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{announce: loud}", "ALERTING.announce is wrong: Value error, say info, warning or critical"),
        ("{quiet: yes}", "ALERTING.quiet is wrong: Extra inputs are not permitted"),
        ("{quiet_hours: [{from: 25:00, to: 7:00, zone: UTC}]}", "say a time of day such as 22:00"),
        ("{quiet_hours: [{from: 22:00, to: 7:00, zone: Berlin}]}", "'Berlin' is no time zone"),
        ("{quiet_hours: [{from: 22:00, to: 22:00, zone: UTC}]}", "the same time of day"),
        ("{maintenance: [{from: 2026-03-01 22:00:00, to: 2026-03-02 02:00:00}]}", "should have timezone info"),
        ("{maintenance: [{from: 2026-03-02T00:00:00Z, to: 2026-03-01T00:00:00Z}]}", "it ends before it begins"),
        ("{ignore: [[]]}", "would ignore every alert"),
        ("{ignore: ['(']}", "is no matcher"),
    ],
)
def test_what_is_wrong_is_said(written: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The start stops with one line that names the place."""
    with pytest.raises(Misconfigured) as stopped:
        policy(f"alerting: {written}", tmp_path, monkeypatch)

    assert said in str(stopped.value)
    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize(
    ("name", "password", "right"), [("", "", True), ("am", "pw", True), ("am", "", False), ("", "pw", False)]
)
def test_a_name_and_a_password_go_together(name: str, password: str, right: bool) -> None:
    """Half of them would let nobody in, or everybody on this machine."""
    if right:
        assert load_settings(alerts_username=name, alerts_password=password).alerts_username == name
        return
    with pytest.raises(Misconfigured, match="go together"):
        load_settings(alerts_username=name, alerts_password=password)
