"""What becomes of a group of alerts: who is told, what is looked into, and when it is thought about again."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alerts import Alert
from domain.findings import Severity
from policy.alerting import AlertPolicy, decide, flapping
from policy.matchers import Matcher
from policy.quiet_hours import Maintenance, QuietHours

NOW = datetime(2026, 3, 4, 2, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(22), time(7), BERLIN)
SHOP = (Matcher.parse('namespace="shop"'),)


def alert(name: str = "KubePodCrashLooping", severity: str = "warning", **different: object) -> Alert:
    fields: dict[str, object] = {
        "id": 1,
        "fingerprint": name,
        "name": name,
        "severity": severity,
        "labels": {"alertname": name, "namespace": "shop", "severity": severity},
        "annotations": {},
        "started_at": NOW,
        "received_at": NOW,
        "seen_at": NOW,
        "state": "firing",
        "group_key": "g",
    }
    return Alert(**{**fields, **different})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("severity", "act", "look"),
    [
        ("critical", "announce", True),
        ("page", "announce", True),
        ("warning", "announce", True),
        ("what-nobody-knows", "announce", True),
        ("", "announce", True),
        ("info", "keep", False),
        ("none", "keep", False),
    ],
)
def test_what_is_announced_follows_its_severity(severity: str, act: str, look: bool) -> None:
    """From a warning upwards, unless policy says otherwise; a word that nobody knows is a warning."""
    decision = decide([alert(severity=severity)], AlertPolicy(), NOW)

    assert (decision.act, decision.look) == (act, look)


def test_a_site_has_words_of_its_own() -> None:
    """Its words come before ours, and its lowest severity counts: below, it is looked into quietly."""
    policy = AlertPolicy(announce=Severity.critical, words={"blocker": Severity.critical, "page": Severity.info})

    acts = [decide([alert(severity=word)], policy, NOW).act for word in ("blocker", "warning", "page")]

    assert acts == ["announce", "look", "keep"]


def test_the_worst_of_a_group_counts() -> None:
    """One critical alert among many notices is critical."""
    decision = decide([alert(severity="info"), alert("KubeAPIDown", "critical")], AlertPolicy(), NOW)

    assert (decision.act, decision.severity) == ("announce", Severity.critical)


def test_nothing_is_looked_into_where_that_is_switched_off() -> None:
    """It is announced as it came."""
    decision = decide([alert()], AlertPolicy(look=None), NOW)

    assert (decision.act, decision.look) == ("announce", False)


def test_what_alertmanager_keeps_to_itself_is_kept() -> None:
    """Silenced and inhibited alerts are told to nobody, with their reason; one that is not speaks for the group."""
    silenced = alert(suppressed="silenced by 4f2c")

    quiet = decide([silenced], AlertPolicy(), NOW)
    heard = decide([silenced, alert("KubeJobFailed")], AlertPolicy(), NOW)

    assert (quiet.act, quiet.why) == ("keep", "silenced by 4f2c")
    assert heard.act == "announce"


@pytest.mark.parametrize("name", ["Watchdog", "InfoInhibitor"])
def test_what_always_fires_is_only_kept(name: str) -> None:
    """It proves that alerting works."""
    assert decide([alert(name, "critical")], AlertPolicy(), NOW).act == "keep"


def test_what_is_over_is_not_announced() -> None:
    """A group that was resolved before anybody looked is kept."""
    decision = decide([alert(state="resolved", resolved_at=NOW)], AlertPolicy(), NOW)

    assert (decision.act, decision.why) == ("keep", "nothing of it fires any more")


def test_quiet_hours_hold_back_what_can_wait() -> None:
    """A warning at 03:30 in Berlin is looked into, and decided anew at 07:00; what is critical is announced."""
    policy = AlertPolicy(quiet=(NIGHT,))

    warning, critical = (decide([alert(severity=word)], policy, NOW) for word in ("warning", "critical"))

    assert (warning.act, warning.again_at) == ("look", datetime(2026, 3, 4, 7, 0, tzinfo=BERLIN))
    assert (critical.act, critical.again_at) == ("announce", None)
    assert decide([alert()], policy, NOW + timedelta(hours=4)).act == "announce"


def test_quiet_hours_belong_to_the_day_on_which_they_begin() -> None:
    """Friday's night reaches into Saturday, also where Saturday has none."""
    fridays = replace(NIGHT, days=frozenset({4}))
    saturday = datetime(2026, 3, 7, 3, 0, tzinfo=BERLIN)

    assert fridays.end_of(saturday) == datetime(2026, 3, 7, 7, 0, tzinfo=BERLIN)
    assert fridays.end_of(saturday + timedelta(days=1)) is None


@given(
    st.integers(0, 10 * 366 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo"]),
    st.times(),
    st.times(),
)
def test_quiet_hours_end_on_time_in_every_zone(now: datetime, zone: str, start: time, end: time) -> None:
    """They end after now, within a day and the hour that clocks may be put back, and then they are over."""
    quiet = QuietHours(start.replace(tzinfo=None), end.replace(tzinfo=None), ZoneInfo(zone))

    ends = quiet.end_of(now)

    if ends is not None and start != end:
        assert now < ends <= now + timedelta(hours=25)
        assert quiet.end_of(ends) is None


def test_maintenance_holds_back_what_it_covers() -> None:
    """The namespace that is worked on is kept until the window ends; another namespace is announced."""
    window = Maintenance(NOW - timedelta(hours=1), NOW + timedelta(hours=1), SHOP, "database upgrade")
    policy = AlertPolicy(maintenance=(window,))
    elsewhere = alert(labels={"alertname": "KubePodCrashLooping", "namespace": "cart"})

    covered = decide([alert(severity="critical")], policy, NOW)

    assert (covered.act, covered.again_at) == ("keep", window.end)
    assert covered.why == "maintenance until 2026-03-04 03:30 UTC: database upgrade"
    assert decide([alert(), elsewhere], policy, NOW).act == "announce"
    assert decide([alert()], policy, window.end).act == "announce"


def test_another_clusters_alerts_are_announced_and_not_looked_into() -> None:
    """From here nothing can be seen of it; without that label, or with a name of ours, it is ours."""
    policy = AlertPolicy(clusters=frozenset({"prod-eu"}))

    ours, unnamed, other = (decide([alert(cluster=name)], policy, NOW) for name in ("prod-eu", "", "prod-us"))

    assert [(each.elsewhere, each.look) for each in (ours, unnamed, other)] == [
        ("", True),
        ("", True),
        ("prod-us", False),
    ]
    assert other.act == "announce"


def test_flapping_is_firing_often_within_an_hour() -> None:
    """Three times is; two times, or three times in a day, is not."""
    often = [NOW - timedelta(minutes=minutes) for minutes in (50, 30, 1)]
    seldom = [NOW - timedelta(hours=hours) for hours in (20, 10, 0)]

    assert flapping(often, AlertPolicy(), NOW) == 3
    assert flapping(often[1:], AlertPolicy(), NOW) == 0
    assert flapping(seldom, AlertPolicy(), NOW) == 0


@pytest.mark.parametrize(
    ("written", "labels", "holds"),
    [
        ('namespace="shop"', {"namespace": "shop"}, True),
        ("namespace = shop", {"namespace": "shop"}, True),
        ('namespace!="shop"', {"namespace": "shop"}, False),
        ('namespace=~"sh.p|cart"', {"namespace": "shop"}, True),
        ('namespace=~"sho"', {"namespace": "shop"}, False),
        ('namespace!~"sh.*"', {"namespace": "shop"}, False),
        ('team=""', {"namespace": "shop"}, True),
        (r'path="a\"b"', {"path": 'a"b'}, True),
    ],
)
def test_matchers_mean_what_they_mean_in_alertmanager(written: str, labels: dict[str, str], holds: bool) -> None:
    """Patterns match whole values; a label that is not there is empty. Written out it is the same matcher."""
    assert Matcher.parse(written).holds(labels) is holds


@pytest.mark.parametrize("written", ["", "namespace", 'a="b', 'a=~"("', "1a=b", '{a="b"}'])
def test_what_is_no_matcher_is_refused_with_a_sentence(written: str) -> None:
    with pytest.raises(ValueError, match="is no matcher"):
        Matcher.parse(written)
