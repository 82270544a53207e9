"""Alerts as Alertmanager writes them: what is kept of them, what is refused and why, and what belongs together."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.alertmanager.grouping import fingerprint_of, group_key
from tools.alertmanager.reading import LONGEST_LABEL, MOST_LABELS, NotAnAlert, read_alert

LABELS = {"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": "web-1", "severity": "warning"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def told(**different: Any) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": LABELS,
        "annotations": {"summary": "web-1 restarts"},
        "startsAt": "2026-03-01T12:00:00.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph?g0.expr=up",
        "fingerprint": "f7d2a9c1e0b34455",
    } | different


def test_an_alert_is_read_as_it_was_written() -> None:
    """To the microsecond, with its own fingerprint."""
    heard = read_alert(told(), {})

    assert (heard.name, heard.severity, heard.firing) == ("KubePodCrashLooping", "warning", True)
    assert heard.started_at == datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert (heard.fingerprint, heard.labels, heard.link) == ("f7d2a9c1e0b34455", LABELS, told()["generatorURL"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"labels": None}, "it has no labels"),
        ({"labels": []}, "its labels are no JSON object"),
        ({"labels": {"alertname": ["a"]}}, "the value of 'alertname' in its labels is no string"),
        ({"startsAt": None}, "it has no startsAt"),
        ({"startsAt": "yesterday"}, "its startsAt is 'yesterday', which is no moment"),
        ({"startsAt": "0001-01-01T00:00:00+14:00"}, "which is no moment"),
        ({"startsAt": 1772366400}, "which is no moment"),
        ({"endsAt": "later"}, "its endsAt is 'later', which is no moment"),
        ({"status": "burning"}, "its status is 'burning', neither firing nor resolved"),
        ({"annotations": "none"}, "its annotations are no JSON object"),
    ],
)
def test_what_cannot_be_an_alert_is_refused_with_a_sentence(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(NotAnAlert) as refused:
        read_alert(told(**wrong), {})

    assert said in str(refused.value)


def test_what_is_merely_odd_is_kept() -> None:
    """No name, no status, no zone, a number for a label, a link that is none, a fingerprint that is none."""
    odd = {"labels": {"job": "node", "shard": 7}, "status": None, "startsAt": "2026-03-01T12:00:00"}

    heard = read_alert(told(**odd, generatorURL="javascript:alert(1)", fingerprint="../../x"), {})

    assert (heard.name, heard.firing, heard.labels) == ("(unnamed alert)", True, {"job": "node", "shard": "7"})
    assert (heard.link, heard.fingerprint) == ("", fingerprint_of({"job": "node", "shard": "7"}))


def test_what_is_far_too_long_is_cut() -> None:
    """A label of a megabyte, and thousands of labels: what matters comes first."""
    labels = {f"x{n}": "y" for n in range(5000)} | LABELS | {"query": "z" * 1_000_000}

    heard = read_alert(told(labels=labels, fingerprint=""), {"query": "z" * 1_000_000})

    assert len(heard.labels) == MOST_LABELS
    assert heard.labels["alertname"] == "KubePodCrashLooping"
    assert max(map(len, heard.labels.values())) <= LONGEST_LABEL
    assert len(heard.group) <= 200


@given(st.dictionaries(st.sampled_from(sorted(told())), JSON) | JSON)
def test_whatever_is_sent_is_an_alert_or_refused(anything: Any) -> None:
    """Nothing that JSON can hold breaks the reading."""
    sent = told() | anything if isinstance(anything, dict) else anything
    try:
        heard = read_alert(sent, {})
    except NotAnAlert:
        return
    assert all((heard.name, heard.fingerprint, heard.group))


@pytest.mark.parametrize(
    ("group_labels", "key"),
    [
        ({"namespace": "shop"}, "namespace=shop"),
        ({"namespace": "shop", "job": "kube-state-metrics"}, "job=kube-state-metrics,namespace=shop"),
        ({}, "alertname=KubePodCrashLooping,namespace=shop"),
        (LABELS, "alertname=KubePodCrashLooping,namespace=shop"),
    ],
)
def test_alertmanagers_groups_are_kept_where_it_made_some(group_labels: dict[str, str], key: str) -> None:
    """One group of everything, or one for each alert, is none."""
    assert group_key(LABELS, group_labels) == key


def test_alerts_of_different_clusters_never_belong_together() -> None:
    """Also where Alertmanager puts them into one group."""
    keys = {group_key(LABELS | {"cluster": name}, {"namespace": "shop"}) for name in ("prod-eu", "prod-us")}

    assert keys == {"cluster=prod-eu,namespace=shop", "cluster=prod-us,namespace=shop"}


LABEL_NAMES = st.sampled_from(["alertname", "namespace", "job", "cluster"])


@given(st.dictionaries(LABEL_NAMES, st.text(), min_size=1), st.dictionaries(LABEL_NAMES, st.text(), min_size=1))
def test_two_groups_have_two_keys(one: dict[str, str], other: dict[str, str]) -> None:
    """Short ones that hold plain characters only, whatever is in the labels."""
    every = {"unlike": "any"} | one | other
    keys = [group_key(every | chosen, chosen) for chosen in (one, other)]

    assert all(len(key) <= 200 and key.isascii() and key.isprintable() for key in keys)
    same = {**one, "cluster": (every | one).get("cluster")} == {**other, "cluster": (every | other).get("cluster")}
    assert (keys[0] == keys[1]) == same
