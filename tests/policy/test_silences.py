"""amtool's commands: a silence that is run is narrow, short and exact; every other one is refused or left to people."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import NotAllowed
from domain.objects import ObjectRef
from domain.people import Person
from domain.risk import Risk
from domain.scripts import ShellCommand
from domain.silences import Silence, is_signed_for, moment, moment_in, signed, to_create
from policy import amtool
from policy.amtool import LONGEST, written
from policy.shell import NotUnderstood, parse
from policy.silencing import matchers_for, no_wider
from policy.verdict import judge

URL = "http://alerts.monitoring:9093"
STARTS = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WHEN = "--start=2026-03-01T12:00:00Z --end=2026-03-01T13:00:00Z"
WHO = "--author='hilda-a1 for slack:T:U' --comment='known'"
ASKER = Person("slack", "T", "U")


def add(matchers: str, when: str = WHEN, who: str = WHO, url: str = URL) -> str:
    return f"amtool silence add --alertmanager.url={url} {when} {who} {matchers}"


def silence(**labels: str) -> Silence:
    return Silence(tuple(sorted(labels.items())), STARTS, STARTS + timedelta(hours=1), signed("a1", ASKER), "known")


def test_a_narrow_silence_is_a_low_risk_and_says_exactly_what_is_sent() -> None:
    verdict = judge(add("'alertname=\"Crash\"' namespace=shop"))

    assert (verdict.risk, verdict.runnable) == (Risk.low, True)
    (request,) = verdict.requests
    assert orjson.loads(request.content) == {
        "alertmanager": URL,
        "body": {
            "matchers": [
                {"name": "alertname", "value": "Crash", "isRegex": False, "isEqual": True},
                {"name": "namespace", "value": "shop", "isRegex": False, "isEqual": True},
            ],
            "startsAt": "2026-03-01T12:00:00Z",
            "endsAt": "2026-03-01T13:00:00Z",
            "createdBy": "hilda-a1 for slack:T:U",
            "comment": "known",
        },
    }


@pytest.mark.parametrize(
    "matchers",
    [
        "'alertname=~.*'",
        "'alertname=~\"Crash.*\"'",
        "'alertname!=Crash'",
        "'alertname!~Crash'",
        "alertname=Crash 'pod=~.+'",
        "namespace=shop",
        "alertname=",
        "'alertname=\"\"'",
        "alertname=Crash pod=",
    ],
)
def test_a_silence_wider_than_one_alert_is_a_high_risk_and_never_run(matchers: str) -> None:
    verdict = judge(add(matchers))

    assert (verdict.risk, verdict.runnable) == (Risk.high, False)
    assert not verdict.requests


@pytest.mark.parametrize(
    "text",
    [
        add(""),
        add("Crash"),
        add("alertname=Crash alertname=Other"),
        add("'alertname=a\"b'"),
        add("'alertname=a\\b'"),
        add("alertname=Crash", url="http://user:secret@alerts:9093"),
        add("alertname=Crash", url="ftp://alerts"),
        add("alertname=Crash", url="http://alerts:9093/?x=1"),
        add("alertname=Crash", url="http://alerts:99999999"),
        add("alertname=Crash", who="--author=me"),
        add("alertname=Crash", who="--author=me --comment="),
        add("alertname=Crash", when="--end=2026-03-01T13:00:00Z"),
        add("alertname=Crash", when="--start=tomorrow --end=2026-03-01T13:00:00Z"),
        add("alertname=Crash", when="--start=2026-03-01T12:00:00 --end=2026-03-01T13:00:00Z"),
        add("alertname=Crash", when="--start=2026-02-30T12:00:00Z --end=2026-03-01T13:00:00Z"),
        add("alertname=Crash", when="--start=0001-01-01T00:00:00+14:00 --end=2026-03-01T13:00:00Z"),
        add("alertname=Crash", when="--start=2026-03-01T13:00:00Z --end=2026-03-01T12:00:00Z"),
        add("alertname=Crash --http.config.file=/etc/passwd"),
        add("alertname=Crash -o json"),
        add("alertname=Crash --end=2027-03-01T12:00:00Z"),
        "amtool silence add alertname=Crash",
        f"amtool silence expire --alertmanager.url={URL}",
        f"amtool silence expire --alertmanager.url={URL} all",
        f"amtool silence import --alertmanager.url={URL} /tmp/silences.json",
        f"amtool silence query --alertmanager.url={URL} 'alertname=~.*'",
        "amtool config show",
        "amtool",
    ],
)
def test_what_is_not_understood_is_forbidden(text: str) -> None:
    verdict = judge(text)

    assert (verdict.risk, verdict.runnable, verdict.requests) == (Risk.forbidden, False, ())


def test_a_silence_of_more_than_a_day_is_a_high_risk_and_never_run() -> None:
    longest, longer = (STARTS + LONGEST + timedelta(seconds=more) for more in (0, 1))
    start = f"--start={moment(STARTS)}"

    assert judge(add("alertname=Crash", f"{start} --end={moment(longest)}")).runnable
    too_long = judge(add("alertname=Crash", f"{start} --end={moment(longer)}"))
    by_duration = judge(add("alertname=Crash", "--duration=2d"))
    assert (too_long.risk, too_long.runnable) == (by_duration.risk, by_duration.runnable) == (Risk.high, False)


def test_a_duration_is_understood_and_not_run_since_its_end_is_not_written() -> None:
    verdict = judge(add("alertname=Crash", "--duration=1h"))

    assert (verdict.risk, verdict.runnable) == (Risk.low, False)
    assert "write --start and --end" in " ".join(verdict.reasons)


def test_only_alerts_that_were_seen_are_silenced() -> None:
    seen = [ObjectRef("c", "shop", "Alert", "Crash")]

    assert judge(add("alertname=Crash namespace=shop"), observed=seen).runnable
    assert not judge(add("alertname=Crash"), observed=seen).runnable
    assert not judge(add("alertname=Crash namespace=other"), observed=seen).runnable
    assert not judge(add("alertname=Slow namespace=shop"), observed=seen).runnable


def test_only_a_silence_that_was_seen_is_ended() -> None:
    known, other = "8a1b2c3d-0000-4000-8000-00000000000a", "8a1b2c3d-0000-4000-8000-00000000000b"
    seen = [ObjectRef("c", "", "Silence", known)]

    assert judge(f"amtool silence expire --alertmanager.url={URL} {known}", observed=seen).runnable
    assert not judge(f"amtool silence expire --alertmanager.url={URL} {other}", observed=seen).runnable


LABEL = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,20}", fullmatch=True)
VALUE = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'), min_size=1, max_size=80)


@given(
    labels=st.dictionaries(LABEL, VALUE, max_size=6),
    name=VALUE,
    comment=VALUE.filter(str.strip),
    minutes=st.integers(1, 1440),
)
def test_a_silence_that_is_written_is_read_back_as_it_was(
    labels: dict[str, str], name: str, comment: str, minutes: int
) -> None:
    """Through both parsers of shell text, whatever the labels hold."""
    made = Silence(
        tuple(sorted((labels | {"alertname": name}).items())),
        STARTS,
        STARTS + timedelta(minutes=minutes),
        signed("a1", ASKER),
        comment,
    )

    command = written(URL, made)
    (parsed,) = parse(command.text)

    assert parsed.argv == command.argv
    assert amtool.understand(parsed).requests == (to_create(URL, made),)


@given(st.lists(st.text(max_size=30), max_size=8))
def test_no_words_at_all_bring_amtool_out_of_step(words: list[str]) -> None:
    """Understood or refused, and what is run is narrow: nothing else comes out."""
    argv = ("amtool", "silence", "add", f"--alertmanager.url={URL}", *WHEN.split(), "--author=a", "--comment=b", *words)
    try:
        call = amtool.understand(ShellCommand(argv, ""))
    except NotUnderstood:
        return
    assert not call.runnable or (call.risk is Risk.low and len(call.requests) == 1 and call.targets[0].name)


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_is_read_back_to_the_second(at: datetime) -> None:
    try:
        text = moment(at)
    except OverflowError:
        return
    if at.year >= 1000:
        assert moment_in(text) == at.astimezone(UTC).replace(microsecond=0)


def test_alerts_are_silenced_by_what_they_have_in_common() -> None:
    one = {"alertname": "Crash", "namespace": "shop", "pod": "web-1", "severity": "warning"}
    other = one | {"pod": "web-2", "severity": "critical"}

    assert matchers_for([one]) == tuple(sorted(one.items()))
    assert matchers_for([one, other]) == (("alertname", "Crash"), ("namespace", "shop"))


def test_another_pod_of_the_same_container_is_the_same_alert_where_kube_state_metrics_tells_of_it() -> None:
    told = {
        "alertname": "KubePodCrashLooping",
        "container": "web",
        "instance": "10.0.0.9:8080",
        "job": "kube-state-metrics",
        "namespace": "shop",
        "pod": "web-1",
        "uid": "u1",
    }

    assert {name for name, _ in matchers_for([told])} == {"alertname", "container", "job", "namespace"}
    of_a_node = told | {"job": "node-exporter"}
    assert dict(matchers_for([of_a_node])) == of_a_node


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a\nb", "größer"])
def test_a_label_that_no_command_can_hold_is_refused_rather_than_left_out(value: str) -> None:
    with pytest.raises(NotAllowed, match="label path"):
        matchers_for([{"alertname": "Full", "path": value}])


def test_fewer_labels_are_wider_and_more_are_not() -> None:
    seen = silence(alertname="Crash", namespace="shop")

    assert no_wider(silence(alertname="Crash", namespace="shop", pod="web-1"), [seen])
    assert not no_wider(silence(alertname="Crash"), [seen])
    assert not no_wider(silence(alertname="Crash", namespace="other"), [seen])


def test_a_silence_is_signed_for_one_person_alone() -> None:
    author = signed("a1", ASKER)

    assert is_signed_for(author, ASKER)
    assert not is_signed_for(author, Person("slack", "T", "U2"))
    assert not is_signed_for("slack:T:U", ASKER)
    assert not is_signed_for("hilda- for slack:T:U", ASKER)
